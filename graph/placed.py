"""A resource where it was placed, as it is kept in a file: what every such place knows of it."""

from __future__ import annotations

from typing import Any, TypedDict


class PlacedResource(TypedDict):
    """The part that all places share; each adds by what it finds the resource."""

    type: str
    id: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]
