"""A database restored where one of its extensions is not there, and one that belongs to initdb's own role."""

from __future__ import annotations

from pathlib import Path

import pytest
from restoring import backup, databases, roles, target
from rich_database import SUPERUSER, Library

from keep.backup.restore import Wish, restore
from keep.errors import KeepError
from keep.postgres.roles import named

pytestmark = pytest.mark.server
MADE = "restored_without"


def dropped(server: Library) -> None:
    with server.connect(database="postgres") as conn:
        conn.execute(f"DROP DATABASE IF EXISTS {MADE}")
        conn.execute("DROP DATABASE IF EXISTS shelf")


def made(server: Library, *statements: str) -> None:
    with server.connect(database="postgres") as conn:
        conn.execute("CREATE DATABASE shelf")
    with server.connect(database="shelf") as conn:
        conn.execute("CREATE EXTENSION citext")
        conn.execute("COMMENT ON EXTENSION citext IS 'of ours'")
        for each in statements:
            conn.execute(each)


def test_an_extension_that_nothing_depends_on_is_left_out(newest: Library, tmp_path: Path) -> None:
    try:
        made(newest, "CREATE TABLE book (name text)", "INSERT INTO book VALUES ('a'), ('b')")
        place, copy = backup(newest, tmp_path, "shelf")
        done = restore(place, copy, Wish(server=target(newest), name=MADE, without=frozenset({"citext"})))
        assert (done.rows, done.notes) == (2, ["without the extension citext, which the server does not have"])
        with newest.connect(database=MADE) as conn:
            assert conn.execute("SELECT extname FROM pg_extension ORDER BY 1").fetchall() == [("plpgsql",)]
    finally:
        dropped(newest)


def test_what_depends_on_it_ends_the_restore_and_nothing_is_left(newest: Library, tmp_path: Path) -> None:
    try:
        made(newest, "CREATE TABLE book (name citext)")
        place, copy = backup(newest, tmp_path, "shelf")
        before = databases(newest), roles(newest)
        with pytest.raises(KeepError, match=r'type "public\.citext" does not exist'):
            restore(place, copy, Wish(server=target(newest), name=MADE, without=frozenset({"citext"})))
        assert (databases(newest), roles(newest)) == before
    finally:
        dropped(newest)


def test_initdb_s_role_is_one_of_those_that_own_something_where_it_does(newest: Library) -> None:
    """It is pinned, and no dependency is kept of it; elsewhere it has another name, and a restore would lack it."""
    try:
        made(newest)
        with newest.connect(database="shelf") as conn:
            assert named(conn) == (SUPERUSER,)  # of the database itself
            conn.execute("ALTER DATABASE shelf OWNER TO warden")
            assert named(conn) == ("warden",)  # an extension's objects are not copied
            conn.execute("CREATE TABLE book ()")
            assert named(conn) == (SUPERUSER, "warden")
    finally:
        dropped(newest)
