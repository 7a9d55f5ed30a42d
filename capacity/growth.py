"""Which tables and key spaces grow most."""

from __future__ import annotations

from collections.abc import Iterable

from capacity.days import days
from capacity.fit import LEAST_DAYS, simple
from capacity.names import KEYSPACE, TABLE
from capacity.report import Growth
from capacity.series import Series


def growth(series: Iterable[Series], today: int) -> tuple[Growth, ...]:
    """One row for each, what grows most first and what nothing can be said of last, the largest first."""
    rows = [_row(each, today) for each in series if each.values and each.name.startswith((TABLE, KEYSPACE))]
    return tuple(sorted(rows, key=lambda each: (each.by_day is None, -(each.by_day or 0.0), -each.now, each.name)))


def _row(series: Series, today: int) -> Growth:
    of = days(series).upto(today - 1)
    found = simple(of)
    now = series.values[-1]
    if found is None:
        why = f"too little history: {LEAST_DAYS} days without holes are the least"
        return Growth(node=series.node, name=series.name, now=now, by_day=None, interval=None, why=why)
    return Growth(
        node=series.node,
        name=series.name,
        now=now,
        by_day=found.middle,
        interval=(found.low, found.high),
        why="" if found.certain else "may as well not grow",
    )
