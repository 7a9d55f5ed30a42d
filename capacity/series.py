"""One quantity over time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

Unit = Literal["bytes", "connections", "transactions", "operations/s", "bytes/s", "%", "ms"]


@dataclass(frozen=True, kw_only=True)
class Series:
    """What was measured, the oldest first."""

    name: str
    """`storage`, `connections`, `table public.users`, `keyspace session`."""
    node: str
    """Name of the server: `primary`, a replica's, `CACHE/NODE`."""
    unit: Unit
    times: Sequence[datetime]
    """With their zone, strictly rising."""
    values: Sequence[float]
    """One for each time."""


def merged(found: Iterable[Series]) -> tuple[Series, ...]:
    """One series for each node and name. Of two values of one moment the higher one counts."""
    by_name: dict[tuple[str, str], list[Series]] = {}
    for each in found:
        by_name.setdefault((each.node, each.name), []).append(each)
    return tuple(_one(some) for some in by_name.values())


def _one(some: list[Series]) -> Series:
    first, *rest = some
    if not rest:
        return first
    values: dict[datetime, float] = {}
    for each in some:
        for when, value in zip(each.times, each.values, strict=True):
            values[when] = max(value, values.get(when, value))
    times = sorted(values)
    return replace(first, times=times, values=[values[when] for when in times])
