"""A series by whole days, and by whole weeks, so that neither the hour nor the day of the week looks like growth."""

from __future__ import annotations

import datetime
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from capacity.series import Series, Unit

Reduce = Literal["max", "p99"]
"""What a day is worth: its maximum for what fills up, its 99th percentile for a load, whose peaks are short."""
WEEK = 7
_OF_A_WEEK = 4
"""Days that a week needs, where weeks have as many: fewer may all be of its quiet end."""
_BEGIN = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


@dataclass(frozen=True, kw_only=True)
class Days:
    """One value for each day that has one, the oldest first."""

    numbers: Sequence[int]
    """Days since 1970 in UTC, strictly rising."""
    values: Sequence[float]

    def upto(self, last: int) -> Days:
        """The days up to `last`, that one included."""
        count = bisect_right(self.numbers, last)
        return Days(numbers=self.numbers[:count], values=self.values[:count])

    def series(self, name: str, node: str, unit: Unit) -> Series:
        """The same with dates, each at noon."""
        noon = _BEGIN + datetime.timedelta(hours=12)
        times = tuple(noon + datetime.timedelta(days=each) for each in self.numbers)
        return Series(name=name, node=node, unit=unit, times=times, values=self.values)


def day_of(when: datetime.datetime) -> int:
    """Days since 1970."""
    return (when - _BEGIN).days


def date_of(day: int) -> datetime.date:
    """The date of a number of `Days`."""
    return _BEGIN.date() + datetime.timedelta(days=day)


def days(series: Series, reduce: Reduce = "max") -> Days:
    """The series by days in UTC; several values of one day are reduced to one."""
    numbers = [(when - _BEGIN).days for when in series.times]
    found = dict(zip(numbers, series.values, strict=True))
    if len(found) == len(numbers):  # one for each day, as most of a year is
        return Days(numbers=numbers, values=series.values)
    several: dict[int, list[float]] = {}
    for number, value in zip(numbers, series.values, strict=True):
        several.setdefault(number, []).append(value)
    return Days(
        numbers=tuple(several),
        values=tuple(max(each) if reduce == "max" else percentile(each, 0.99) for each in several.values()),
    )


def weeks(of: Days) -> tuple[list[float], list[float]]:
    """The middle day and the median value of each whole week, counted back from the last day."""
    last = of.numbers[-1]
    by_week: dict[int, list[float]] = {}
    for number, value in zip(of.numbers, of.values, strict=True):
        by_week.setdefault((last - number) // WEEK, []).append(value)
    least = min(_OF_A_WEEK, median([len(found) for found in by_week.values()]))
    whole = [(back, found) for back, found in by_week.items() if len(found) >= least]
    return [last - back * WEEK - 3.0 for back, _ in whole], [median(found) for _, found in whole]


def median(values: Sequence[float]) -> float:
    """The middle one; of an even number the mean of the two in the middle."""
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def percentile(values: Sequence[float], share: float) -> float:
    """The value at that share of the ordered ones, between two by their distance."""
    ordered = sorted(values)
    at = share * (len(ordered) - 1)
    below = int(at)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (at - below)
