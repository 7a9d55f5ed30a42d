"""Properties in the messages between engine and plugin."""

from __future__ import annotations

from typing import Any

from google.protobuf import json_format, struct_pb2

from graph.marks import Properties, whole


def read(message: struct_pb2.Struct) -> Properties:
    """The properties of a message; whole numbers as integers, secrets still marked."""
    made: Properties = _whole(json_format.MessageToDict(message))
    return made


def write(properties: Properties) -> struct_pb2.Struct:
    """A message of the properties."""
    return json_format.ParseDict(properties, struct_pb2.Struct())


def _whole(value: object) -> Any:
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    return [_whole(item) for item in value] if isinstance(value, list) else whole(value)
