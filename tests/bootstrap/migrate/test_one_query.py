"""A file that is one transaction is one query, which shows neither in what it may hold nor in what PostgreSQL says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from migrate_server import Database, new_database

from bootstrap.migrate import DirtyError, FileError, MigrationRunner, PostgresLedger, Source, Version, send

pytestmark = pytest.mark.server
Connection = psycopg.Connection[Any]


@pytest.fixture(scope="module")
def place(server: Any) -> Iterator[Database]:
    with new_database(server) as made:
        yield made


@pytest.fixture
def connection(place: Database) -> Iterator[Connection]:
    with place.connect() as made:
        yield made
        made.execute("SET ROLE lab_owner; DROP TABLE IF EXISTS schema_migrations, datatier_migrations, a, b")


def runner(connection: Connection, folder: Path) -> MigrationRunner:
    return MigrationRunner(Source.load(folder), PostgresLedger(connection), role="lab_owner")


def test_each_file_takes_one_query(connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for n, sql in enumerate(("CREATE TABLE a ();", "DROP TABLE a;", "SELECT 1; SELECT 2", ""), 1):
        (tmp_path / f"{n}_shop.up.sql").write_text(sql)
    sent: list[bytes] = []
    answered, execute = send._answered, PostgresLedger._execute

    def query(given: Connection, text: bytes) -> Any:
        sent.append(text)
        return answered(given, text)

    def books(ledger: PostgresLedger, statements: Any) -> Any:
        sent.append(b"books")
        return execute(ledger, statements)

    started: list[int] = []
    monkeypatch.setattr(send, "_answered", query)
    monkeypatch.setattr(PostgresLedger, "_execute", books)
    applied = runner(connection, tmp_path).up(progress=lambda _, __: started.append(len(sent)))
    assert [each.version for each in applied] == [1, 2, 3, 4]
    before_and_after = list(zip(started[::2], started[1::2], strict=True))
    assert [after - before for before, after in before_and_after] == [1, 1, 1, 1]
    assert b"books" not in sent[started[0] : started[-1]]
    assert sent[started[0]].startswith(b"-- 1_shop.up.sql\n"), "what pg_stat_activity shows"


@pytest.mark.parametrize(
    ("sql", "says", "line", "column"),
    [
        ("CREATE TABLE", "syntax error at end of input", 1, 13),
        ("SELECT 1;\nSELECT (1 + ", "a parenthesis begins here", 0, 0),
        ("SELECT 1;\nSELECT FROM WHERE", 'syntax error at or near "WHERE"', 2, 13),
        ("-- größe\nSELECT 1;\n  SELECT größe;", 'column "größe" does not exist', 3, 10),
        ("CREATE TABLE a (id bigint);\nCREATE TABLE a (id bigint); -- twice", 'relation "a" already exists', 2, 1),
        ("SELECT 1;\nSELECT 1/0 -- the end", "division by zero", 2, 1),
    ],
)
def test_an_error_is_the_files_own(
    connection: Connection, tmp_path: Path, sql: str, says: str, line: int, column: int
) -> None:
    """The file's name is of more bytes than characters, as positions count characters."""
    path = tmp_path / "1_größe.up.sql"
    path.write_text(sql)
    if not line:  # what no server need be asked about
        with pytest.raises(Exception, match=says):
            runner(connection, tmp_path).up()
        return
    with pytest.raises(FileError) as failed:
        runner(connection, tmp_path).up()
    error = failed.value
    assert (error.line, error.column, error.undone, error.lost) == (line, column, True, False)
    assert says in error.what
    assert "schema_migrations" not in str(error)
    at = runner(connection, tmp_path).version()
    assert at == Version(1, dirty=True), "it is marked, though PostgreSQL may not even have read it"
    with pytest.raises(DirtyError, match="PostgreSQL has undone the whole file"):
        runner(connection, tmp_path).up()


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1 -- the end",
        "SELECT 1 /* the end */",
        "SELECT 1;;;",
        "-- nothing",
        "SET search_path = pg_catalog; SET standard_conforming_strings = off; SELECT 1",
        "SET ROLE NONE; SET lock_timeout = 1",
        "DO $$BEGIN IF NOT (SELECT dirty AND version = 1 FROM schema_migrations) THEN RAISE 'no'; END IF; END$$",
        "DO $$BEGIN PERFORM 1 / count(*) FROM datatier_migrations WHERE seconds IS NULL; END$$",
        "TRUNCATE schema_migrations; CREATE TABLE a (b int UNIQUE DEFERRABLE INITIALLY DEFERRED);"
        "INSERT INTO a VALUES (1), (2); UPDATE a SET b = 3 - b",
    ],
)
def test_any_file_ends_at_its_version(connection: Connection, tmp_path: Path, sql: str) -> None:
    (tmp_path / "1_shop.up.sql").write_text(sql)
    (tmp_path / "2_next.up.sql").write_text("CREATE TABLE b (); ")
    assert [each.version for each in runner(connection, tmp_path).up()] == [1, 2]
    assert runner(connection, tmp_path).version() == Version(2, dirty=False)
    connection.execute("SET ROLE lab_owner")
    rows = connection.execute("SELECT version, seconds >= 0, error FROM datatier_migrations ORDER BY id").fetchall()
    assert rows == [(1, True, ""), (2, True, "")]


def test_books_that_may_not_be_written_are_no_fault_of_the_file(place: Database, tmp_path: Path) -> None:
    (tmp_path / "1_shop.up.sql").write_text("SELECT 1")
    with place.connect() as connection:
        runner(connection, tmp_path).up()
        (tmp_path / "2_next.up.sql").write_text("CREATE TABLE b ()")
        connection.execute("SET ROLE lab_owner; REVOKE INSERT ON datatier_migrations FROM lab_owner; RESET ROLE")
        try:
            with pytest.raises(
                Exception, match=r"cannot write the version: permission denied .*; GRANT SELECT, INSERT"
            ):
                runner(connection, tmp_path).up()
            assert runner(connection, tmp_path).version() == Version(1, dirty=False)
            assert connection.execute("SELECT to_regclass('b')").fetchone() == (None,)
        finally:
            connection.execute("SET ROLE lab_owner; DROP TABLE schema_migrations, datatier_migrations")
