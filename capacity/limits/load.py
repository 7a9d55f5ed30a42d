"""What a database server can take at once: connections, memory, operations and bytes of its volume."""

from __future__ import annotations

from collections.abc import Iterator

from capacity.days import Days
from capacity.limit import Limit
from capacity.limits.history import History
from capacity.limits.made import Measured, made
from capacity.names import CONNECTIONS, CONNECTIONS_LIMIT, FREEABLE, IOPS, THROUGHPUT, unit_of
from capacity.room import DatabaseRoom
from observe.quantities import size


def load(room: DatabaseRoom, history: History) -> Iterator[Limit]:
    """Those of which there is a history."""
    yield from _connections(history)
    yield from _memory(room, history)
    for name, most in ((IOPS, room.iops), (THROUGHPUT, room.throughput_bytes)):
        now = history.last(name)
        if now is not None and most is not None:
            of = history.by_day(name, "p99")
            it = Measured(name=name, unit=unit_of(name), now=now, of=of, history=history)
            yield made(it, most, "the lesser of what the volume and the class take at all times")


def _connections(history: History) -> Iterator[Limit]:
    now, most = history.last(CONNECTIONS), history.last(CONNECTIONS_LIMIT)
    if now is None or not most:
        return
    of = history.by_day(CONNECTIONS)
    it = Measured(name="connections", unit="connections", now=now, of=of, history=history)
    yield made(it, most, "max_connections without those that are reserved")


def _memory(room: DatabaseRoom, history: History) -> Iterator[Limit]:
    free, whole = history.last(FREEABLE), room.memory_bytes
    if free is None or whole is None:
        return
    least = room.freeable_least_bytes or 0
    found = history.by_day(FREEABLE)
    of = Days(numbers=found.numbers, values=[whole - each for each in found.values])
    it = Measured(name="memory", unit="bytes", now=whole - free, of=of, history=history)
    yield made(it, whole - least, f"{size(whole)} of the class, of which {size(least)} should be freeable")
