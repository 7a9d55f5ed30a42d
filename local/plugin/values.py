"""Property values as they travel between engine and plugin: secrets, unknowns, defaults. Pure."""

from __future__ import annotations

import json
from typing import Any

from google.protobuf import json_format, struct_pb2

from local.monitor import holds_secret, is_secret, marked, unwrap

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
# What stands for a value that is not known yet, one mark per type (pulumi/sdk/go/common/resource/plugin/rpc.go).
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
"""Input that lists which other inputs the provider filled in (pulumi-terraform-bridge, pkg/tfbridge/schema.go)."""

Properties = dict[str, Any]


def read(message: struct_pb2.Struct) -> Properties:
    """The properties of a message; whole numbers as integers, secrets still marked."""
    made: Properties = _whole(json_format.MessageToDict(message))
    return made


def _whole(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def write(properties: Properties) -> struct_pb2.Struct:
    """A message of the properties."""
    return json_format.ParseDict(properties, struct_pb2.Struct())


def is_unknown(value: Any) -> bool:
    """Whether any part of the value is not known yet."""
    if isinstance(value, str):
        return value in _UNKNOWNS
    if isinstance(value, dict):
        return any(is_unknown(item) for item in value.values())
    return isinstance(value, list) and any(is_unknown(item) for item in value)


def secrets(properties: Properties) -> frozenset[str]:
    """Names of the properties that hold a secret."""
    return frozenset(key for key, value in properties.items() if holds_secret(value))


def secret(value: Any) -> Any:
    """The value marked as a secret, once."""
    return value if is_secret(value) else marked(value)


def declared(properties: Properties) -> Properties:
    """The inputs without the provider's own note, secrets unwrapped."""
    return {key: unwrap(value) for key, value in properties.items() if key != DEFAULTS}


def filled(properties: Properties) -> frozenset[str]:
    """Names of the inputs that the provider filled in."""
    return frozenset(properties.get(DEFAULTS) or ())


def same(was: Any, now: Any) -> bool:
    """Equal; lists in any order.

    The lists of AWS's resources are sets, but for a handful that this project does not use, and come back in an order
    of AWS's choosing.
    """
    if isinstance(was, list) and isinstance(now, list):
        return sorted(map(_text, was)) == sorted(map(_text, now))
    if isinstance(was, dict) and isinstance(now, dict):
        return was.keys() == now.keys() and all(same(was[key], now[key]) for key in was)
    return bool(was == now)


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
