"""Marks in serialised properties: secrets, assets, outputs, references, what is not known yet, defaults. Pure.

Sources: pulumi/pulumi, sdk/go/common/resource/properties.go, asset and archive, and plugin/rpc.go; `__defaults` is of
pulumi-terraform-bridge, pkg/tfbridge/schema.go.
"""

from __future__ import annotations

import json
from typing import Any

SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 a mark of the format
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_REFERENCE = "5cf8f73096256a8f31e491e813e4eb8e"
_ASSETS = {"c44067f5952c0a294b673a41bacd8c17": "asset", "0def7320c3a5731c473e5ecbe6d01bc7": "archive"}

SECRET = "[secret]"  # noqa: S105 a placeholder
UNSEEN = "[asset]"
"""An asset with unknown content."""
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
# Placeholders for values that are not known yet, one per type.
_UNKNOWNS = frozenset(
    {
        UNKNOWN,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
DEFAULTS = "__defaults"
"""Input that lists which other inputs the provider filled in."""

Properties = dict[str, Any]


def is_secret(value: object) -> bool:
    """Whether a serialised property is a secret."""
    if not isinstance(value, dict):
        return False
    mark = value.get(SIGNATURE)
    return mark == _SECRET or bool(mark == _OUTPUT and value.get("secret"))


def holds_secret(value: object) -> bool:
    """Whether a serialised property is or contains a secret."""
    if isinstance(value, dict):
        return is_secret(value) or any(map(holds_secret, value.values()))
    return isinstance(value, list) and any(map(holds_secret, value))


def secrets(properties: Properties) -> frozenset[str]:
    """Names of the properties that hold a secret."""
    return frozenset(key for key, value in properties.items() if holds_secret(value))


def marked(value: object) -> Any:
    """The value as a serialised secret; one that is marked already is not marked twice."""
    return value if is_secret(value) else {SIGNATURE: _SECRET, "value": value}


def unwrap(value: Any) -> Any:
    """The plain value of a serialised property, secrets included."""
    if is_secret(value):
        return unwrap(value["value"])
    if isinstance(value, dict):
        return {key: unwrap(item) for key, item in value.items()}
    if isinstance(value, list):
        return [unwrap(item) for item in value]
    return whole(value)


def masked(value: object) -> Any:
    """The value with every secret in it replaced by `[secret]`."""
    if is_secret(value):
        return SECRET
    if isinstance(value, dict):
        return {key: masked(item) for key, item in value.items()}
    return [masked(item) for item in value] if isinstance(value, list) else value


def plain(value: object) -> Any:
    """A property of a deployment file as the program would have put it in: secrets masked, assets by their content."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if not isinstance(value, dict):
        return whole(value)
    if is_secret(value):
        return SECRET
    mark = value.get(SIGNATURE)
    if mark == _OUTPUT:
        return plain(value.get("value"))
    if mark == _REFERENCE:
        return value.get("id") or value.get("urn")
    if isinstance(mark, str):
        return asset(value.get("hash")) if mark in _ASSETS else UNSEEN
    # What the provider filled in inside of it the program did not give.
    filled_in = value.get(DEFAULTS)
    left_out = {DEFAULTS, *(filled_in if isinstance(filled_in, list) else ())}
    return {key: plain(item) for key, item in value.items() if key not in left_out}


def whole(value: object) -> Any:
    """A whole number as an integer: a protobuf Struct knows only floating-point numbers."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def asset(digest: object) -> str:
    """The placeholder of an asset with this SHA-256; `UNSEEN` without one."""
    return f"[asset {digest}]" if isinstance(digest, str) and digest else UNSEEN


def is_unknown(value: object) -> bool:
    """Whether any part of the value is not known yet."""
    if isinstance(value, str):
        return value in _UNKNOWNS
    if isinstance(value, dict):
        return any(map(is_unknown, value.values()))
    return isinstance(value, list) and any(map(is_unknown, value))


def declared(properties: Properties) -> Properties:
    """The inputs without the provider's own note, secrets unwrapped."""
    return {key: unwrap(value) for key, value in properties.items() if key != DEFAULTS}


def filled(properties: Properties) -> frozenset[str]:
    """Names of the inputs that the provider filled in."""
    return frozenset(properties.get(DEFAULTS) or ())


def described(value: object) -> str:
    """A value of JSON in a few words, for a sentence about it; never its content, which may be a secret."""
    words = {dict: "an object", list: "a list", str: "text", bool: json.dumps(value), type(None): "null"}
    return words.get(type(value), "a number")
