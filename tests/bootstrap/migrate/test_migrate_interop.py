"""The genuine golang-migrate CLI and ours, taking turns on one database."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import psycopg
import pytest
from migrate_server import MIGRATIONS, Database, tables, write

from bootstrap.migrate import DirtyError, FileError, LockedError, PostgresLedger, Runner, Source, Version

pytestmark = pytest.mark.server


class Theirs:
    """The CLI on one database, working as the owner."""

    def __init__(self, binary: str, database: Database, folder: Path) -> None:
        # A parameter that the driver does not know goes to the server as a setting: everything is the owner's.
        url = database.server.url(database.name, role="tmi_owner")
        self._command = [binary, "-path", str(folder), "-database", url]

    def __call__(self, *arguments: str, rc: int = 0) -> str:
        done = subprocess.run([*self._command, *arguments], capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == rc, done.stderr
        return done.stderr

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen([*self._command, *arguments], stderr=subprocess.DEVNULL)


def _ours(connection: psycopg.Connection[Any], folder: Path, **options: Any) -> Runner:
    return Runner(Source.load(folder), PostgresLedger(connection), role="tmi_owner", **options)


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
    connection.execute("SET ROLE tmi_owner")
    assert connection.execute("SELECT version, dirty FROM schema_migrations").fetchall() == [row]
    theirs = Theirs(golang_migrate, database, folder)
    assert f"Dirty database version {row[0]}. Fix and force version." in theirs("up", rc=1)
    theirs("force", "2" if row[0] == 1 else "1")
    assert _ours(connection, folder).version().dirty is False


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
