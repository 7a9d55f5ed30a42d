"""What is kept of a look at the servers: numbers that observations have brought anyway."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from capacity import names
from observe.keys.report import Report
from observe.observation import Observation, Observed, Row
from observe.postgres.connections import CONNECTIONS
from observe.postgres.databases import DATABASES
from observe.postgres.sizes import SIZES
from observe.postgres.slots import MIB, SLOTS
from observe.postgres.statements import SLOW
from observe.postgres.transaction_ids import TRANSACTION_IDS
from observe.postgres.wal import WAL
from observe.redis.clients import CLIENTS
from observe.redis.info import number
from observe.redis.memory import MEMORY

TABLES = 1000
"""Tables of which samples are kept, the largest: what is kept of a database is bounded so."""
POSTGRES: tuple[Observation, ...] = (CONNECTIONS, SIZES, DATABASES, WAL, TRANSACTION_IDS, SLOTS, SLOW)
REDIS: tuple[Observation, ...] = (MEMORY, CLIENTS)


@dataclass(frozen=True, kw_only=True, order=True)
class Sample:
    """One number of one server."""

    node: str
    name: str
    """As in `capacity.names`."""
    value: float


def samples(observed: Iterable[Observed]) -> Iterator[Sample]:
    """Those of everything that answered."""
    for each in observed:
        of = _OF.get((each.observation.engine, each.observation.id))
        if of is None or not each.rows:
            continue
        for name, value in of(each.rows):
            yield Sample(node=each.node, name=name, value=value)


def of_keys(node: str, report: Report) -> Iterator[Sample]:
    """The key spaces of an inventory that somebody has taken: nobody scans for a sample."""
    for row in report.spaces:
        yield Sample(node=node, name=f"{names.KEYSPACE}{row.name}", value=row.group.size)


_Found = Iterator[tuple[str, float]]


def _connections(rows: Iterable[Row]) -> _Found:
    for row in rows:
        whose = str(row["whose"])
        yield names.of(names.CONNECTIONS, whose), _number(row["used"])
        yield names.of(names.CONNECTIONS_LIMIT, whose), _number(row["limit"])


def _sizes(rows: Iterable[Row]) -> _Found:
    tables = (row for row in rows if row["relid"] is not None)  # the catalogs are one line without it
    for row in sorted(tables, key=lambda each: -_number(each["total_bytes"]))[:TABLES]:
        yield f"{names.TABLE}{row['table']}", _number(row["total_bytes"])


def _databases(rows: Iterable[Row]) -> _Found:
    yield names.DATABASES, sum(_number(row["size_bytes"]) for row in rows)


def _wal(rows: Iterable[Row]) -> _Found:
    yield names.WAL, sum(_number(row["wal_bytes"]) for row in rows)


def _ids(rows: Iterable[Row]) -> _Found:
    for row in rows:
        yield names.TRANSACTION_IDS, _number(row["ids"])
        yield names.FREEZE_AGE, _number(row["freeze_max_age"])


def _slots(rows: Iterable[Row]) -> _Found:
    found = list(rows)
    yield names.SLOT_WAL, max(_number(row["held_bytes"]) for row in found)
    if (keep := _number(found[0]["keep_mib"])) > 0:
        yield names.SLOT_WAL_LIMIT, keep * MIB


def _statements(rows: Iterable[Row]) -> _Found:
    yield names.STATEMENTS, max(_number(row["all_ms"]) for row in rows)


def _memory(rows: Iterable[Row]) -> _Found:
    for row in rows:
        yield names.MEMORY, number(row, "used_memory")
        if most := number(row, "maxmemory"):
            yield names.MAXMEMORY, most


def _clients(rows: Iterable[Row]) -> _Found:
    for row in rows:
        yield names.CLIENTS, number(row, "connected_clients")
        if most := number(row, "maxclients"):
            yield names.MAXCLIENTS, most


_OF = {
    ("postgres", CONNECTIONS.id): _connections,
    ("postgres", SIZES.id): _sizes,
    ("postgres", DATABASES.id): _databases,
    ("postgres", WAL.id): _wal,
    ("postgres", TRANSACTION_IDS.id): _ids,
    ("postgres", SLOTS.id): _slots,
    ("postgres", SLOW.id): _statements,
    ("redis", MEMORY.id): _memory,
    ("redis", CLIENTS.id): _clients,
}


def _number(cell: object) -> float:
    return float(str(cell or 0))
