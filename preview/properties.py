"""Properties as a deployment file holds them: secrets, assets, outputs, references to resources. Pure."""

from __future__ import annotations

import json
from typing import Any

# Marks of a serialised property (pulumi/sdk/go/common/resource: properties.go, asset, archive).
SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 a mark of the format
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_REFERENCE = "5cf8f73096256a8f31e491e813e4eb8e"
_ASSETS = {"c44067f5952c0a294b673a41bacd8c17": "asset", "0def7320c3a5731c473e5ecbe6d01bc7": "archive"}

SECRET = "[secret]"  # noqa: S105 what stands for one
UNSEEN = "[asset]"
"""An asset whose content nobody knows: it may be any."""


def plain(value: Any) -> Any:
    """The value as the program would have put it in: secrets as `[secret]`, assets by their content."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if not isinstance(value, dict):
        return int(value) if isinstance(value, float) and value.is_integer() else value
    mark = value.get(SIGNATURE)
    if mark == _SECRET or (mark == _OUTPUT and value.get("secret")):
        return SECRET
    if mark == _OUTPUT:
        return plain(value.get("value"))
    if mark == _REFERENCE:
        return value.get("id") or value.get("urn")
    if isinstance(mark, str):
        return asset(value.get("hash")) if mark in _ASSETS else UNSEEN
    # What the provider filled in inside of it the program did not give.
    filled = value.get("__defaults")
    left_out = {"__defaults", *(filled if isinstance(filled, list) else ())}
    return {key: plain(item) for key, item in value.items() if key not in left_out}


def asset(digest: Any) -> str:
    """What stands for an asset of this SHA-256; `UNSEEN` without one."""
    return f"[asset {digest}]" if isinstance(digest, str) and digest else UNSEEN


def hides(value: Any) -> bool:
    """Whether any part of a serialised property is a secret."""
    if isinstance(value, dict):
        mark = value.get(SIGNATURE)
        return mark == _SECRET or bool(mark == _OUTPUT and value.get("secret")) or any(map(hides, value.values()))
    return isinstance(value, list) and any(map(hides, value))


def described(value: Any) -> str:
    """A value of JSON in a few words, for a sentence about it; never its content, which may be a secret."""
    words = {dict: "an object", list: "a list", str: "text", bool: json.dumps(value), type(None): "null"}
    return words.get(type(value), "a number")
