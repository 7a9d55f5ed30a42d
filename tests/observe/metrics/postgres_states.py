"""A PostgreSQL server in every state that changes what postgres_exporter tells, and the names of what is told of it."""

from __future__ import annotations

import re
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread

import psycopg
from real_servers import SUPERUSER_PASSWORD, Postgres

DATABASE, LOGIN, PASSWORD = "warehouse", "gauge_reader", "gauge-reader-of-a-test"
PLAIN = "gauge_plain"
"""A login without any right."""
EXTRA = ("stat_checkpointer", "database_wraparound", "long_running_transactions")
"""Collectors that are off by default and need nothing of the server."""
Name = tuple[str, str, str, str]
"""Family, type, names of its labels in alphabetical order, help."""


def url(server: Postgres, login: str = LOGIN) -> str:
    return f"postgresql://{login}:{PASSWORD}@127.0.0.1:{server.port}/{DATABASE}?sslmode=disable"


def prepare(server: Postgres, logins: dict[str, str]) -> None:
    """A database with a table, one that nobody may connect to, and logins with a role each (`` for none)."""
    with server.superuser() as conn:
        for login, role in logins.items():
            conn.execute(f"CREATE ROLE {login} LOGIN PASSWORD '{PASSWORD}'")
            if role:
                conn.execute(f"GRANT {role} TO {login}")
        conn.execute(f"CREATE DATABASE {DATABASE}")
        conn.execute("CREATE DATABASE closed")
        conn.execute("REVOKE CONNECT ON DATABASE closed FROM PUBLIC")
    with server.superuser(DATABASE) as conn:
        conn.execute("CREATE TABLE lines (id bigserial PRIMARY KEY, article text)")
        conn.execute("INSERT INTO lines (article) SELECT repeat('x', 500) FROM generate_series(1, 4000)")


@contextmanager
def busy(server: Postgres) -> Iterator[None]:
    """A replica's slot that is in use and limited, and a vacuum on its way."""
    with server.superuser(DATABASE) as conn:
        conn.execute("ALTER SYSTEM SET max_slot_wal_keep_size = '64MB'")
        conn.execute("SELECT pg_reload_conf(), pg_create_physical_replication_slot('follower', true)")
        with _sender(server), _vacuum(server, conn):
            _until(conn, "SELECT replay_lsn IS NOT NULL FROM pg_stat_replication")
            yield
        _until(conn, "SELECT NOT active FROM pg_replication_slots")
        conn.execute("SELECT pg_drop_replication_slot('follower')")


@contextmanager
def _sender(server: Postgres) -> Iterator[None]:
    conninfo = f"host=127.0.0.1 port={server.port} user=rdsadmin password={SUPERUSER_PASSWORD} replication=true"
    with psycopg.connect(conninfo, autocommit=True) as conn:
        at = conn.pgconn.exec_(b"IDENTIFY_SYSTEM").get_value(0, 2) or b""
        conn.pgconn.exec_(b"START_REPLICATION SLOT follower PHYSICAL " + at)
        # A standby status update: written, flushed and applied (PostgreSQL, Streaming Replication Protocol).
        high, low = (int(half, 16) for half in at.split(b"/"))
        conn.pgconn.put_copy_data(struct.pack("!cQQQqb", b"r", *[high << 32 | low] * 3, 0, 0))
        conn.pgconn.flush()
        yield
        conn.pgconn.finish()


@contextmanager
def _vacuum(server: Postgres, watch: psycopg.Connection) -> Iterator[None]:
    with server.superuser(DATABASE) as conn:
        conn.execute("SET vacuum_cost_delay = '100ms'; SET vacuum_cost_limit = 1")

        def vacuum() -> None:
            with suppress(psycopg.errors.QueryCanceled):
                conn.execute("VACUUM (DISABLE_PAGE_SKIPPING) lines")

        thread = Thread(target=vacuum)
        thread.start()
        try:
            _until(watch, "SELECT count(*) = 1 FROM pg_stat_progress_vacuum")
            yield
        finally:
            conn.cancel()
            thread.join()


def _until(conn: psycopg.Connection, question: str) -> None:
    until = time.monotonic() + 20
    while True:
        row = conn.execute(question).fetchone()
        if row and row[0]:
            return
        assert time.monotonic() < until, question
        time.sleep(0.02)


def names(text: str) -> set[Name]:
    """The names in an exposition, without what an exporter tells of its own process and program."""
    heads: dict[str, dict[str, str]] = {}
    labels: dict[str, str] = {}
    for line in text.splitlines():
        if head := re.fullmatch(r"# (HELP|TYPE) (\w+) (.*)", line):
            heads.setdefault(head[2], {})[head[1]] = head[3]
        else:
            sample = re.fullmatch(r"(\w+)(?:\{(.*)\})? \S+", line)
            assert sample, line
            labels[sample[1]] = ",".join(sorted(re.findall(r'(\w+)="', sample[2] or "")))
    return {
        (name, head["TYPE"], labels[name], head["HELP"])
        for name, head in heads.items()
        if not name.startswith(("go_", "process_", "promhttp_", "postgres_exporter_", "datatier_"))
    }
