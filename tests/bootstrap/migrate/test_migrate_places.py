"""Where migrations are not run, or not as before: through a pooler, on a replica, on one that was promoted."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from migrate_server import Database, Server, tables, write
from pooler import pgbouncer
from postgres_server import binaries, run_tool, running

from bootstrap.migrate import LedgerError, MigrationRunner, PostgresLedger, ServerError, Source, StoppedError, Version
from bootstrap.migrate.place import refusal

INSTANCE = "lab-prod-primary.cabcdefghijk.eu-west-1.rds.amazonaws.com"


@pytest.mark.parametrize(
    ("host", "announced", "actual", "standby", "says"),
    [
        (INSTANCE, 42, 42, False, None),
        ("127.0.0.1", 42, 42, False, None),
        ("db.proxy-lab.example", 42, 42, False, None),
        (INSTANCE, 42, 42, True, "this server is a replica, which takes no writes; connect to the primary"),
        ("127.0.0.1", 1093281, 42, False, "a connection pooler stands between .* connect to the server itself"),
        ("127.0.0.1", 0, 42, True, "a connection pooler stands between"),
        ("lab.proxy-cabcdefghijk.eu-west-1.rds.amazonaws.com", 42, 42, False, "is an RDS Proxy: .* instance's own"),
        ("ro.endpoint.proxy-cabc.eu-west-1.rds.amazonaws.com", 7, 42, False, "is an RDS Proxy"),
        ("lab.proxy-cabc.cn-north-1.rds.amazonaws.com.cn", 7, 42, False, "is an RDS Proxy"),
    ],
)
def test_refusal(host: str, announced: int, actual: int, standby: bool, says: str | None) -> None:
    error = refusal(host, announced, actual, standby=standby)
    if says is None:
        assert error is None
    else:
        with pytest.raises(ServerError, match=says):
            raise error or AssertionError("not refused")


def _ours(connection: psycopg.Connection[Any], folder: Path, **options: Any) -> MigrationRunner:
    return MigrationRunner(Source.load(folder), PostgresLedger(connection), role="lab_owner", **options)


def _connect(port: int, database: str) -> psycopg.Connection[Any]:
    for _ in range(100):
        try:
            return psycopg.connect(
                host="127.0.0.1", port=port, dbname=database, user="lab_migrator", autocommit=True, sslmode="disable"
            )
        except psycopg.OperationalError:
            time.sleep(0.05)
    raise AssertionError("pgbouncer does not answer")


@pytest.mark.server
@pytest.mark.parametrize("mode", ["transaction", "session"])
def test_a_pooler_is_refused(server: Server, database: Database, tmp_path: Path, mode: str) -> None:
    """Session mode as well: from here it cannot be told from the other."""
    folder = write(tmp_path, **tables(1))
    every, user = f"* = host=127.0.0.1 port={server.port}", '"lab_migrator" ""'
    with (
        pgbouncer(every, user, "auth_type = trust", f"pool_mode = {mode}") as port,
        _connect(port, database.name) as pooled,
    ):
        runner = _ours(pooled, folder)
        assert runner.version() == Version(None, False), "reading harms nobody"
        for refused in (runner.up, lambda: runner.down(None), lambda: runner.goto(1), lambda: runner.force(1)):
            with pytest.raises(ServerError, match="a connection pooler stands between this program and PostgreSQL"):
                refused()
    with database.connect() as straight:
        held = straight.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'").fetchone()
        assert held == (0,), "no lock is left in the pool"
        assert [a.version for a in _ours(straight, folder).up()] == [1]


@contextmanager
def replica_of(server: Server) -> Iterator[Server]:
    programs = binaries()[server.major]
    with tempfile.TemporaryDirectory(prefix="datatier-replica-", dir="/tmp") as name:
        folder = Path(name)
        source = f"host=127.0.0.1 port={server.port} user=postgres application_name=r1"
        run_tool(
            folder, [programs / "pg_basebackup", "-D", folder / "data", "-R", "-c", "fast", "--no-sync", "-d", source]
        )
        with running(programs, folder / "data", ["max_connections=30"]) as port:
            yield Server(port, server.major)


@pytest.mark.server
def test_a_replica_follows_lags_and_is_promoted(server: Server, database: Database, tmp_path: Path) -> None:
    folder = write(tmp_path, **tables(1))
    with database.connect() as primary, replica_of(server) as copy:
        with pytest.raises(LedgerError, match="may not see how far the replicas are; GRANT pg_read_all_stats to it"):
            _ours(primary, folder, max_replica_lag=5).up()
        with server.connect(database.name, "postgres") as admin:
            admin.execute("GRANT pg_read_all_stats TO lab_migrator")
        assert [a.version for a in _ours(primary, folder, max_replica_lag=20).up()] == [1]

        with copy.connect(database.name, "postgres") as admin:
            admin.execute("SELECT pg_wal_replay_pause()")
            with server.connect(database.name, "postgres") as writer:
                writer.execute("CREATE TABLE noise ()")
            write(folder, **tables(2))
            message = r"stopped before 000002_t2\.up\.sql, 0 of 1 .*: r1 at 127\.0\.0\.1 is more than 0\.2 s behind"
            with pytest.raises(StoppedError, match=message):
                _ours(primary, folder, max_replica_lag=0.2).up()
            assert _ours(primary, folder).version() == Version(1, False)
            admin.execute("SELECT pg_wal_replay_resume()")
            assert [a.version for a in _ours(primary, folder, max_replica_lag=20).up()] == [2]
            _caught_up(primary, admin)
        with server.connect(database.name, "postgres") as admin:
            admin.execute("REVOKE pg_read_all_stats FROM lab_migrator")

        write(folder, **tables(3))
        with copy.connect(database.name) as replica:
            runner = _ours(replica, folder)
            assert runner.version() == Version(2, False)
            assert [s.migration.version for s in runner.plan_up()] == [3]
            for refused in (runner.up, lambda: runner.force(1)):
                with pytest.raises(ServerError, match="this server is a replica, which takes no writes; connect to"):
                    refused()
            with copy.connect(database.name, "postgres") as admin:
                assert admin.execute("SELECT pg_promote()").fetchone() == (True,)
            assert [a.version for a in runner.up()] == [3]
            (note,) = runner.notes
            assert note.startswith("this server was promoted from a replica")
            assert "since version 2 was applied: timeline 1 then, 2 now" in note
            write(folder, **tables(4))
            later = _ours(replica, folder)
            assert [a.version for a in later.up()] == [4]
            assert later.notes == [], "said once"


def _caught_up(primary: psycopg.Connection[Any], replica: psycopg.Connection[Any]) -> None:
    (lsn,) = primary.execute("SELECT pg_current_wal_flush_lsn()::text").fetchone() or ("",)
    for _ in range(200):
        if replica.execute("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", (lsn,)).fetchone() == (True,):
            return
        time.sleep(0.05)
    raise AssertionError("the replica does not follow")
