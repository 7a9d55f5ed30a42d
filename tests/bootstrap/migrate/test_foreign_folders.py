"""Any application's folder: what golang-migrate applies is applied, with a word where something is odd."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from foreign import FOLDERS, Folder
from migrate_server import Database

from bootstrap.migrate import MigrationRunner, PostgresLedger, ProblemsError, Source, Version, create, validate

Connection = psycopg.Connection[Any]
each_folder = pytest.mark.parametrize("folder", FOLDERS.values(), ids=FOLDERS)
TABLES = (
    "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
    " AND relname NOT LIKE '%\\_migrations' ORDER BY relname COLLATE \"C\""
)


@pytest.fixture
def emptied(shared_database: Database) -> Database:
    with shared_database.connect("postgres") as admin:
        admin.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public AUTHORIZATION lab_owner")
    return shared_database


def tables(connection: Connection) -> tuple[str, ...]:
    return tuple(name for (name,) in connection.execute(TABLES.encode()).fetchall())


def runner(connection: Connection, folder: Path, *allow: str) -> MigrationRunner:
    return MigrationRunner(Source.load(folder, allow), PostgresLedger(connection), role="lab_owner")


@each_folder
def test_what_is_odd_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: Folder) -> None:
    monkeypatch.setattr("bootstrap.migrate.squawk._program", lambda: None)
    found = validate(Source.load(folder.write(tmp_path)))
    assert [p for p in found if p.severity == "error"] == []
    odd = sorted((p.rule, p.file) for p in found if p.rule not in ("squawk", "invalid-index"))
    assert odd == sorted(folder.warned)


@each_folder
def test_the_next_number_is_of_the_same_kind(tmp_path: Path, folder: Folder) -> None:
    up, _ = create(folder.write(tmp_path), "new", now=datetime(2026, 11, 29, 12, tzinfo=UTC))
    assert up.name == f"{folder.next}_new.up.sql"
    assert Source.load(tmp_path).migrations[-1].up.name == up.name, "and comes last"


@pytest.mark.server
@each_folder
def test_it_is_applied_and_undone(emptied: Database, tmp_path: Path, folder: Folder) -> None:
    folder.write(tmp_path)
    with emptied.connect() as connection:
        up = runner(connection, tmp_path)
        applied = up.up()
        assert (up.version(), tables(connection)) == (Version(folder.version, False), folder.tables)
        told = {note.rsplit("(", 1)[1][:-1] for note in up.notes}
        assert told == {rule for rule, _ in folder.warned} - {"stray"}
        if folder.refused_down:
            with pytest.raises(ProblemsError) as refused:
                runner(connection, tmp_path).down(None)
            assert tuple(p.file for p in refused.value.problems) == folder.refused_down
        down = runner(connection, tmp_path, "missing-down", "empty")
        assert len(down.down(None)) == len(applied)
        assert (down.version(), tables(connection)) == (Version(None, False), folder.left)


@pytest.mark.server
@each_folder
def test_golang_migrate_does_the_same(golang_migrate: str, emptied: Database, tmp_path: Path, folder: Folder) -> None:
    url = emptied.server.url(emptied.name, role="lab_owner")
    command = [golang_migrate, "-path", str(folder.write(tmp_path)), "-database", url]
    with emptied.connect() as connection:
        for words, version, there in ((["up"], folder.version, folder.tables), (["down", "-all"], None, folder.left)):
            done = subprocess.run([*command, *words], capture_output=True, text=True, timeout=60, check=False)
            assert done.returncode == 0, done.stderr
            assert (runner(connection, tmp_path).version(), tables(connection)) == (Version(version, False), there)


ALLOWED = [
    ("datatier.allow", "# published\nmissing-down 002_* nobody went down\ngap * a branch that was dropped\n", []),
    ("datatier.allow", "missing-down 003_* another\n", ["gap", "missing-down"]),
    ("005_e.up.sql", "-- datatier:allow gap a branch that was dropped\nSELECT 1", ["missing-down"]),
    ("002_b.up.sql", "SELECT 1 -- datatier:allow missing-down nobody went down", ["gap"]),
    ("002_b.up.sql", "SELECT 1 -- datatier:allow missing-down", ["allow", "gap", "missing-down"]),  # no reason
]


@pytest.mark.parametrize(("name", "text", "left"), ALLOWED)
def test_a_folder_says_what_is_right_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str, left: list[str]
) -> None:
    monkeypatch.setattr("bootstrap.migrate.squawk._program", lambda: None)
    for number in ("001_a", "002_b", "005_e"):
        (tmp_path / f"{number}.up.sql").write_text("SELECT 1")
        (tmp_path / f"{number}.down.sql").write_text("SELECT 1")
    (tmp_path / "002_b.down.sql").unlink()
    (tmp_path / name).write_text(text)
    found = validate(Source.load(tmp_path))
    assert sorted(p.rule for p in found if p.severity != "note") == left
