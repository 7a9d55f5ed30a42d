"""The SQL of the runbooks runs on every PostgreSQL of this computer, with the rights of the identity that is named."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from pages import Command, commands
from real_servers import Postgres, postgres, postgres_binaries

pytestmark = pytest.mark.server

# Acts, or needs a library loaded at the start of the server: planned, not run.
PLANNED = re.compile(r"pg_(terminate|cancel)_backend|pg_drop_replication_slot|pg_stat_statements|<")
VALUES = {
    "<pid>": "0",
    "<table>": "public.documents",
    "<index>": "public.documents_title",
    "<version>": "8",
    "<statement>": "SELECT * FROM public.documents",
}
ROLES = """
    GRANT rds_superuser TO tmi_admin;
    GRANT pg_monitor TO tmi_monitoring;
    GRANT tmi_owner TO tmi_migrator;
    GRANT CREATE ON SCHEMA public TO tmi_owner;
"""
OBJECTS = """
    SET SESSION AUTHORIZATION tmi_owner;
    CREATE TABLE IF NOT EXISTS documents (id bigint PRIMARY KEY, title text);
    CREATE INDEX IF NOT EXISTS documents_title ON documents (title);
    CREATE TABLE IF NOT EXISTS schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL);
    CREATE TABLE IF NOT EXISTS datatier_migrations
        (id bigint, kind text, version bigint, before bigint, who text, at timestamptz, tool text);
    GRANT SELECT ON documents TO tmi_app;
    RESET SESSION AUTHORIZATION;
"""


@pytest.fixture(scope="module", params=postgres_binaries())
def server(request: pytest.FixtureRequest) -> Iterator[Postgres]:
    folder = Path(tempfile.mkdtemp(prefix="runbooks-"))
    try:
        with postgres(postgres_binaries()[request.param], folder, int(request.param)) as running:
            with running.superuser() as conn:
                for name in ("tmi_admin", "tmi_app", "tmi_monitoring", "tmi_migrator", "tmi_owner"):
                    conn.execute(f"CREATE ROLE {name}".encode())
                conn.execute(ROLES.encode())
                if _shipped(conn):
                    conn.execute("CREATE EXTENSION pg_stat_statements")
            yield running
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _shipped(conn: psycopg.Connection) -> bool:
    query = "SELECT 1 FROM pg_available_extensions WHERE name = 'pg_stat_statements'"
    return conn.execute(query).fetchone() is not None


@pytest.mark.parametrize("command", [command for command in commands() if command.sql], ids=str)
def test_it_runs(server: Postgres, command: Command) -> None:
    with server.superuser() as conn:
        if "pg_stat_statements" in " ".join(command.sql) and not _shipped(conn):
            pytest.skip("this build of PostgreSQL has no pg_stat_statements")
        conn.execute(OBJECTS.encode())
        who = command.words[2]
        conn.execute(f"SET SESSION AUTHORIZATION {'tmi_admin' if who == 'master' else who}".encode())
        for sql in command.sql:
            conn.execute(_safe(sql.strip(), replica="--replica" in command.words).encode())


def _safe(sql: str, *, replica: bool) -> str:
    planned = sql.startswith("SELECT") and (replica or PLANNED.search(sql))
    for placeholder, value in VALUES.items():
        sql = sql.replace(placeholder, value)
    return f"EXPLAIN {sql}" if planned else sql
