"""Where a series is going: its level, its growth with an interval, or why nothing can be said of it. Pure.

The week's shape drops out: of eight weeks and more each is one point, of fewer the same days of the week are compared.
Where the newer part grows otherwise than the older one, the newer is where it is going, the whole how sure that is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from math import exp, log

from capacity.days import WEEK, Days, median, percentile, weeks
from capacity.slope import Slope, slope
from capacity.steps import levelled, steps

LEAST_DAYS = 14
"""Two whole weeks, so that each day of the week can be compared with itself."""
_OF_ITS_OWN = 28
"""Days after a step from which on they are enough by themselves; before, the growth is that of before the step too."""
_BY_WEEKS = 56
"""Days from which on a week is one point."""
_HALF = 8
"""Points of a half."""
_HOLE = 7
"""Days without a value among the last four weeks that leave nothing to go by."""
_RECENT = 28
"""Days that say where the level is now."""


@dataclass(frozen=True, kw_only=True)
class Trend:
    """A line, or a curve where growth is by a share: `level` x e^(rate x days)."""

    since: int
    until: int
    """First and last day (`capacity.days`) that it is from."""
    days: int
    """How many of them have a value."""
    level: float
    """What it is on the last day, by the line."""
    slope: Slope
    """By day at its last day."""
    rate: float | None = None
    """Share by day, where growth is by a share; then `slope` says what that is now."""
    whole: Slope | None = None
    """Of all of the history, where growth has changed since; the truth may lie between."""
    peak: float = 0.0
    """How far above the line the highest day in ten of the last weeks is."""
    spread: float = 0.0
    """From there to the highest of all."""
    recent: float | None = None
    """Growth by day from the last week but one to the last: speeding up shows here first."""

    def at(self, day: float) -> float:
        """The value that is likely on a day."""
        ahead = day - self.until
        if self.rate is not None:
            return self.level * exp(self.rate * ahead)
        return self.level + self.slope.middle * ahead

    def between(self, day: float) -> tuple[float, float]:
        """The lowest and the highest that the line may be on a day."""
        ahead = day - self.until
        slopes = [self.slope.low, self.slope.high, *([self.whole.low, self.whole.high] if self.whole else [])]
        ends = [self.level + each * ahead for each in slopes]
        if self.rate is not None:
            share = self.slope.high / self.slope.middle * self.rate if self.slope.middle else self.rate
            ends.append(self.level * exp(share * ahead))
        return min(ends), max(ends)


@dataclass(frozen=True, kw_only=True)
class Unclear:
    """Nothing can be said."""

    why: str
    """`9 days of history, and 14 are the least`."""
    level: float | None = None
    """What it is now."""
    slope: Slope | None = None
    """What growth there may be, where it may as well be none."""


def fit(of: Days) -> Trend | Unclear:
    """The trend of a series by its days, today left out if it is not over."""
    if not of.numbers:
        return Unclear(why="no history")
    now = of.values[-1]
    span = of.numbers[-1] - of.numbers[0] + 1
    if span < LEAST_DAYS:
        return Unclear(
            why=f"{span} {'day' if span == 1 else 'days'} of history, and {LEAST_DAYS} are the least", level=now
        )
    if why := _holes(of):
        return Unclear(why=why, level=now)
    segment = _last(of)
    found = _slope(segment)
    if found is None:
        return Unclear(why="too few days have a value", level=now)
    trend = _curved(segment, found) or _bent(segment, found)
    if not trend.slope.certain:
        return Unclear(why="the growth may as well be none", level=trend.level + trend.peak, slope=trend.slope)
    return replace(trend, recent=_recent(of))


def simple(of: Days) -> Slope | None:
    """The slope alone, for many series at once."""
    if len(of.numbers) < 2 or of.numbers[-1] - of.numbers[0] + 1 < LEAST_DAYS or _holes(of):
        return None
    return _slope(_last(of))


def _last(of: Days) -> Days:
    """What follows the last step, with what came before it moved to its level where that is too little."""
    found = steps(of)
    if not found:
        return of
    first = found[-1].index
    if of.numbers[-1] - of.numbers[first] + 1 >= _OF_ITS_OWN:
        return Days(numbers=of.numbers[first:], values=of.values[first:])
    return levelled(of, found)


def _holes(of: Days) -> str:
    last = of.numbers[-1]
    late = [each for each in of.numbers if each > last - _RECENT]
    edges = [max(of.numbers[0], last - _RECENT), *late]
    hole = max(b - a - 1 for a, b in pairwise(edges)) if len(edges) > 1 else 0
    if hole >= _HOLE:
        return f"{hole} days in a row without a value within the last four weeks"
    span = last - of.numbers[0] + 1
    if 2 * len(of.numbers) < span:
        return f"only {len(of.numbers)} of {span} days have a value"
    return ""


def _points(of: Days) -> tuple[list[float], list[float], int]:
    """What is fitted: when, how much, and the season of it."""
    if of.numbers[-1] - of.numbers[0] + 1 >= _BY_WEEKS:
        at, values = weeks(of)
        return at, values, 1
    return [float(each) for each in of.numbers], list(of.values), WEEK


def _slope(of: Days) -> Slope | None:
    return slope(*_points(of))


def _bent(of: Days, whole: Slope) -> Trend:
    """By the newest part whose growth is of one kind."""
    part, found = of, whole
    while (newer := _newer_half(part)) is not None:
        part, found = newer
    return _trend(part, found, whole=whole if part is not of else None)


def _newer_half(of: Days) -> tuple[Days, Slope] | None:
    at, values, season = _points(of)
    half = len(at) // 2
    if season != 1 or half < _HALF:
        return None
    older, newer = slope(at[:half], values[:half]), slope(at[half:], values[half:])
    if older is None or newer is None or not _apart(older, newer):
        return None
    first = next(i for i, each in enumerate(of.numbers) if each >= at[half] - WEEK // 2)
    return Days(numbers=of.numbers[first:], values=of.values[first:]), newer


def _apart(one: Slope, other: Slope) -> bool:
    return one.high < other.low or other.high < one.low


def _curved(of: Days, line: Slope) -> Trend | None:
    """Growth by a share: the line bends upwards, and its logarithm does not."""
    if line.low <= 0 or min(of.values) <= 0 or _newer_half(of) is None:
        return None
    logs = Days(numbers=of.numbers, values=[log(each) for each in of.values])
    found = _slope(logs)
    if found is None or found.low <= 0 or _newer_half(logs) is not None:
        return None
    bent = _bent(of, line)
    level = exp(_level(logs, found.middle))
    by_day = Slope(middle=level * found.middle, low=min(bent.slope.low, level * found.low), high=level * found.high)
    curve = Trend(
        since=of.numbers[0], until=of.numbers[-1], days=len(of.numbers), level=level, slope=by_day, rate=found.middle
    )
    return _with_peak(curve, of)


def _trend(of: Days, found: Slope, whole: Slope | None) -> Trend:
    line = Trend(
        since=of.numbers[0],
        until=of.numbers[-1],
        days=len(of.numbers),
        level=_level(of, found.middle),
        slope=found,
        whole=whole,
    )
    return _with_peak(line, of)


def _level(of: Days, by_day: float) -> float:
    """The median of the last weeks, as if all of them were the last day."""
    last = of.numbers[-1]
    return median([v - by_day * (n - last) for n, v in zip(of.numbers, of.values, strict=True) if n > last - _RECENT])


def _with_peak(line: Trend, of: Days) -> Trend:
    off = [
        value - line.at(number)
        for number, value in zip(of.numbers, of.values, strict=True)
        if number > line.until - 2 * _RECENT
    ]
    peak = max(percentile(off, 0.9), 0.0)
    return replace(line, peak=peak, spread=max(percentile(off, 0.98) - peak, 0.0))


def _recent(of: Days) -> float | None:
    by_day = dict(zip(of.numbers, of.values, strict=True))
    last = of.numbers[-1]
    steps_of_a_week = [
        (by_day[each] - by_day[each - WEEK]) / WEEK
        for each in range(last - WEEK + 1, last + 1)
        if each in by_day and each - WEEK in by_day
    ]
    return median(steps_of_a_week) if steps_of_a_week else None
