"""A standby is copied as its primary is, but for what a standby does not have, which is named."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from copying import backed_up, source
from postgres_server import run_tool, running
from restoring import target
from rich_database import MAJORS, PASSWORD, SETTINGS, SUPERUSER, Library

from keep.backup.restore import Wish, restore
from keep.place.folder import FolderPlace

pytestmark = pytest.mark.server

UNLOGGED = """
CREATE UNLOGGED TABLE lending.scratch (id integer GENERATED ALWAYS AS IDENTITY, what text);
INSERT INTO lending.scratch (what) VALUES ('a'), ('b');
CREATE TABLE lending.half (id integer) PARTITION BY LIST (id);
CREATE TABLE lending.half_1 PARTITION OF lending.half FOR VALUES IN (1);
CREATE UNLOGGED TABLE lending.half_2 PARTITION OF lending.half FOR VALUES IN (2);
INSERT INTO lending.half VALUES (1), (2);
"""


@contextmanager
def standby(primary: Library) -> Iterator[Library]:
    """One that has replayed all that the primary has written."""
    with tempfile.TemporaryDirectory(prefix="dt-standby-", dir="/tmp") as folder:
        data = Path(folder) / "data"
        way = f"host=127.0.0.1 port={primary.port} user={SUPERUSER} password={PASSWORD}"
        run_tool(
            Path(folder),
            [primary.bin / "pg_basebackup", "-D", data, "-d", way, "-R", "-c", "fast", "-X", "stream", "--no-sync"],
        )
        with running(primary.bin, data, (*SETTINGS, "hot_standby_feedback=on")) as port:
            yield replace(primary, port=port, data=data)


@pytest.mark.parametrize("major", [MAJORS[0], MAJORS[-1]])
def test_a_standby_is_copied_without_what_it_does_not_have(
    major: int, library_of: Callable[[int], Library], tmp_path: Path
) -> None:
    primary = library_of(major)
    with primary.copy() as name:
        primary.execute(UNLOGGED, name, role="warden")
        with standby(primary) as server:
            made = backed_up(tmp_path, source(server, name))
    database = made.postgres
    assert database is not None
    assert database.standby
    assert [each for each in database.left_out if "unlogged" in each] == [
        "the rows of unlogged table lending.half_2, lending.scratch, lending.visit, which a standby does not have",
        "where unlogged sequence lending.scratch_id_seq is, which a standby does not know: it begins anew",
    ]
    done = restore(FolderPlace(tmp_path), made, Wish(server=target(primary), name=None))
    assert done.rows == database.rows
