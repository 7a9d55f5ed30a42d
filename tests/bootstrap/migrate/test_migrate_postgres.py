"""What only a real server shows: places of errors, leaks between files, locks, privileges, a client killed half-way."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from migrate_server import PROJECT, Database, tables, write

from bootstrap.migrate import (
    DirtyError,
    FileError,
    LedgerError,
    LockedError,
    MigrationRunner,
    PostgresLedger,
    Source,
    Version,
)

pytestmark = pytest.mark.server

Connection = psycopg.Connection[Any]


def run(connection: Connection, folder: Path, **options: Any) -> MigrationRunner:
    return MigrationRunner(Source.load(folder), PostgresLedger(connection), **{"role": "lab_owner", **options})


def one(connection: Connection, query: str) -> Any:
    row = connection.execute(query.encode()).fetchone()
    return row and row[0]


def one_file(folder: Path, sql: str) -> Path:
    return write(folder, x1_a_up=sql, x1_a_down="SELECT 1")


@pytest.mark.parametrize(
    ("sql", "place", "message", "undone"),
    [
        ("CREATE TABLE a (id int);\nSELEC 1;\n", (2, 1), 'syntax error at or near "SELEC"', True),
        ("CREATE TABLE a (id int);\n\n  SELECT é,\n  nope FROM a;", (3, 10), 'column "é" does not exist', True),
        ("-- why\nCREATE TABLE a (id int);\n\n/* c */ SELECT 1/0;\nSELECT 2", (4, 9), "division by zero", True),
        ("CREATE TABLE a (id int);\nCREATE TABLE a (id int);", (2, 1), 'relation "a" already exists', True),
        ("SELECT 1;\nDROP TABLE pg_class", (2, 1), "must be owner of table pg_class", True),
        ("BEGIN;\nCREATE TABLE a (id int);\nCOMMIT;\nSELECT 1/0;", (4, 1), "division by zero", False),
        ("DO $$\nBEGIN\n  PERFORM 1/0;\nEND $$;", (1, 1), "PL/pgSQL function inline_code_block line 3", True),
    ],
)
def test_error_has_a_place(
    connection: Connection, tmp_path: Path, sql: str, place: tuple[int, int], message: str, undone: bool
) -> None:
    with pytest.raises(FileError) as caught:
        run(connection, one_file(tmp_path, sql)).up()
    error = caught.value
    assert message in str(error)
    assert f"{tmp_path}/000001_a.up.sql:{place[0]}:{place[1]}: " in str(error)
    assert (error.line, error.column, error.undone) == (*place, undone)
    assert "datatier migrate force -- -1, then datatier migrate up" in error.fix
    assert run(connection, tmp_path).version() == Version(1, True)
    assert one(connection, "SELECT to_regclass('a') IS NULL") is undone


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("DO $$ BEGIN PERFORM pg_advisory_unlock_all(); END $$", "released the migration lock; take DISCARD ALL"),
        (
            "CREATE FUNCTION u() RETURNS void LANGUAGE sql AS 'SELECT pg_advisory_unlock_all()'; SELECT u()",
            "the file released the migration lock",
        ),
    ],
)
def test_bad_manners(connection: Connection, tmp_path: Path, sql: str, message: str) -> None:
    with pytest.raises(FileError, match=message):
        run(connection, one_file(tmp_path, sql)).up()
    assert one(connection, "SELECT to_regclass('a') IS NULL")


def test_nothing_leaks(connection: Connection, tmp_path: Path) -> None:
    """Each file begins as the owner, in public, with the timeouts, whatever the file before it has set."""
    leak = "SET search_path = pg_catalog; SET statement_timeout = 0; RESET ROLE; SET application_name = 'x'"
    look = """CREATE TABLE seen AS SELECT current_user AS who, session_user AS login,
        current_setting('search_path') AS path, current_setting('lock_timeout') AS lock,
        current_setting('statement_timeout') AS statement, current_setting('application_name') AS app"""
    write(tmp_path, x1_a_up=leak, x1_a_down="SELECT 1", x2_b_up=look, x2_b_down="DROP TABLE seen")
    run(connection, tmp_path, lock_timeout=1.5, statement_timeout=60).up()
    assert one(connection, "SELECT current_user") == "lab_migrator"
    assert one(connection, "SHOW statement_timeout") == "0", "the connection is left as it was"
    connection.execute("SET ROLE lab_owner")
    row = connection.execute("SELECT * FROM seen").fetchone()
    assert row == ("lab_owner", "lab_migrator", "public", "1500ms", "1min", "")


def test_concurrent_index(connection: Connection, tmp_path: Path) -> None:
    write(tmp_path, **tables(1))
    write(tmp_path, x2_i_up="CREATE INDEX CONCURRENTLY i ON t1 (id)", x2_i_down="DROP INDEX CONCURRENTLY i")
    runner = run(connection, tmp_path)
    assert [a.version for a in runner.up()] == [1, 2]
    assert [a.version for a in runner.down(1)] == [2]


def test_waiting_is_no_deadlock_with_a_concurrent_index(
    connection: Connection, database: Database, tmp_path: Path
) -> None:
    """CREATE INDEX CONCURRENTLY waits for every older snapshot; one that waits in pg_advisory_lock would hold one."""
    write(tmp_path, **tables(1))
    run(connection, tmp_path).up()
    write(tmp_path, x2_i_up="CREATE INDEX CONCURRENTLY i ON t1 (id)", x2_i_down="DROP INDEX CONCURRENTLY i")
    with database.connect() as blocker, database.connect() as waiter, ThreadPoolExecutor(2) as pool:
        blocker.execute("SET ROLE lab_owner; BEGIN; INSERT INTO t1 VALUES (1)")
        builds = pool.submit(run(connection, tmp_path).up)
        with database.connect() as look:
            _await(
                look,
                "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX CONC%' AND wait_event_type = 'Lock'",
            )
            waits = pool.submit(run(waiter, tmp_path).up)
            _await(
                look,
                "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_try_advisory_lock%' AND pid <> pg_backend_pid()",
            )
        blocker.execute("COMMIT")
        assert [a.version for a in builds.result(30)] == [2]
        assert waits.result(30) == []
    assert one(connection, "SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass")


@pytest.mark.parametrize(
    ("sql", "options", "message"),
    [
        ("SELECT pg_sleep(20)", {"statement_timeout": 0.1}, "canceling statement due to statement timeout"),
        ("ALTER TABLE busy ADD a int", {"lock_timeout": 0.1}, "canceling statement due to lock timeout"),
    ],
)
def test_timeouts(
    connection: Connection, database: Database, tmp_path: Path, sql: str, options: dict[str, float], message: str
) -> None:
    with database.connect() as other:
        other.execute("SET ROLE lab_owner; CREATE TABLE busy ()")
        other.execute("BEGIN; LOCK TABLE busy")
        with pytest.raises(FileError, match=message):
            run(connection, one_file(tmp_path, sql), **options).up()


@pytest.mark.parametrize("name", ["/{}", "{}"])
def test_waits_for_either_key(connection: Connection, database: Database, tmp_path: Path, name: str) -> None:
    """golang-migrate's CLI holds the first, Go programs that embed it the second."""
    from bootstrap.migrate.lock import lock_key

    key = lock_key(name.format(database.name), "public", "schema_migrations")
    runner = run(connection, write(tmp_path, **tables(1)), lock_wait=0.3)
    with database.connect() as other:
        other.execute(f"SET application_name = 'deploy'; SELECT pg_advisory_lock({key})".encode())
        pid = other.info.backend_pid
        with pytest.raises(LockedError, match=rf"0\.3 s \(process {pid}, .*pg_terminate_backend\({pid}\)"):
            runner.up()
        assert runner.version() == Version(None, False), "reading waits for nobody"
        held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
        assert one(connection, held) == 0
    runner.lock_wait = 15
    assert [a.version for a in runner.up()] == [1]


@pytest.mark.parametrize(
    ("ddl", "tool"),
    [
        ("version varchar(128) PRIMARY KEY", r"\(version character varying\(128\)\) belongs to dbmate or Rails"),
        ("version varchar PRIMARY KEY", "belongs to dbmate or Rails"),
        ("version bigint, inserted_at timestamp", "belongs to another tool"),
    ],
)
def test_another_tools_table(connection: Connection, tmp_path: Path, ddl: str, tool: str) -> None:
    connection.execute(f"SET ROLE lab_owner; CREATE TABLE schema_migrations ({ddl}); RESET ROLE".encode())
    runner = run(connection, write(tmp_path, **tables(1)))
    for refused in (runner.up, runner.version, lambda: runner.force(1)):
        with pytest.raises(LedgerError, match=rf"public\.schema_migrations {'.*' if tool[0] == 'b' else ''}{tool}"):
            refused()


def test_extra_columns_are_borne(connection: Connection, tmp_path: Path) -> None:
    connection.execute("SET ROLE lab_owner")
    connection.execute("CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL, n int)")
    connection.execute("RESET ROLE")
    assert [a.version for a in run(connection, write(tmp_path, **tables(1))).up()] == [1]


def test_privileges(connection: Connection, database: Database, tmp_path: Path) -> None:
    folder = write(tmp_path, **tables(1))
    with database.connect("lab_reader") as reader:
        with pytest.raises(LedgerError, match=r"cannot create .*; GRANT USAGE, CREATE ON SCHEMA public TO this login"):
            run(reader, folder, role=None).up()
        run(connection, folder).up()
        with pytest.raises(LedgerError, match=r"cannot read the version: permission denied for table .*; GRANT USAGE"):
            run(reader, folder, role=None).version()
        connection.execute("SET ROLE lab_owner; GRANT SELECT ON schema_migrations, datatier_migrations TO lab_reader")
        assert run(reader, folder, role=None).version() == Version(1, False)
        with pytest.raises(LedgerError, match="permission denied"):
            run(reader, folder, role=None).down(1)
        with pytest.raises(LedgerError, match=r'permission denied to set role "lab_owner"'):
            run(reader, folder).version()
        with pytest.raises(LedgerError, match=r'role "nobody" does not exist; make the role first'):
            run(reader, folder, role="nobody").version()


def test_read_only_server(connection: Connection, tmp_path: Path) -> None:
    connection.execute("SET default_transaction_read_only = on")
    runner = run(connection, write(tmp_path, **tables(1)))
    assert runner.version() == Version(None, False)


def test_nothing_to_do_is_two_round_trips(connection: Connection, tmp_path: Path) -> None:
    run(connection, write(tmp_path, **tables(1))).up()
    sent: list[Any] = []

    class Counting(psycopg.Cursor[Any]):
        def execute(self, query: Any, *args: Any, **kwargs: Any) -> Any:
            sent.append(query)
            return super().execute(query, *args, **kwargs)

    connection.cursor_factory = Counting
    assert run(connection, tmp_path).up() == []
    assert len(sent) == 2


def test_needs_autocommit(database: Database) -> None:
    connection = psycopg.connect(database.server.url(database.name))
    with connection, pytest.raises(ValueError, match="autocommit=True"):
        PostgresLedger(connection)


SCRIPT = """
import sys, psycopg
from bootstrap.migrate import PostgresLedger, MigrationRunner, Source
with psycopg.connect(sys.argv[1], autocommit=True) as connection:
    MigrationRunner(Source.load(sys.argv[2]), PostgresLedger(connection), role="lab_owner").up()
"""


def _await(connection: Connection, query: str) -> None:
    for _ in range(200):
        if one(connection, query):
            return
        time.sleep(0.05)
    raise AssertionError(query)


def _kill_client(connection: Connection, database: Database, folder: Path) -> None:
    url = database.server.url(database.name)
    client = subprocess.Popen([sys.executable, "-c", SCRIPT, url, str(folder)], cwd=PROJECT)
    busy = "query LIKE '%CREATE TABLE t2%pg_sleep%' AND pid <> pg_backend_pid()"
    try:
        _await(connection, f"SELECT 1 FROM pg_stat_activity WHERE {busy} AND wait_event = 'PgSleep'")
    finally:
        client.send_signal(signal.SIGKILL)
        client.wait()
    _await(connection, f"SELECT 1 WHERE NOT EXISTS (SELECT FROM pg_stat_activity WHERE {busy})")


def test_killed_half_way(connection: Connection, database: Database, tmp_path: Path) -> None:
    """kill -9 of the client: the server ends the file by itself, other tools see it dirty, the rerun mends it."""
    folder = write(tmp_path, **tables(1, 2))
    (folder / "000002_t2.up.sql").write_text("CREATE TABLE t2 (id int); SELECT pg_sleep(60);")
    _kill_client(connection, database, folder)
    assert run(connection, folder).version() == Version(2, True)
    assert one(connection, "SELECT to_regclass('t2') IS NULL"), "PostgreSQL has undone the file"
    (folder / "000002_t2.up.sql").write_text("CREATE TABLE t2 (id int);")
    runner = run(connection, folder)
    assert [a.version for a in runner.up()] == [2]
    assert [note[:34] for note in runner.notes] == ["000002_t2.up.sql was cut short at "]


def test_killed_half_way_in_a_file_that_commits(connection: Connection, database: Database, tmp_path: Path) -> None:
    folder = write(tmp_path, **tables(1, 2))
    (folder / "000002_t2.up.sql").write_text("BEGIN; CREATE TABLE t2 (id int); COMMIT; SELECT pg_sleep(60);")
    _kill_client(connection, database, folder)
    message = r"dirty at version 2: 000002_t2.up.sql failed or was cut short; .* remains: datatier migrate force 1;"
    with pytest.raises(DirtyError, match=message):
        run(connection, folder).up()
    assert one(connection, "SELECT to_regclass('t2') IS NOT NULL")


@pytest.mark.parametrize("force", ["TRUNCATE schema_migrations; INSERT INTO schema_migrations VALUES (1, true)"])
def test_another_tools_dirt_is_not_mended(connection: Connection, tmp_path: Path, force: str) -> None:
    """The same version, dirty, after an attempt of ours: but golang-migrate wrote it, and may have left anything."""
    folder = one_file(tmp_path, "SELECT 1/0")
    with pytest.raises(FileError):
        run(connection, folder).up()
    connection.execute(f"SET ROLE lab_owner; BEGIN; {force}; COMMIT; RESET ROLE".encode())
    with pytest.raises(DirtyError, match=r"failed or was cut short; look at what it left behind"):
        run(connection, folder).up()


def test_server_lost(connection: Connection, database: Database, tmp_path: Path) -> None:
    sql = "RESET ROLE; SELECT pg_terminate_backend(pg_backend_pid())"
    with pytest.raises(FileError, match=r"000001_a\.up\.sql.*terminating connection.* migrate up runs it again"):
        run(connection, one_file(tmp_path, sql)).up()
    (tmp_path / "000001_a.up.sql").write_text("SELECT 1")
    with database.connect() as other:
        assert [a.version for a in run(other, tmp_path).up()] == [1]


@pytest.mark.parametrize(
    "sql",
    [
        "SET ROLE lab_migrator; SET search_path = pg_catalog; SELECT 1 -- no semicolon",
        "SET standard_conforming_strings = off; CREATE TABLE a (b text DEFAULT 'x\\\\'); CREATE TABLE b ()",
        "VACUUM",
        "CALL p()",
        "DO $$ BEGIN CREATE TABLE a (); COMMIT; CREATE TABLE b (); END $$",
        "ALTER DATABASE {name} SET work_mem = '5MB'",
        "BEGIN; CREATE TABLE a (); COMMIT; BEGIN; CREATE TABLE b (); COMMIT",
    ],
)
def test_files_that_are_not_like_others(connection: Connection, database: Database, tmp_path: Path, sql: str) -> None:
    """Roles, settings and transactions of a file's own: it is applied, and the books say so."""
    with database.connect("postgres") as admin:
        admin.execute(
            f"GRANT CREATE ON DATABASE {database.name} TO lab_owner; ALTER DATABASE {database.name}"
            " OWNER TO lab_owner".encode()
        )
        admin.execute("CREATE PROCEDURE p() LANGUAGE plpgsql AS 'BEGIN CREATE TABLE a (); COMMIT; END'")
    folder = one_file(tmp_path, sql.replace("{name}", database.name))
    assert [a.version for a in run(connection, folder).up()] == [1]
    assert run(connection, folder).version() == Version(1, False)
    assert [r.state for r in run(connection, folder).status()] == ["applied"]


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        (
            "CREATE TABLE a (b int UNIQUE DEFERRABLE INITIALLY DEFERRED);\nINSERT INTO a VALUES (1), (1)",
            "duplicate key",
        ),
        ("CREATE TABLE a (); CREATE TABLE", r"sql:1:32: syntax error at end of input"),
        ("CREATE TABLE a (); DROP TABLE schema_migrations", r"sql: it ran, but its end could not be written down: rel"),
    ],
)
def test_a_file_that_ends_badly_leaves_nothing(connection: Connection, tmp_path: Path, sql: str, message: str) -> None:
    with pytest.raises(FileError, match=message) as caught:
        run(connection, one_file(tmp_path, sql)).up()
    assert caught.value.undone
    assert one(connection, "SELECT to_regclass('a') IS NULL")
    assert run(connection, tmp_path).version() == Version(1, True)


def test_books_of_an_older_layout(connection: Connection, tmp_path: Path) -> None:
    """A history without the columns that came later is read as it is, by any login, and completed by the next run."""
    run(connection, write(tmp_path, **tables(1))).up()
    connection.execute(
        "SET ROLE lab_owner; ALTER TABLE datatier_migrations DROP COLUMN whole, DROP COLUMN error, DROP COLUMN system,"
        " DROP COLUMN timeline, ALTER COLUMN seconds SET NOT NULL; RESET ROLE"
    )
    assert [r.state for r in run(connection, tmp_path).status()] == ["applied"]
    write(tmp_path, **tables(2))
    assert [a.version for a in run(connection, tmp_path).up()] == [2]
    assert [r.state for r in run(connection, tmp_path).status()] == ["applied", "applied"]
