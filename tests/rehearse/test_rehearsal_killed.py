"""What a rehearsal that was killed has left is found by the next one: its servers, and the data."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from keep.errors import AskedError
from local import scratch
from local.postgres.binaries import of_major
from rehearse.postgres.servers import PREFIX, bench

pytestmark = pytest.mark.server


@pytest.mark.parametrize("known", [True, False], ids=["by its pid file", "by its folder alone"])
def test_the_next_one_ends_and_removes_it(monkeypatch: pytest.MonkeyPatch, *, known: bool) -> None:
    found = of_major(18)
    with tempfile.TemporaryDirectory(prefix="dt-killed-", dir="/tmp") as away:
        Path(away).chmod(0o711)
        monkeypatch.setattr(tempfile, "tempdir", away)
        left = Path(away) / f"{PREFIX}left"
        left.mkdir(mode=0o711)
        server = scratch.server_in(left, "old", found, "password-of-a-test")
        server.initialise()
        server.start(())
        running = server.daemon.process()
        assert running is not None
        if not known:
            server.daemon.pidfile.unlink()
        os.utime(left, (0, 0))
        with bench(found, found, checksums=True) as made:
            assert made.folder.is_dir()
            assert not left.exists()
            assert not running.is_running() or running.status() == psutil.STATUS_ZOMBIE
        assert list(Path(away).iterdir()) == []


def test_room_is_asked_for_before_anything_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=400 << 20))
    said = f"^{tmp_path} has 400 MiB free, and a rehearsal takes about 492 there: free space, or name another folder"
    found = of_major(18)
    with pytest.raises(AskedError, match=said), bench(found, found, checksums=True, size=100 << 20):
        pass
    assert list(tmp_path.iterdir()) == []
