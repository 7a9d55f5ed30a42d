"""What each series is called, and its unit."""

from __future__ import annotations

from capacity.series import Unit

STORAGE = "storage"
"""Bytes that are used of the volume, by CloudWatch."""
DATABASES = "databases"
"""Bytes of all databases of the server."""
WAL = "wal"
TABLE = "table "
"""Followed by the table's name: bytes with indexes, TOAST and partitions."""
KEYSPACE = "keyspace "
"""Followed by the key space's name: bytes, an estimate."""
CONNECTIONS = "connections"
"""Of the server; `connections login app_a` those of a login, `connections database shop` those to a database."""
CONNECTIONS_LIMIT = "connections-limit"
"""Likewise."""
TRANSACTION_IDS = "transaction-ids"
"""Age of the oldest one."""
FREEZE_AGE = "transaction-ids-freeze"
"""autovacuum_freeze_max_age."""
SLOT_WAL = "slot-wal"
"""What the slot that is furthest behind holds back."""
SLOT_WAL_LIMIT = "slot-wal-limit"
FREEABLE = "freeable-memory"
IOPS = "iops"
THROUGHPUT = "throughput"
CPU = "cpu"
MEMORY = "memory"
"""Of a cache's node."""
MAXMEMORY = "maxmemory"
CLIENTS = "clients"
MAXCLIENTS = "maxclients"
STATEMENTS = "statements"
"""Milliseconds that all statements took since the counters began: only ever more, until somebody resets them."""
SERVER = "the server"
"""Whose connections are those of nobody in particular."""

_UNITS: dict[str, Unit] = {
    CONNECTIONS: "connections",
    CONNECTIONS_LIMIT: "connections",
    TRANSACTION_IDS: "transactions",
    FREEZE_AGE: "transactions",
    IOPS: "operations/s",
    THROUGHPUT: "bytes/s",
    CPU: "%",
    CLIENTS: "connections",
    MAXCLIENTS: "connections",
    STATEMENTS: "ms",
}


def unit_of(name: str) -> Unit:
    """What the values of a series are."""
    return _UNITS.get(name.partition(" ")[0], "bytes")


def of(what: str, whose: str) -> str:
    """`connections login app_a`; the server's own is `connections`."""
    return what if whose == SERVER else f"{what} {whose}"
