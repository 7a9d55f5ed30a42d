"""Transaction ids, and WAL that replication slots hold back: neither grows for good while its cleaner gets through."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from capacity.days import Days, median
from capacity.limit import Limit
from capacity.limits.history import History
from capacity.limits.made import Measured, made, unsaid
from capacity.names import FREEZE_AGE, SLOT_WAL, SLOT_WAL_LIMIT, TRANSACTION_IDS
from knowledge.thresholds.postgres_storage import STOPS_AT
from observe.quantities import size

_LATE = 1.1
"""Times autovacuum_freeze_max_age: beyond it the vacuum that it forces has not got through."""


def transaction_ids(history: History) -> Iterator[Limit]:
    """A date only where the age is past what autovacuum lets it come to."""
    now = history.last(TRANSACTION_IDS)
    if now is None:
        return
    of, freeze = history.by_day(TRANSACTION_IDS), history.last(FREEZE_AGE) or 200e6
    it = Measured(name="transaction-ids", unit="transactions", now=now, of=of, history=history)
    used = [b - a for a, b in pairwise(of.values) if b > a]
    rate = f", {median(used):,.0f} are used a day" if used else ""
    if now <= _LATE * freeze:
        why = (
            f"autovacuum freezes what is {freeze:,.0f} transactions old (autovacuum_freeze_max_age), and none is much "
            f"older{rate}"
        )
        yield unsaid(it, STOPS_AT, why)
        return
    what = f"past autovacuum_freeze_max_age of {freeze:,.0f}: the vacuum that it forces does not get through{rate}"
    yield made(replace(it, of=_since_the_last_freeze(of)), STOPS_AT, what)


def _since_the_last_freeze(of: Days) -> Days:
    first = next((i for i in range(len(of.values) - 1, 0, -1) if of.values[i] < of.values[i - 1]), 0)
    return Days(numbers=of.numbers[first:], values=of.values[first:])


def slots(history: History) -> Iterator[Limit]:
    """Only where there is a slot."""
    now, most = history.last(SLOT_WAL), history.last(SLOT_WAL_LIMIT)
    if now is None:
        return
    it = Measured(name="slot-wal", unit="bytes", now=now, of=history.by_day(SLOT_WAL), history=history)
    if not most:
        why = "max_slot_wal_keep_size is -1: a slot without a reader fills the volume, which `storage` foresees"
        yield unsaid(it, None, why)
        return
    what = f"max_slot_wal_keep_size is {size(most)}: beyond it a slot loses what its reader needs"
    yield made(it, most, what)
