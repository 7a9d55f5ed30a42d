"""When a trend reaches a limit, and how good such forecasts have been."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass

from capacity.days import Days, date_of
from capacity.fit import Trend, Unclear, fit
from capacity.limit import Confidence, Score

HORIZON = 365
"""Days that a date may be ahead."""
BACK = (30, 90)
"""Days ago whose forecasts of today are held against what came."""
CLOSE = 0.05
"""Share of the limit that a forecast may be off and still be a good one: a date that is off by less than what the size
is chosen by."""


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """What a series will reach."""

    trend: Trend | Unclear | None
    """None where nobody asked."""
    date: datetime.date | None = None
    interval: tuple[datetime.date | None, datetime.date | None] = (None, None)
    confidence: Confidence = "none"
    scores: tuple[Score, ...] = ()


def forecast(of: Days, limit: float | None, today: int) -> Forecast:
    """The dates on which the series reaches `limit`, upwards, within twelve months from `today`."""
    trend = fit(of)
    if isinstance(trend, Unclear):
        return Forecast(trend=trend)
    scores = _scores(of, limit)
    right = bool(scores) and all(each.right for each in scores)
    if limit is None:
        return Forecast(trend=trend, confidence="good" if right else "fair", scores=scores)

    def reach(which: int) -> datetime.date | None:
        return _first(lambda day: trend.peaks(day)[which] >= limit, today)

    date, latest, earliest = reach(0), reach(1), reach(2)
    narrow = date is None or latest is not None
    return Forecast(
        trend=trend,
        date=date,
        interval=(earliest, latest),
        confidence="good" if right and narrow else "fair",
        scores=scores,
    )


def _first(reached: Callable[[float], bool], today: int) -> datetime.date | None:
    """The first day from today on; what only grows is halved, what is reached today is today."""
    if reached(today):
        return date_of(today)
    low, high = today, today + HORIZON
    if not reached(high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if reached(middle) else (middle, high)
    return date_of(high)


def _scores(of: Days, limit: float | None) -> tuple[Score, ...]:
    found = []
    for back in BACK:
        then = of.upto(of.numbers[-1] - back)
        trend = fit(then) if then.numbers else None
        if not isinstance(trend, Trend):
            continue
        day = of.numbers[-1]
        said, came = trend.at(day) + trend.peak, _now(of)
        share = abs(said - came) / abs(limit or came or 1.0)
        found.append(Score(days=back, said=said, came=came, right=share <= CLOSE))
    return tuple(found)


def _now(of: Days) -> float:
    """The highest of the last week."""
    last = of.numbers[-1]
    return max(value for number, value in zip(of.numbers, of.values, strict=True) if number > last - 7)
