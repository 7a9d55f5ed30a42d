"""From what was measured and what there is room for to the report. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Sequence

from capacity.days import day_of, percentile
from capacity.growth import growth
from capacity.limit import Limit
from capacity.limits.cache import cache
from capacity.limits.history import History
from capacity.limits.ids import slots, transaction_ids
from capacity.limits.load import load
from capacity.limits.storage import storage
from capacity.names import CONNECTIONS, CONNECTIONS_LIMIT, SERVER, of
from capacity.report import CapacityReport, ConnectionUse, Source
from capacity.room import CacheRoom, DatabaseRoom
from capacity.series import Series
from observe.observation import Row


def assess(
    series: Sequence[Series],
    databases: Iterable[DatabaseRoom],
    caches: Iterable[CacheRoom],
    at: datetime.datetime,
    *,
    statements: Iterable[Row] = (),
    sources: Iterable[Source] = (),
    missing: Iterable[str] = (),
) -> CapacityReport:
    """What runs out when, by all series of all servers; of one that has no room here nothing is said."""
    today = day_of(at)
    by_node: dict[str, dict[str, Series]] = {}
    for each in series:
        by_node.setdefault(each.node, {})[each.name] = each
    histories = {node: History(node=node, series=found, today=today) for node, found in by_node.items()}
    limits = [
        limit
        for room in databases
        if (history := histories.get(room.node))
        for found in (storage(room, history), load(room, history), transaction_ids(history), slots(history))
        for limit in found
    ]
    limits += [limit for room in caches if (history := histories.get(room.node)) for limit in cache(room, history)]
    return CapacityReport(
        at=at,
        limits=tuple(sorted(limits, key=_soonest)),
        growth=growth(series, today),
        connections=tuple(use for each in histories.values() for use in _connections(each)),
        statements=tuple(statements),
        sources=tuple(sources),
        missing=tuple(missing),
    )


def _soonest(limit: Limit) -> tuple[datetime.date, datetime.date, str, str]:
    never = datetime.date.max
    return limit.date or never, limit.interval[0] or never, limit.node, limit.name


def _connections(history: History) -> Iterator[ConnectionUse]:
    for name in history.series:
        what, _, whose = name.partition(" ")
        if what != CONNECTIONS:
            continue
        limit, now = history.last(of(CONNECTIONS_LIMIT, whose or SERVER)), history.last(name)
        if not limit or now is None:
            continue
        days = history.by_day(name).values
        yield ConnectionUse(
            node=history.node,
            whose=whose or SERVER,
            now=int(now),
            limit=int(limit),
            peak=max(days) if days else None,
            p99=percentile(days, 0.99) if days else None,
        )
