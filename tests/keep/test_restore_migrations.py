"""A database that takes a stack's place gets the migrations that its backup has not seen; one aside stays as it was."""

from __future__ import annotations

from pathlib import Path

import pytest
from restoring import backup, databases, target
from rich_database import Library

from keep.backup.migrations import brought_up, told
from keep.backup.restore import Wish, restore
from keep.errors import KeepError

pytestmark = pytest.mark.server
OWNER = "warden"
SEEN = {"000007_shelves": "CREATE TABLE lending.never ()"}
"""What the backup has seen, by its number alone."""
ADDED = {"000008_fines": "CREATE TABLE lending.fine (cents integer NOT NULL)"}
BROKEN = {"000008_fines": "CREATE TABLE lending.fine (cents integer); INSERT INTO lending.fine VALUES ('many')"}


def folder(path: Path, files: dict[str, str]) -> Path:
    made = path / "migrations"
    made.mkdir()
    for name, sql in files.items():
        (made / f"{name}.up.sql").write_text(sql)
        (made / f"{name}.down.sql").write_text("SELECT 1")
    return made


def test_what_came_since_is_run_as_the_owner_and_only_where_it_is_wanted(newest: Library, tmp_path: Path) -> None:
    place, made = backup(newest, tmp_path / "kept")
    files, before = folder(tmp_path, SEEN | ADDED), databases(newest)
    try:
        server = target(newest)
        in_place = restore(place, made, Wish(server=server, name="in_place", migrate=brought_up(files, OWNER)))
        assert in_place.notes[0] == "migrations that the backup had not seen were run: 000008_fines"
        assert list(in_place.seconds)[-4:] == ["prove", "statistics", "migrations", "serve"]
        assert newest.ask("SELECT version FROM schema_migrations", "in_place") == 8
        owned = "SELECT tableowner::text FROM pg_tables WHERE tablename = 'fine'"
        assert newest.ask(owned, "in_place") == OWNER
        aside = restore(place, made, Wish(server=server, name="aside", migrate=told(files)))
        assert aside.notes == ["it is at migration 7, as it was; not run: 000008_fines"]
        assert newest.ask(owned, "aside") is None
    finally:
        for name in databases(newest) - before:
            newest.execute(f"DROP DATABASE {name} WITH (FORCE)", "postgres")


@pytest.mark.parametrize(
    ("files", "says"),
    [(ADDED, "no migration was run: "), (SEEN, ""), ({}, "no migration was run: ")],
    ids=["one is missing", "nothing to run", "none at all"],
)
def test_what_cannot_be_begun_is_said_and_the_database_is_as_it_was(
    newest: Library, copied: str, tmp_path: Path, files: dict[str, str], says: str
) -> None:
    with newest.connect(database=copied) as conn:
        notes = brought_up(folder(tmp_path, files), OWNER)(conn)
    assert [each.startswith(says) for each in notes] == [True] * bool(says), notes
    assert newest.ask("SELECT version FROM schema_migrations", copied) == 7


def test_one_that_fails_leaves_nothing(newest: Library, tmp_path: Path) -> None:
    place, made = backup(newest, tmp_path / "kept")
    before = databases(newest)
    migrate = brought_up(folder(tmp_path, SEEN | BROKEN), OWNER)
    with pytest.raises(KeepError, match=r"the migration 000008_fines\.up\.sql does not run on it, so it is removed: "):
        restore(place, made, Wish(server=target(newest), name="never", migrate=migrate))
    assert databases(newest) == before
