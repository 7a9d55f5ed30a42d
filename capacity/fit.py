"""Where a series is going: its level, its growth with an interval, or why nothing can be said of it. Pure.

The week's shape drops out: of eight weeks and more each is one point, of fewer the same days of the week are compared.
Where the newer part grows otherwise than the older one, the newer is where it is going, the whole how sure that is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from math import exp, inf, log, sqrt

from capacity.days import WEEK, Days, median, percentile, weeks
from capacity.slope import Slope, Z, slope
from capacity.steps import levelled, steps

LEAST_DAYS = 14
"""Two whole weeks, so that each day of the week can be compared with itself."""
_OF_ITS_OWN = 28
"""Days after a step from which on they are enough by themselves; before, the growth is that of before the step too."""
_BY_WEEKS = 56
"""Days from which on a week is one point."""
_APART = 1.5
"""Times `Z`: how far the slopes of a shorter and of a longer part must be apart to be of two kinds."""
_AS_WELL = 1.2
"""Times the median distance from the line that may lie between a curve and the days."""
_SIGMA = 1.4826
"""Standard deviations in a median distance from the middle (of a normal distribution)."""
_CURVED = 1.5
"""Times the days of the longest line that fits, from which on a curve that fits says more."""
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
    perhaps: float | None = None
    """Share by day, where growth may as well be by a share: a curve fits nearly as well as the line."""
    peak: float = 0.0
    """How far the highest day of the week is above the line."""
    spread: float = 0.0
    """How far above what is usual for their day of the week the highest days were."""
    wander: float = 0.0
    """How far it strays from the line in a day, by chance, without coming back: after n days sqrt(n) times as far, as
    sizes do, which are the sum of what each day has brought."""
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
        if self.perhaps is not None:
            ends.append(self.level * exp(self.perhaps * ahead))
        astray = Z * self.wander * sqrt(max(ahead, 0.0))
        return min(ends) - astray, max(ends) + astray

    def peaks(self, day: float) -> tuple[float, float, float]:
        """What the highest day of the week is likely to be, the least that it may be, and the most."""
        low, high = self.between(day)
        return self.at(day) + self.peak, low - self.spread / 4, high + self.peak + self.spread


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
        return Unclear(why="no whole day of history yet")
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
    return replace(trend, recent=_recent(of), perhaps=_perhaps(segment, trend))


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
    if span >= _BY_WEEKS:  # one value a week is enough
        found, whole, what = len({(last - each) // WEEK for each in of.numbers}), -(-span // WEEK), "weeks"
    else:
        found, whole, what = len(of.numbers), span, "days"
    return f"only {found} of {whole} {what} have a value" if 2 * found < whole else ""


def _points(of: Days) -> tuple[list[float], list[float], int]:
    """What is fitted: when, how much, and the season of it."""
    if of.numbers[-1] - of.numbers[0] + 1 >= _BY_WEEKS:
        at, values = weeks(of)
        return at, values, 1
    return [float(each) for each in of.numbers], list(of.values), WEEK


def _slope(of: Days) -> Slope | None:
    return slope(*_points(of))


def _newest(of: Days) -> Days:
    """The longest newest part whose growth is of one kind.

    Parts are made longer while the intervals of their slopes still have something in common (the intersection of
    confidence intervals: Goldenshluger and Nemirovski, On Spatial Adaptive Estimation of Nonparametric Regression,
    1997). The points are taken as independent here: a line through two kinds of growth makes its rests alike, and
    with intervals as wide as that anything would agree.
    """
    at, values, season = _points(of)
    if season != 1:
        return of
    low, high = -inf, inf
    agreed: list[int] = []
    for count in _longer(len(at)):
        found = slope(at[-count:], values[-count:], z=_APART * Z)
        if found is None:
            continue
        rounding = 1e-6 * abs(found.middle)
        low, high = max(low, found.low - rounding), min(high, found.high + rounding)
        if low > high:
            agreed = agreed[:-1] or agreed  # the longest one reaches a little into what was before
            break
        agreed.append(count)
    if not agreed or agreed[-1] == len(at):
        return of
    first = next(i for i, each in enumerate(of.numbers) if each >= at[-agreed[-1]] - WEEK // 2)
    return Days(numbers=of.numbers[first:], values=of.values[first:])


def _longer(most: int) -> Iterator[int]:
    count = float(_BY_WEEKS // WEEK)
    while count < most:
        yield int(count)
        count *= 1.3
    yield most


def _bent(of: Days, whole: Slope) -> Trend:
    """By the newest part."""
    part = _newest(of)
    found = _slope(part)
    if part is of or found is None:
        return _trend(of, whole, whole=None)
    return _trend(part, found, whole=whole)


def _curved(of: Days, line: Slope) -> Trend | None:
    """Growth by a share: the line bends upwards, and its logarithm does not."""
    straight = _newest(of)
    if straight is of or min(of.values) <= 0:
        return None
    logs = Days(numbers=of.numbers, values=[log(each) for each in of.values])
    part = _newest(logs)
    found, lately = _slope(part), _slope(straight)
    if found is None or lately is None or found.low <= 0 or lately.middle <= line.middle:
        return None
    if len(part.numbers) < _CURVED * len(straight.numbers):
        return None
    first = of.numbers.index(part.numbers[0])
    level = exp(_level(part, found.middle))
    by_day = Slope(middle=level * found.middle, low=min(lately.low, level * found.low), high=level * found.high)
    curve = Trend(
        since=part.numbers[0],
        until=of.numbers[-1],
        days=len(part.numbers),
        level=level,
        slope=by_day,
        rate=found.middle,
    )
    return _with_peak(curve, Days(numbers=part.numbers, values=of.values[first:]))


def _perhaps(of: Days, line: Trend) -> float | None:
    """The share by which it may grow, where too little is seen to tell a curve from the line."""
    first = of.numbers.index(line.since)
    part = Days(numbers=of.numbers[first:], values=of.values[first:])
    if line.rate is not None or line.slope.middle <= 0 or min(part.values) <= 0:
        return None
    logs = Days(numbers=part.numbers, values=[log(each) for each in part.values])
    found = _slope(logs)
    if found is None or found.middle <= 0:
        return None
    level = exp(_level(logs, found.middle))
    by_line = median([abs(v - line.at(n)) for n, v in zip(part.numbers, part.values, strict=True)])
    by_curve = median(
        [abs(v - level * exp(found.middle * (n - line.until))) for n, v in zip(part.numbers, part.values, strict=True)]
    )
    return found.middle if by_curve <= _AS_WELL * by_line else None


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
    by_weekday: dict[int, list[float]] = {}
    for number, value in zip(of.numbers, of.values, strict=True):
        if number > line.until - 2 * _RECENT:
            by_weekday.setdefault(number % WEEK, []).append(value - line.at(number))
    usual = {weekday: median(found) for weekday, found in by_weekday.items()}
    off = [each - usual[weekday] for weekday, found in by_weekday.items() for each in found]
    return replace(
        line, peak=max(*usual.values(), 0.0), spread=max(percentile(off, 0.98), 0.0), wander=_wander(line, of)
    )


def _wander(line: Trend, of: Days) -> float:
    """Noise makes differences as large over a month as over a week; what strays makes them grow with the time."""
    rests = Days(numbers=of.numbers, values=[v - line.at(n) for n, v in zip(of.numbers, of.values, strict=True)])
    at, values, season = _points(rests)
    near, far = (1, 4) if season == 1 else (WEEK, 2 * WEEK)
    by_point = dict(zip(at, values, strict=True))
    step = 1 if season != 1 else WEEK

    def variance(lag: int) -> float:
        found = [
            abs(value - by_point[when - lag * step])
            for when, value in by_point.items()
            if when - lag * step in by_point
        ]
        return (_SIGMA * median(found)) ** 2 if found else 0.0

    return sqrt(max(variance(far) - variance(near), 0.0) / ((far - near) * step))


def _recent(of: Days) -> float | None:
    by_day = dict(zip(of.numbers, of.values, strict=True))
    last = of.numbers[-1]
    steps_of_a_week = [
        (by_day[each] - by_day[each - WEEK]) / WEEK
        for each in range(last - WEEK + 1, last + 1)
        if each in by_day and each - WEEK in by_day
    ]
    return median(steps_of_a_week) if steps_of_a_week else None
