"""Which time the partitions of a table hold, by their bounds. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Literal

from observe.observation import Row

_FIRST, _LAST = datetime.min, datetime.max


@dataclass(frozen=True)
class Span:
    """From a point in time up to another one, in UTC."""

    begin: date
    end: date

    @property
    def points(self) -> tuple[datetime, datetime]:
        """As points in time; a day is its beginning."""
        return _point(self.begin), _point(self.end)

    def within(self, held: Sequence[Span]) -> Literal["whole", "part", "none"]:
        """How much of it the spans hold, which are in order and do not overlap, as partitions never do."""
        begin, end = self.points
        over = [(max(first, begin), min(last, end)) for first, last in (each.points for each in held)]
        inside = [(first, last) for first, last in over if first < last]
        if not inside:
            return "none"
        joined = all(one[1] == other[0] for one, other in pairwise(inside))
        return "whole" if joined and inside[0][0] == begin and inside[-1][1] == end else "part"


def _point(at: date) -> datetime:
    return at if isinstance(at, datetime) else datetime(at.year, at.month, at.day)


def spans(rows: Sequence[Row]) -> list[Span]:
    """What partitions hold, in order: rows of the observation `partitions`; the default partition holds the rest."""
    found = [
        Span(lower if isinstance(lower, datetime) else _FIRST, upper if isinstance(upper, datetime) else _LAST)
        for lower, upper in ((row["lower"], row["upper"]) for row in rows if not row["is_default"])
    ]
    return sorted(found, key=lambda each: each.points)


def holes(held: Sequence[Span], oldest: date | None, present: date) -> Iterator[tuple[str, str]]:
    """What no partition holds between two that are there, up to the present period, from the oldest that stays on."""
    least = _FIRST if oldest is None else _point(oldest)
    for one, other in pairwise(held):
        begin, end = max(one.points[1], least), min(other.points[0], _point(present))
        if begin < end:
            yield f"{begin:%Y-%m-%d %H:%M}", f"{end:%Y-%m-%d %H:%M}"
