"""Restores that are killed, that meet a dying server, and many at once: nothing half, and the next one cleans up."""

from __future__ import annotations

import os
import random
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from restoring import backup, databases, roles, target
from rich_database import MAJORS, Library, bare

from bootstrap.errors import BootstrapError
from keep import workspace as workspaces
from keep.backup.restore import Wish, restore
from keep.errors import KeepError
from keep.manifest import BackupManifest
from keep.place.folder import FolderPlace

pytestmark = pytest.mark.server

KILLS, AT_ONCE = 16, 16
_BUSY = "SELECT pid FROM pg_stat_activity WHERE datname ~ '^datatier_restoring'"
SHOP = """
CREATE TABLE item (id integer PRIMARY KEY, name text);
INSERT INTO item SELECT n, 'item ' || n FROM generate_series(1, 2000) AS n;
CREATE INDEX item_name ON item (name);
CREATE ROLE picker NOLOGIN;
GRANT SELECT ON item TO picker;
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Library]:
    """One that a test may kill; with room for many."""
    with bare(MAJORS[0], ("max_connections=200",)) as made:
        made.execute("CREATE DATABASE shop", "postgres")
        made.execute(SHOP, "shop")
        yield made


@pytest.fixture(scope="module")
def shop(server: Library, tmp_path_factory: pytest.TempPathFactory) -> tuple[FolderPlace, BackupManifest]:
    return backup(server, tmp_path_factory.mktemp("shop"), "shop")


def left(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def test_one_that_is_killed_at_any_moment_leaves_nothing_that_the_next_does_not_remove(
    server: Library,
    shop: tuple[FolderPlace, BackupManifest],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(workspaces, "_YOUNG", 0.0)
    before, moments = databases(server), random.Random(14)
    began = time.monotonic()
    restore(*shop, Wish(server=target(server), name="whole"))
    usual = time.monotonic() - began
    server.execute("DROP DATABASE whole", "postgres")
    for number in range(KILLS):
        child = os.fork()
        if child == 0:
            os.setsid()
            try:
                restore(*shop, Wish(server=target(server), name=f"shop_{number}"))
            finally:
                os._exit(0)
        time.sleep(moments.uniform(0, usual * 1.2))
        os.killpg(child, signal.SIGKILL) if number % 2 else os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        # Whole, or not there: what has the name has all rows and the index.
        if f"shop_{number}" in databases(server):
            assert server.ask("SELECT count(*) FROM item", f"shop_{number}") == 2000
            assert server.ask("SELECT to_regclass('item_name') IS NOT NULL", f"shop_{number}")
            server.execute(f"DROP DATABASE shop_{number} WITH (FORCE)", "postgres")
    assert server.ask("SELECT count(*) FROM item", "shop") == 2000
    deadline = time.monotonic() + 30  # a session of who was killed ends when the server notices
    while (
        server.ask("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'", "postgres")
        and time.monotonic() < deadline
    ):
        time.sleep(0.1)
    restore(*shop, Wish(server=target(server), name="at_last"))
    assert databases(server) == before | {"at_last"}
    assert left(tmp_path) == []
    server.execute("DROP DATABASE at_last", "postgres")


def test_sixteen_at_once_do_not_meet(server: Library, shop: tuple[FolderPlace, BackupManifest]) -> None:
    before = databases(server)
    names = [f"twin_{number}" for number in range(AT_ONCE)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(lambda name: restore(*shop, Wish(server=target(server), name=name)), names))
    assert [(each.database, each.rows, each.notes) for each in found] == [(name, 2000, []) for name in names]
    assert databases(server) == before | set(names)
    with server.connect(database="postgres") as conn:
        for name in names:
            conn.execute(f"DROP DATABASE {name}".encode())


def test_a_server_that_dies_in_the_middle_is_a_sentence(
    server: Library, shop: tuple[FolderPlace, BackupManifest], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backend is killed: the postmaster ends all sessions and recovers, as after a crash."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = databases(server), roles(server)

    def crash() -> None:
        while not (pid := server.ask(_BUSY, "postgres")):
            time.sleep(0.01)
        os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=crash)
    killer.start()
    with pytest.raises((KeepError, BootstrapError)) as raised:
        restore(*shop, Wish(server=target(server), name="never"))
    killer.join()
    assert "\n" not in str(raised.value)
    _until_up(server)
    restore(*shop, Wish(server=target(server), name="after"))
    assert (databases(server), roles(server)) == (before[0] | {"after"}, before[1])
    assert left(tmp_path) == []
    server.execute("DROP DATABASE after", "postgres")


def _until_up(server: Library) -> None:
    import psycopg

    for _ in range(300):
        try:
            server.connect(database="postgres").close()
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("it does not come back")
