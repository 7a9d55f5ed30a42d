"""Where a series jumps and stays: a restore, a VACUUM FULL, a purge, a resize. Growth is what happens between."""

from __future__ import annotations

from dataclasses import dataclass

from capacity.days import WEEK, Days, median

FACTOR = 6
"""A step is larger than so many times the median deviation of the daily differences."""
_LEAST = 0.01
"""Share of the level that a step has at least: of what hardly moves, the deviation is nothing."""
_SEEN = 3
"""Days before and after a step that it takes to tell it from an outlier."""
RECURRING = 3
"""From so many steps one way on they are how it goes, such as a purge each month, and growth does not begin again."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """A jump."""

    index: int
    """Of the first day after it."""
    size: float
    """Negative where it went down."""


def steps(of: Days) -> tuple[Step, ...]:
    """All that stayed: the medians of the weeks before and after differ too, so no outlier and no weekend is one."""
    values = of.values
    if len(values) < 2:
        return ()
    by_day = [(values[i] - values[i - 1]) / (of.numbers[i] - of.numbers[i - 1]) for i in range(1, len(values))]
    usual = median(by_day)
    off = [abs(each - usual) for each in by_day]
    least = max(FACTOR * median(off), _LEAST * max(map(abs, values)))
    found: list[Step] = []
    for i, each in enumerate(off, start=1):
        gap = of.numbers[i] - of.numbers[i - 1]
        if each * gap <= least or not _SEEN <= i <= len(values) - _SEEN:
            continue
        size = _level(of, i, usual, 1) - _level(of, i - 1, usual, -1) - usual * gap
        if abs(size) <= least:
            continue
        if found and i - found[-1].index < WEEK and abs(found[-1].size) >= abs(size):
            continue  # the same jump, seen from a day that is near it
        if found and i - found[-1].index < WEEK:
            found.pop()
        found.append(Step(index=i, size=size))
    return _that_do_not_recur(found)


def _level(of: Days, i: int, usual: float, way: int) -> float:
    """The median of up to a week from a day on, before or after it, as if all of it were that day."""
    some = range(i, min(i + WEEK, len(of.values))) if way > 0 else range(max(i - WEEK + 1, 0), i + 1)
    return median([of.values[k] - usual * (of.numbers[k] - of.numbers[i]) for k in some])


def _that_do_not_recur(found: list[Step]) -> tuple[Step, ...]:
    up = [each for each in found if each.size > 0]
    down = [each for each in found if each.size < 0]
    kept = [each for those in (up, down) if len(those) < RECURRING for each in those]
    return tuple(sorted(kept, key=lambda each: each.index))


def levelled(of: Days, found: tuple[Step, ...]) -> Days:
    """The series as if it had always been at its last level: what lies before a step is moved by its size."""
    values, by = list(of.values), 0.0
    edges = {each.index: each.size for each in found}
    for i in range(len(values) - 1, -1, -1):
        values[i] += by
        by += edges.get(i, 0.0)
    return Days(numbers=of.numbers, values=values)
