"""What an upgrade asks a database, on real servers: each query finds what is wrong, and its statements mend it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from postgres_server import binaries, initdb, running

from upgrade import queries
from upgrade.check import Asked
from upgrade.run.database import Database
from upgrade.run.errors import DatabaseError

pytestmark = pytest.mark.server
MAJORS = sorted({max(binaries(), default=18), min(binaries(), default=18)})
SETTINGS = ("wal_level=logical", "max_prepared_transactions=2", "fsync=off")


class Here(Database):
    """The database, as its superuser."""

    def __init__(self, port: int) -> None:
        super().__init__(None, "", Path())
        self.port = port

    def _open(self) -> psycopg.Connection[Any]:
        return psycopg.connect(f"host=127.0.0.1 port={self.port} user=boss dbname=books", autocommit=True)

    def finds(self, check: Asked) -> list[str | None]:
        return [row[0] for row in self.ask(check.statement)]


@contextmanager
def _server(major: int) -> Iterator[int]:
    with tempfile.TemporaryDirectory(prefix="dt-upgrade-", ignore_cleanup_errors=True) as made:
        folder = Path(made)
        folder.chmod(0o755)
        initdb(binaries()[major], folder / "data", "boss")
        with running(binaries()[major], folder / "data", SETTINGS) as port:
            with psycopg.connect(f"host=127.0.0.1 port={port} user=boss dbname=postgres", autocommit=True) as conn:
                conn.execute("CREATE ROLE librarian")
                conn.execute("CREATE ROLE visitor")
                conn.execute("CREATE DATABASE books OWNER librarian")
            yield port


@pytest.fixture(scope="module", params=MAJORS)
def database(request: pytest.FixtureRequest) -> Iterator[Here]:
    if request.param not in binaries():
        pytest.skip("no PostgreSQL is here")
    with _server(request.param) as port:
        made = Here(port)
        yield made
        made.close()


def test_what_pg_upgrade_refuses_is_found(database: Here) -> None:
    for check in (queries.PREPARED, queries.BROKEN, queries.REG):
        assert database.finds(check) == []
    database.execute(
        "CREATE SCHEMA a; CREATE TABLE a.t (id int PRIMARY KEY, f regproc, list regproc[], ok regclass, also regrole);"
        'CREATE TABLE a."No Key" (x int); CREATE UNLOGGED TABLE a.u (x int);'
        "CREATE TABLE a.whole (x int); ALTER TABLE a.whole REPLICA IDENTITY FULL",
        "boss",
    )
    database.execute("BEGIN; INSERT INTO a.t VALUES (1); PREPARE TRANSACTION 'tx-1'", None)
    database.execute("CREATE DATABASE broken", None)
    database.execute("UPDATE pg_database SET datconnlimit = -2 WHERE datname = 'broken'", None)
    try:
        assert database.finds(queries.PREPARED) == ["tx-1"]
        assert database.finds(queries.BROKEN) == ["broken"]
        assert database.finds(queries.REG) == ["a.t.f", "a.t.list"]
        assert database.finds(queries.NO_KEY) == ['a."No Key"']
    finally:
        database.execute("ROLLBACK PREPARED 'tx-1'", None)
        database.execute("UPDATE pg_database SET datconnlimit = -1 WHERE datname = 'broken'", None)
        database.execute("DROP DATABASE broken", None)
        database.execute("DROP SCHEMA a CASCADE", None)


def test_logical_slots_are_dropped_and_made_again_as_they_were(database: Here) -> None:
    assert database.finds(queries.LOGICAL) == []
    database.execute("SELECT pg_create_logical_replication_slot('etl_1', 'pgoutput')", None)
    database.execute("SELECT pg_create_logical_replication_slot('cdc', 'test_decoding', false, true)", None)
    before = database.ask("SELECT slot_name, plugin, two_phase FROM pg_replication_slots ORDER BY 1")
    rows = database.ask(queries.DROP_SLOTS)
    assert (database.finds(queries.NO_SLOTS), database.finds(queries.USED_SLOTS)) == (["cdc", "etl_1"], [])
    for role, drop, _ in rows:
        database.execute(str(drop), role)
    assert database.finds(queries.NO_SLOTS) == []
    assert database.ask(queries.DROP_SLOTS) == []
    for _ in range(2):  # the second time finds that there is nothing to do
        for _, _, again in rows:
            database.execute(str(again), None)
    assert database.ask("SELECT slot_name, plugin, two_phase FROM pg_replication_slots ORDER BY 1") == before
    for _, drop, _ in rows:
        database.execute(str(drop), None)


def test_tables_without_statistics_are_analyzed_by_their_owners(database: Here) -> None:
    database.execute(
        'CREATE SCHEMA s; CREATE TABLE s."Of Books" AS SELECT generate_series(1, 500) id; CREATE TABLE s.none (id int)',
        "librarian",
    )
    database.execute("CREATE TABLE s.bosses AS SELECT 1 id; GRANT USAGE ON SCHEMA s TO visitor", None)
    assert database.finds(queries.UNKNOWN) == ['s."Of Books"', "s.bosses"]
    rows = database.ask(queries.ANALYZE)
    assert sorted(rows) == [("boss", "ANALYZE s.bosses"), ("librarian", 'ANALYZE s."Of Books"')]
    # As somebody else it only warns, which is an error here.
    with pytest.raises(DatabaseError, match=r"^ANALYZE s\.bosses: .*skipping"):
        database.execute("ANALYZE s.bosses", "visitor")
    for role, statement in rows:
        database.execute(str(statement), role)
    database.ask("SELECT pg_stat_force_next_flush()")
    assert database.finds(queries.UNKNOWN) == []
    database.execute("DROP SCHEMA s CASCADE", None)


def test_each_outdated_extension_has_its_own_statement(database: Here) -> None:
    """Of those that are here, pgstattuple is the one with older versions."""
    assert database.finds(queries.OUTDATED) == []
    try:
        database.execute("CREATE EXTENSION pgstattuple VERSION '1.4'", None)
    except DatabaseError:
        pytest.skip("this server has no contrib")
    [outdated] = database.finds(queries.OUTDATED)
    assert str(outdated).startswith("pgstattuple 1.4, not 1.5")
    assert database.ask(queries.UPDATE_EXTENSIONS) == [(None, "ALTER EXTENSION pgstattuple UPDATE")]
    database.execute("ALTER EXTENSION pgstattuple UPDATE", None)
    assert database.finds(queries.OUTDATED) == []
    database.execute("DROP EXTENSION pgstattuple", None)


def test_long_transactions_and_lag_are_asked_for(database: Here) -> None:
    assert (database.finds(queries.LONG), database.finds(queries.BEHIND)) == ([], [])


def test_a_server_that_restarts_is_asked_again(database: Here) -> None:
    """The session is gone, and the next question opens another."""
    with psycopg.connect(f"host=127.0.0.1 port={database.port} user=boss dbname=books", autocommit=True) as other:
        pid = database.ask("SELECT pg_backend_pid()")[0][0]
        other.execute("SELECT pg_terminate_backend(%s)", (pid,))
    with pytest.raises(DatabaseError) as caught:
        database.ask("SELECT 1")
    assert caught.value.passing
    assert database.ask("SELECT 1") == [("1",)]
