"""Restores that meet a dying server, and many at once: nothing half, and the next one cleans up."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from restoring import STRANGER, databases, roles, target
from restoring import shop as of_shop
from rich_database import Library

from bootstrap.errors import BootstrapError
from keep.backup.restore import Wish, restore
from keep.errors import DamagedError, KeepError
from keep.manifest import BackupManifest
from keep.place.folder import FolderPlace

pytestmark = pytest.mark.server

AT_ONCE = 16
_BUSY = "SELECT pid FROM pg_stat_activity WHERE datname ~ '^datatier_restoring'"
Shop = tuple[Library, FolderPlace, BackupManifest]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with of_shop(tmp_path_factory.mktemp("shop")) as made:
        yield made


@pytest.mark.parametrize("kept", [0, 2], ids=["none kept", "every other one kept"])
def test_sixteen_at_once_do_not_meet(shop: Shop, kept: int) -> None:
    """Each names a role that the server lacks: it stays with a database that stays, and else goes with the last one."""
    server, place, made = shop
    before = databases(server), roles(server)
    names = [f"twin_{number}" if kept and number % kept == 0 else None for number in range(AT_ONCE)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(lambda name: restore(place, made, Wish(server=target(server), name=name)), names))
    assert [(each.database, each.rows) for each in found] == [(name, 2000) for name in names]
    stay = {name for name in names if name is not None}
    assert (databases(server), roles(server)) == (before[0] | stay, before[1] | ({STRANGER} if stay else set()))
    with server.connect(database="postgres") as conn:
        for name in stay:
            conn.execute(f"DROP DATABASE {name}".encode())
        conn.execute(f"DROP ROLE IF EXISTS {STRANGER}".encode())


def test_a_server_that_dies_in_the_middle_is_a_sentence(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backend is killed: the postmaster ends all sessions and recovers, as after a crash."""
    server, place, made = shop
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = databases(server), roles(server)

    def crash() -> None:
        while not (pid := server.ask(_BUSY, "postgres")):
            time.sleep(0.01)
        os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=crash)
    killer.start()
    with pytest.raises((KeepError, BootstrapError)) as raised:
        restore(place, made, Wish(server=target(server), name="never"))
    killer.join()
    assert "\n" not in str(raised.value)
    assert not isinstance(raised.value, DamagedError), "it says nothing of the backup"
    _until_up(server)
    restore(place, made, Wish(server=target(server), name=None))
    assert (databases(server), roles(server)) == before
    assert list(tmp_path.iterdir()) == []


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
