"""The genuine golang-migrate CLI and ours, taking turns on one database."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest
from migrate_server import MIGRATIONS, Database, tables, write

from bootstrap.migrate import (
    DirtyError,
    FileError,
    LockedError,
    MigrationRunner,
    PostgresLedger,
    Session,
    Source,
    Version,
)
from bootstrap.migrate.lock import lock_keys

pytestmark = pytest.mark.server


class Theirs:
    """The CLI on one database, working as the owner."""

    def __init__(self, binary: str, database: Database, folder: Path) -> None:
        # A parameter that the driver does not know goes to the server as a setting: everything is the owner's.
        url = database.server.url(database.name, role="lab_owner")
        self._command = [binary, "-path", str(folder), "-database", url]

    def __call__(self, *arguments: str, rc: int = 0) -> str:
        done = subprocess.run([*self._command, *arguments], capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == rc, done.stderr
        return done.stderr

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen([*self._command, *arguments], stderr=subprocess.DEVNULL)


def _ours(connection: psycopg.Connection[Any], folder: Path, **options: Any) -> MigrationRunner:
    return MigrationRunner(Source.load(folder), PostgresLedger(connection), role="lab_owner", **options)


def test_taking_turns(golang_migrate: str, connection: psycopg.Connection[Any], database: Database) -> None:
    ours, theirs = _ours(connection, MIGRATIONS), Theirs(golang_migrate, database, MIGRATIONS)
    assert "no migration" in theirs("version", rc=1)
    theirs("up", "2")
    assert ours.version() == Version(2, False)
    assert [a.version for a in ours.up(2)] == [3, 4]
    assert theirs("version") == "4\n"
    theirs("goto", "6")
    assert [a.version for a in ours.down(1)] == [6]
    theirs("up")
    assert ours.up() == []
    assert "no change" in theirs("up")
    theirs("down", "-all")
    assert ours.version() == Version(None, False)
    ours.up()
    ours.down(None)
    assert "no migration" in theirs("version", rc=1)


def test_dirt_of_theirs(
    golang_migrate: str, connection: psycopg.Connection[Any], database: Database, tmp_path: Path
) -> None:
    folder = write(tmp_path, **tables(1, 2))
    (folder / "000002_t2.up.sql").write_text("SELECT 1/0")
    theirs = Theirs(golang_migrate, database, folder)
    theirs("up", rc=1)
    assert _ours(connection, folder).version() == Version(2, True)
    with pytest.raises(DirtyError, match=r"000002_t2\.up\.sql failed .* datatier migrate force 1;"):
        _ours(connection, folder).up()
    _ours(connection, folder).force(1)
    assert theirs("version") == "1\n"


@pytest.mark.parametrize(("bad", "row"), [("000002_t2.down.sql", (1, True)), ("000001_t1.down.sql", (-1, True))])
def test_dirt_of_ours(
    golang_migrate: str,
    connection: psycopg.Connection[Any],
    database: Database,
    tmp_path: Path,
    bad: str,
    row: tuple[int, bool],
) -> None:
    folder = write(tmp_path, **tables(1, 2))
    _ours(connection, folder).up()
    (folder / bad).write_text("SELECT 1/0")
    with pytest.raises(FileError):
        _ours(connection, folder).down(None)
    connection.execute("SET ROLE lab_owner")
    assert connection.execute("SELECT version, dirty FROM schema_migrations").fetchall() == [row]
    theirs = Theirs(golang_migrate, database, folder)
    assert f"Dirty database version {row[0]}. Fix and force version." in theirs("up", rc=1)
    theirs("force", "2" if row[0] == 1 else "1")
    assert _ours(connection, folder).version().dirty is False


def test_a_cut_of_ours_that_they_force(
    golang_migrate: str, connection: psycopg.Connection[Any], database: Database, tmp_path: Path
) -> None:
    """Their force writes the row anew, so what ours would have mended is over; a dirty row of theirs stays theirs."""
    folder = write(tmp_path, **tables(1, 2))
    ours, theirs = _ours(connection, folder), Theirs(golang_migrate, database, folder)
    ours.up(1)
    (folder / "000002_t2.up.sql").write_text("CREATE TABLE t2 (id int); SELECT pg_terminate_backend(pg_backend_pid());")
    with database.connect("postgres") as dying, pytest.raises(FileError, match="runs it again"):
        MigrationRunner(Source.load(folder), PostgresLedger(dying)).up()
    assert "Dirty database version 2" in theirs("up", rc=1)
    theirs("force", "1")
    (folder / "000002_t2.up.sql").write_text("SELECT 1/0")
    theirs("up", rc=1)
    with pytest.raises(DirtyError, match=r"000002_t2\.up\.sql failed or was cut short; look at what it left behind"):
        ours.up()
    theirs("force", "1")
    (folder / "000002_t2.up.sql").write_text("CREATE TABLE t2 (id int)")
    assert [a.version for a in _ours(connection, folder).up()] == [2]
    assert "no change" in theirs("up")


def test_no_version(
    golang_migrate: str, connection: psycopg.Connection[Any], database: Database, tmp_path: Path
) -> None:
    """-1 is how both say that nothing is applied: as an argument, and as an empty table."""
    folder = write(tmp_path, **tables(1))
    ours, theirs = _ours(connection, folder), Theirs(golang_migrate, database, folder)
    ours.up()
    theirs("force", "--", "-1")
    with database.connect("postgres") as look:
        assert look.execute("SELECT version, dirty FROM schema_migrations").fetchall() == []
        assert ours.version() == Version(None, False)
        assert "no migration" in theirs("version", rc=1)
        ours.force(1)
        theirs("down", "-all")
        ours.up()
        ours.force(None)
        assert look.execute("SELECT version, dirty FROM schema_migrations").fetchall() == []
    assert "no migration" in theirs("version", rc=1)


def _keys(connection: psycopg.Connection[Any]) -> set[int]:
    rows = connection.execute(
        "SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = 0 AND objsubid = 1"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    return {key for (key,) in rows}


def test_the_keys_in_pg_locks(
    golang_migrate: str, connection: psycopg.Connection[Any], database: Database, tmp_path: Path
) -> None:
    """Theirs takes the key of the URL's path; ours that one, and the one of Go programs that embed it."""
    folder = write(tmp_path, x1_a_up="SELECT pg_sleep(0.7)", x1_a_down="SELECT 1")
    path, bare = lock_keys(database.name, "public", "schema_migrations")
    theirs = Theirs(golang_migrate, database, folder).start("up")
    seen = set[int]()
    while theirs.poll() is None:
        seen |= _keys(connection)
    assert theirs.wait() == 0
    assert seen == {path}
    ledger = PostgresLedger(connection)
    ledger.use(Session(role="lab_owner"))
    ledger.read()
    with database.connect() as other:
        with ledger.locked(1):
            assert _keys(other) == {path, bare}
        assert _keys(other) == set()


def test_they_wait_for_ours(
    golang_migrate: str, connection: psycopg.Connection[Any], database: Database, tmp_path: Path
) -> None:
    ledger = PostgresLedger(connection)
    ledger.use(Session(role="lab_owner"))
    ledger.read()
    folder = write(tmp_path, **tables(1))
    with ledger.locked(1), database.connect("postgres") as look:
        theirs = Theirs(golang_migrate, database, folder).start("up")
        waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'"
        for _ in range(400):
            if look.execute(waiting.encode()).fetchone():
                break
            assert theirs.poll() is None, "it did not wait"
            time.sleep(0.02)
        else:
            raise AssertionError("it was never seen to wait")
        assert ledger.read().version is None
    assert theirs.wait(20) == 0
    assert _ours(connection, folder).version() == Version(1, False)


def test_one_lock(golang_migrate: str, connection: psycopg.Connection[Any], database: Database, tmp_path: Path) -> None:
    folder = write(tmp_path, x1_a_up="SELECT pg_sleep(1.5)", x1_a_down="SELECT 1")
    theirs = Theirs(golang_migrate, database, folder).start("up")
    ours = _ours(connection, folder, lock_wait=0.2)
    try:
        while not ours.version().dirty:
            assert theirs.poll() is None, "it ended before it was seen at work"
        with pytest.raises(LockedError, match="another migration has held the lock"):
            ours.up()
    finally:
        assert theirs.wait(20) == 0
    assert ours.up() == []
    assert ours.version() == Version(1, False)
