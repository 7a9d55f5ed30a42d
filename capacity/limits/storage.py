"""The volume of a database server, and where storage autoscaling ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from capacity.days import WEEK, Days, day_of, percentile
from capacity.limit import Limit
from capacity.limits.history import History
from capacity.limits.made import Measured, made, unsaid
from capacity.names import DATABASES, STORAGE, WAL
from capacity.room import DatabaseRoom
from knowledge.storage import AUTOSCALING_FREE, autoscaling_step
from observe.quantities import size

_HOURS = 6
"""RDS does not grow a volume again within so many hours (RDS User Guide, USER_PIOPS.Autoscaling)."""


def storage(room: DatabaseRoom, history: History) -> Iterator[Limit]:
    """One limit without autoscaling, and two with it."""
    of, now = _used(history)
    if now is None:
        return
    whole, most = room.allocated_bytes, room.max_allocated_bytes
    it = Measured(name="storage", unit="bytes", now=now, of=of, history=history)
    if whole is None and room.disk_free_bytes is not None:
        free = room.disk_free_bytes
        what = f"{size(free)} are free on this computer's disk, which everything on it shares"
        yield made(it, now + free, what)
    elif whole is None:
        why = "nobody says how large the volume is: name the stack whose server this is"
        yield unsaid(it, None, why)
    elif most is None or most <= whole:
        reserve = _reserve(whole, history)
        what = f"{size(whole)} allocated, of which {size(reserve)} stay in reserve"
        yield made(it, whole - reserve, what)
    else:
        what = (
            f"{size(whole)} allocated; RDS adds {size(autoscaling_step(whole))} or more by itself once "
            f"{100 * AUTOSCALING_FREE:.0f} % are free"
        )
        yield made(it, whole * (1 - AUTOSCALING_FREE), what)
        reserve = _reserve(most, history)
        what = f"storage autoscaling ends at {size(most)}, of which {size(reserve)} stay in reserve"
        yield made(replace(it, name="storage-autoscaling"), most - reserve, what)


def _used(history: History) -> tuple[Days, float | None]:
    """What is used by day and now: by CloudWatch, or else databases and WAL together."""
    if (now := history.last(STORAGE)) is not None:
        return history.by_day(STORAGE), now
    of, wal = history.by_day(DATABASES), history.by_day(WAL)
    besides = dict(zip(wal.numbers, wal.values, strict=True))
    both = [value + besides.get(day, 0.0) for day, value in zip(of.numbers, of.values, strict=True)]
    now = history.last(DATABASES)
    return Days(numbers=of.numbers, values=both), None if now is None else now + (history.last(WAL) or 0.0)


def _reserve(whole: int, history: History) -> float:
    """A tenth, or what may come in the hours in which RDS would not grow it, whichever is more."""
    found = history.series.get(STORAGE) or history.series.get(DATABASES)
    late = [
        (b - a) / hours
        for (s, a), (t, b) in pairwise(zip(found.times, found.values, strict=True) if found else ())
        if day_of(t) > history.today - WEEK and 0 < (hours := (t - s).total_seconds() / 3600) <= 2
    ]
    fast = percentile(late, 0.99) if late else 0.0
    return max(whole * AUTOSCALING_FREE, _HOURS * fast)
