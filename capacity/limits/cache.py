"""The memory and the connections of a cache's node."""

from __future__ import annotations

from collections.abc import Iterator

from capacity.limit import Limit
from capacity.limits.history import History
from capacity.limits.made import Measured, made, unsaid
from capacity.names import CLIENTS, MAXCLIENTS, MAXMEMORY, MEMORY
from capacity.room import CacheRoom
from knowledge.alarms.redis_thresholds import MEMORY_HIGH
from observe.quantities import size


def cache(room: CacheRoom, history: History) -> Iterator[Limit]:
    """Both, where there is a history of them."""
    name = room.node.partition("/")[0]
    now, whole = history.last(MEMORY), history.last(MAXMEMORY) or room.maxmemory_bytes
    if now is not None:
        it = Measured(name=f"{name} memory", unit="bytes", now=now, of=history.by_day(MEMORY), history=history)
        if not whole:
            yield unsaid(it, None, "maxmemory is not set: the node takes what its computer has")
        elif room.evicts:
            yield unsaid(it, whole, "the policy may evict every key: it fills up by design")
        else:
            what = f"{MEMORY_HIGH} % of {size(whole)} (maxmemory), where its alarm rings"
            yield made(it, whole * MEMORY_HIGH / 100, what)
    now, most = history.last(CLIENTS), history.last(MAXCLIENTS) or room.maxclients
    if now is not None and most:
        of = history.by_day(CLIENTS)
        it = Measured(name=f"{name} connections", unit="connections", now=now, of=of, history=history)
        yield made(it, most, "maxclients")
