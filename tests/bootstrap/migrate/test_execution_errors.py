"""Every way in which a file fails on a server, up and down: file, line and PostgreSQL's reason, which history keeps."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from migrate_server import Database, new_database
from psycopg.sql import SQL

from bootstrap.migrate import DirtyError, FileError, MigrationRunner, PostgresLedger, Source

pytestmark = pytest.mark.server
Connection = psycopg.Connection[Any]
# Nothing of the tool's own may be in a message: not its tables, nor its settings.
OURS = re.compile(r"schema_migrations|datatier_migrations|RESET|search_path|standard_conforming|psycopg|unexpected")

# SQL, line, sqlstate, what PostgreSQL says, whether nothing of the file remains.
FAILING = [
    ("CREATE TABLE a (id bigint);\nCREATE TALBE b ();", 2, "42601", 'syntax error at or near "TALBE"', True),
    ("SELECT 1;\n\nSELECT 1/0;", 3, "22012", "division by zero", True),
    ("BEGIN;\nCREATE TABLE a (id bigint);\nSELECT 1/0;\nCOMMIT;", 3, "22012", "division by zero", True),
    ("BEGIN;\nCREATE TABLE a ();\nCOMMIT;\nBEGIN;\nSELECT 1/0;\nCOMMIT;", 5, "22012", "division by zero", False),
    ("CREATE TABLE a ();\nCOMMIT;\nSELECT 1/0;", 3, "22012", "division by zero", False),
    ("CREATE TABLE a ();\nROLLBACK;\nSELECT 1/0;", 3, "22012", "division by zero", False),
    ("BEGIN;\nSAVEPOINT s;\nSELECT nope;\nROLLBACK TO s;\nCOMMIT;", 3, "42703", 'column "nope" does not exist', True),
    ("SELECT 1;\nROLLBACK TO s;", 2, "3B001", 'savepoint "s" does not exist', True),
    ("SELECT 1;\nSET TRANSACTION ISOLATION LEVEL SERIALIZABLE;", 2, "25001", "must be called before any query", True),
    ("SET TRANSACTION READ ONLY;\nCREATE TABLE a ();", 2, "25006", "in a read-only transaction", True),
    ("ALTER TABLE busy\n ADD a int;", 1, "55P03", "canceling statement due to lock timeout", True),
    ("SELECT 1;\nSELECT pg_sleep(9);", 2, "57014", "canceling statement due to statement timeout", True),
    ("DO $$ BEGIN\n RAISE 'no way' USING ERRCODE = '40P01'; END $$;", 1, "40P01", "no way", True),
    ("DO $$ BEGIN\n RAISE SQLSTATE '40001'; END $$;", 1, "40001", "40001", True),
    ("DO $$ BEGIN\n PERFORM 1/0; END $$;", 1, "22012", "division by zero", True),
    ("DO $$ BEGIN\n CREATE TABLE a (); COMMIT; PERFORM 1/0; END $$;", 1, "22012", "division by zero", False),
    ("CALL nobody();", 1, "42883", "procedure nobody() does not exist", True),
    (
        "CREATE TABLE a (b int UNIQUE DEFERRABLE INITIALLY DEFERRED);\nINSERT INTO a VALUES (1), (1);",
        2,
        "23505",
        "dup",
        True,
    ),
    (
        "BEGIN;\nCREATE TABLE a (b int UNIQUE DEFERRABLE INITIALLY DEFERRED);\nINSERT INTO a VALUES (1), (1);\nCOMMIT;",
        4,
        "23505",
        "duplicate key value",
        True,
    ),
    ("CREATE TABLE a (b int);\nINSERT INTO a VALUES ('x');", 2, "22P02", "invalid input syntax", True),
    ("SELECT 1;\nDROP TABLE pg_class;", 2, "42501", "must be owner of table pg_class", True),
    ("CREATE INDEX CONCURRENTLY i ON busy_not (x);", 1, "42P01", 'relation "busy_not" does not exist', False),
    ("SET ROLE nobody_at_all;", 1, "22023", 'role "nobody_at_all" does not exist', True),
    ("BEGIN; SET LOCAL ROLE NONE; SELECT 1;\nSELECT 1/0; COMMIT;", 2, "22012", "division by zero", True),
    ("RESET ROLE; COMMIT;\nSELECT 1/0;", 2, "22012", "division by zero", False),
]


@pytest.fixture(scope="module")
def place(server: Any) -> Iterator[Database]:
    with new_database(server) as made, made.connect() as other:
        other.execute("SET ROLE lab_owner; CREATE TABLE busy ()")
        other.execute("BEGIN; LOCK TABLE busy IN ACCESS SHARE MODE")
        yield made


def _history(connection: Connection) -> str:
    connection.execute("SET ROLE lab_owner")
    row = connection.execute("SELECT error FROM datatier_migrations ORDER BY id DESC LIMIT 1").fetchone()
    connection.execute("RESET ROLE")
    assert row
    return str(row[0])


@pytest.mark.parametrize("direction", ["up", "down"])
@pytest.mark.parametrize(("sql", "line", "state", "says", "undone"), FAILING, ids=[each[0][:40] for each in FAILING])
def test_a_failure_says_file_line_and_reason(
    place: Database, tmp_path: Path, sql: str, line: int, state: str, says: str, undone: bool, direction: str
) -> None:
    good, bad = "SELECT 'fine';", sql
    (tmp_path / "20260301120000_shop.up.sql").write_text(bad if direction == "up" else good)
    (tmp_path / "20260301120000_shop.down.sql").write_text(bad if direction == "down" else good)
    with place.connect() as connection:
        runner = _runner(connection, tmp_path)
        try:
            if direction == "down":
                runner.up()
            with pytest.raises(FileError) as failed:
                _runner(connection, tmp_path).up() if direction == "up" else _runner(connection, tmp_path).down(1)
            error = failed.value
            assert f"{tmp_path}/20260301120000_shop.{direction}.sql:{line}:" in str(error)
            assert (error.sqlstate, error.undone) == (state, undone)
            assert says in error.what
            assert not OURS.search(error.what)
            assert ("part of it may remain" in error.fix) is not undone
            passing = state.startswith(("40", "55P03")) and not sql.startswith("BEGIN")
            if passing:
                assert "runs it again" in error.fix
            else:
                assert f"line {line}: " in _history(connection)
                with pytest.raises(DirtyError, match=re.escape(says)):
                    _runner(connection, tmp_path).up()
        finally:
            _clean(place)


def _runner(connection: Connection, folder: Path) -> MigrationRunner:
    ledger = PostgresLedger(connection)
    return MigrationRunner(Source.load(folder), ledger, role="lab_owner", lock_timeout=0.1, statement_timeout=0.4)


def _clean(place: Database) -> None:
    with place.connect() as connection:
        connection.execute("SET ROLE lab_owner")
        for table in ("a", "schema_migrations", "datatier_migrations"):
            connection.execute(SQL("DROP TABLE IF EXISTS {}").format(SQL(table)))


@pytest.mark.parametrize(
    "sql",
    [
        "SET TRANSACTION READ ONLY;\nSELECT 1;",
        "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE;\nCREATE TABLE a ();",
        "BEGIN;\nCREATE TABLE a ();\nROLLBACK;",
        "BEGIN;\nSAVEPOINT s;\nCREATE TABLE a ();\nROLLBACK TO s;\nCOMMIT;",
        "SET client_encoding = 'LATIN1'; CREATE TABLE a (); COMMENT ON TABLE a IS 'größe'",
        "DO $$ BEGIN CREATE TABLE a (); COMMIT; END $$;",
        "CREATE TABLE a (b int UNIQUE DEFERRABLE INITIALLY DEFERRED);\nINSERT INTO a VALUES (1), (2);\n"
        "UPDATE a SET b = 3 - b;",
        "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY;",
    ],
)
def test_what_golang_migrate_applies_is_applied(place: Database, tmp_path: Path, sql: str) -> None:
    (tmp_path / "7_shop.up.sql").write_text(sql)
    (tmp_path / "8_next.up.sql").write_text("CREATE TABLE b (); DROP TABLE b;")
    with place.connect() as connection:
        try:
            assert [each.version for each in _runner(connection, tmp_path).up()] == [7, 8]
            assert _history(connection) == ""
        finally:
            _clean(place)


def test_a_lost_connection_says_so(place: Database, tmp_path: Path) -> None:
    (tmp_path / "7_shop.up.sql").write_text("RESET ROLE;\n SELECT pg_terminate_backend(pg_backend_pid());")
    with (
        place.connect() as connection,
        pytest.raises(FileError, match=r"7_shop\.up\.sql:2:2: .*terminating connection"),
    ):
        _runner(connection, tmp_path).up()
    _clean(place)
