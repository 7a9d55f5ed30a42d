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
    """Equal; lists in any order, nothing as good as empty, a number as good as its text.

    The lists of AWS's resources are sets, but for a handful that this project does not use, and come back in an order
    of AWS's choosing.
    """
    if is_empty(was) and is_empty(now):
        return True
    if isinstance(was, list) and isinstance(now, list):
        left = list(now)
        return len(was) == len(now) and all(_take(item, left) for item in was)
    if isinstance(was, dict) and isinstance(now, dict):
        return all(same(was.get(key), now.get(key)) for key in {*was, *now})
    return bool(cast(was, now) == now) and isinstance(now, bool) == isinstance(cast(was, now), bool)


def is_empty(value: Any) -> bool:
    """Whether it says no more than nothing."""
    return value is None or value in ([], {})


def cast(was: Any, now: Any) -> Any:
    """A value of the state in the type of the input that takes its place: states have held `"100"` and `"true"`."""
    if isinstance(was, list) and isinstance(now, list):
        return [cast(old, new) for old, new in zip(was, now, strict=False)] + was[len(now) :]
    if isinstance(was, dict) and isinstance(now, dict):
        return {key: cast(item, now.get(key)) for key, item in was.items()}
    if isinstance(now, bool) and isinstance(was, str):
        return {"true": True, "false": False}.get(was.lower(), was)
    if isinstance(now, int | float) and isinstance(was, str):
        return _number(was)
    if isinstance(now, str) and isinstance(was, bool):
        return json.dumps(was)
    if isinstance(now, str) and isinstance(was, int | float):
        return now if _number(now) == was and _digits(now) == _digits(str(was)) else str(was)
    return was


def _number(text: str) -> Any:
    try:
        found = float(text)
    except ValueError:
        return text
    return int(found) if found.is_integer() else found


def _digits(text: str) -> str:
    """Without the `.0` that a number loses: `8.0` is 8, but `17.10` is not 17.1."""
    return text.removesuffix(".0")


def _take(item: Any, among: list[Any]) -> bool:
    for index, other in enumerate(among):
        if same(item, other):
            del among[index]
            return True
    return False
