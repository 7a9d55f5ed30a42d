"""What of the runbooks is SQL is there for a reason, and runs with the rights of the identity that is named."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from pages import NAME, Command, commands
from real_servers import Postgres, postgres, postgres_binaries

from knowledge.names import plain

DATABASE = plain(NAME)

# Statement that only reads -> why no command of datatier asks it.
READ = {
    "SELECT oid::regclass AS relation, relkind, pg_relation_filepath(oid)": "whose a file is that the log names",
    "SELECT id, kind, version, before, at, who, tool FROM datatier_migrations": "only the migrator may read it",
}
ACTS = re.compile(r"REINDEX|VACUUM|ANALYZE|DROP INDEX|SELECT pg_drop_replication_slot|SET ROLE|DROP DATABASE")
VALUES = {"<table>": "public.documents", "<index>": "public.documents_title", "<copy>": f"{DATABASE}_restored"}
ROLES = f"""
    GRANT rds_superuser TO {DATABASE}_admin;
    GRANT {DATABASE}_owner TO {DATABASE}_migrator;
    GRANT CREATE ON SCHEMA public TO {DATABASE}_owner;
"""
OBJECTS = f"""
    SET SESSION AUTHORIZATION {DATABASE}_owner;
    CREATE TABLE IF NOT EXISTS documents (id bigint PRIMARY KEY, title text);
    CREATE INDEX IF NOT EXISTS documents_title ON documents (title);
    CREATE TABLE IF NOT EXISTS datatier_migrations
        (id bigint, kind text, version bigint, before bigint, who text, at timestamptz, tool text);
    RESET SESSION AUTHORIZATION;
"""


SENT = [command for command in commands() if command.sql]


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    """The oldest version: none of these statements has changed since."""
    major, binaries = min(postgres_binaries().items(), key=lambda each: int(each[0]))
    folder = Path(tempfile.mkdtemp(prefix="runbooks-"))
    try:
        with postgres(binaries, folder, int(major)) as running:
            with running.superuser() as conn:
                for name in (f"{DATABASE}_admin", f"{DATABASE}_migrator", f"{DATABASE}_owner"):
                    conn.execute(f"CREATE ROLE {name}".encode())
                conn.execute(ROLES.encode())
            yield running
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_a_question_is_a_command_and_not_a_statement() -> None:
    said = [" ".join(sql.split()) for command in SENT for sql in command.sql]
    assert [sql for sql in said if not ACTS.match(sql) and not sql.startswith(tuple(READ))] == []
    assert all(any(sql.startswith(start) for sql in said) for start in READ), "a reason without its statement"


def test_nobody_asks_a_cache_by_its_own_commands() -> None:
    assert [command for command in commands() if command.words[1:2] == ("redis-cli",)] == []


@pytest.mark.server
@pytest.mark.parametrize("command", SENT, ids=str)
def test_it_runs(server: Postgres, command: Command) -> None:
    with server.superuser() as conn:
        conn.execute(OBJECTS.encode())
        if any("<copy>" in sql for sql in command.sql):
            conn.execute(f"CREATE DATABASE {DATABASE}_restored OWNER {DATABASE}_admin".encode())
        who = command.words[2]
        conn.execute(f"SET SESSION AUTHORIZATION {f'{DATABASE}_admin' if who == 'master' else who}".encode())
        for sql in command.sql:
            conn.execute(_safe(sql.strip()).encode())


def _safe(sql: str) -> str:
    for placeholder, value in VALUES.items():
        sql = sql.replace(placeholder, value)
    # There is no slot to drop.
    return f"EXPLAIN {sql}" if "pg_drop_replication_slot" in sql else sql
