"""The points of a limit's chart: what was, what is likely, and between what it may be. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from capacity.days import day_of
from capacity.forecast import HORIZON
from capacity.limit import Limit

_STEP = 7
"""Days between two points of the line."""
_ABOVE = 1.15
"""Times the limit, or the highest that was, that a chart goes up to."""


@dataclass(frozen=True, kw_only=True)
class Point:
    """A day of the line; where it meets the limit are the dates of the forecast."""

    day: int
    likely: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Projection:
    """Days as in `capacity.days`, values in the limit's unit."""

    first: int
    today: int
    last: int
    history: tuple[tuple[int, float], ...]
    line: tuple[Point, ...]
    """From where the trend begins to twelve months from today; empty without a trend."""
    top: float
    """Of the chart, which begins at zero."""


def projection(limit: Limit, today: int) -> Projection | None:
    """None where there are not two days of a history."""
    history = _history(limit)
    if len(history) < 2:
        return None
    line: list[Point] = []
    if trend := limit.trend:
        days = sorted({*range(trend.since, today + HORIZON, _STEP), trend.until, today, today + HORIZON})
        for day in days:
            likely, low, high = trend.peaks(day)
            line.append(Point(day=day, likely=likely, low=max(min(low, likely), 0.0), high=max(high, likely)))
    highest = max(value for _, value in history)
    return Projection(
        first=min(history[0][0], today - 1),
        today=today,
        last=today + HORIZON if line else today,
        history=history,
        line=tuple(line),
        top=_ABOVE * max(highest, limit.limit or 0.0, limit.now) or 1.0,
    )


def _history(limit: Limit) -> tuple[tuple[int, float], ...]:
    if limit.history is None:
        return ()
    days = map(day_of, limit.history.times)
    return tuple(zip(days, limit.history.values, strict=True))
