"""A streaming replica: copied from its source, attached by a slot, copied anew when it can no longer follow."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterable
from pathlib import Path

import psycopg

from graph.errors import CloudError
from graph.parameters import GroupParameter
from local.postgres.config import Config
from local.postgres.roles import REPLICATION
from local.postgres.server import PostgresServer

ATTACH_SECONDS = 5.0
"""A healthy replica streams within tenths of a second of its start."""

# Without a receiver that streams (PostgreSQL, pg_stat_wal_receiver) nothing says how far behind the source it is: all
# that came may well be replayed while the source is dead.
LAG = """
SELECT CASE WHEN NOT EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming') THEN NULL
            WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
            ELSE extract(epoch FROM now() - pg_last_xact_replay_timestamp()) END::float8
"""


def slot(name: str) -> str:
    """The replication slot of a replica (lower case, digits and underscores only)."""
    return "replica_" + re.sub(r"[^a-z0-9_]", "_", name.lower())


def start(
    replica: PostgresServer, source: PostgresServer, parameters: Iterable[GroupParameter], password: str
) -> tuple[bool, Config]:
    """Bring the replica up and see it stream. Returns whether anything had to be done."""
    parameters = list(parameters)
    fresh = not (_follows(replica, source) and _has_slot(source, replica.name))
    if fresh:
        copy(replica, source, password)
    changed, config = replica.start(parameters)
    if _streaming(source, replica.name):
        return changed or fresh, config
    if fresh:
        raise CloudError(f"replica {replica.name} does not stream from {source.name}: {replica.reason()}")
    # its slot, timeline or WAL is gone, or the source is another cluster now
    copy(replica, source, password)
    _, config = replica.start(parameters)
    if not _streaming(source, replica.name):
        raise CloudError(f"replica {replica.name} does not stream from {source.name}: {replica.reason()}")
    return True, config


def copy(replica: PostgresServer, source: PostgresServer, password: str) -> None:
    """pg_basebackup into an empty folder, with a slot of its own that keeps the WAL it still needs."""
    replica.stop()
    drop_slot(source, replica.name)
    with source.connect() as connection:
        # reserved before the copy begins (--create-slot does it after the checkpoint): another replica's copy makes
        # checkpoints too, and one in between would remove the WAL that this one starts from
        connection.execute("SELECT pg_create_physical_replication_slot(%s, true)", (slot(replica.name),))
    fresh = replica.scratch()
    base_backup(fresh, source, password, "--wal-method=stream", f"--slot={slot(replica.name)}", "--write-recovery-conf")
    shutil.rmtree(replica.data, ignore_errors=True)
    fresh.rename(replica.data)


def base_backup(target: Path, source: PostgresServer, password: str, *options: str) -> Path:
    """pg_basebackup of a running server into an empty folder, or one that is not there; returns the folder."""
    source.tool(
        "pg_basebackup",
        f"--pgdata={target}",
        "--host=127.0.0.1",
        f"--port={source.port}",
        f"--username={REPLICATION}",
        "--checkpoint=fast",
        "--no-sync",
        # a copy that turns out wrong is made again: no need to sum up what loopback carried
        "--no-manifest",
        "--no-verify-checksums",
        *options,
        secrets={"PGPASSWORD": password, "PGSSLMODE": "disable", "PGGSSENCMODE": "disable"},
    )
    return target


def drop_slot(source: PostgresServer, name: str) -> None:
    with source.connect() as connection:
        connection.execute(
            "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = %s AND active",
            (slot(name),),
        )
        connection.execute(
            "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = %s", (slot(name),)
        )


def streams(source: PostgresServer, name: str) -> bool:
    with source.connect() as connection:
        row = connection.execute(
            "SELECT active FROM pg_replication_slots WHERE slot_name = %s", (slot(name),)
        ).fetchone()
    return bool(row and row[0])


def lag_seconds(replica: PostgresServer) -> float | None:
    """Replay lag in seconds; None when the replica does not answer or does not stream."""
    try:
        with replica.connect(seconds=2) as connection:
            row = connection.execute(LAG).fetchone()
    except psycopg.Error:
        return None
    return float(str(row[0])) if row and row[0] is not None else None


def _follows(replica: PostgresServer, source: PostgresServer) -> bool:
    """Whether it is a standby whose connection, as pg_basebackup wrote it, leads to the source's present port."""
    try:
        written = (replica.data / "postgresql.auto.conf").read_text()
    except OSError:
        return False
    return (replica.data / "standby.signal").exists() and f"port={source.port} " in written


def _has_slot(source: PostgresServer, name: str) -> bool:
    with source.connect() as connection:
        row = connection.execute(
            "SELECT wal_status IS DISTINCT FROM 'lost' FROM pg_replication_slots WHERE slot_name = %s", (slot(name),)
        ).fetchone()
    return bool(row and row[0])


def _streaming(source: PostgresServer, name: str) -> bool:
    deadline = time.monotonic() + ATTACH_SECONDS
    while not streams(source, name):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
