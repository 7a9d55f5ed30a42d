"""A throw-away Valkey: gone when the work is done, and ended by the next run where the work was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pytest

from local.process import Daemon
from local.valkey.scratch import scratch

WORK = """
from local.valkey.scratch import scratch
with scratch() as node:
    print(node.folder.parent, flush=True)
    input()
"""


def daemon(folder: Path) -> Daemon:
    return Daemon("valkey", folder / "run", folder / "log" / "valkey.log")


def old(folder: Path) -> None:
    """As it is when its maker has had time enough to hold the lock."""
    os.utime(folder, (time.time() - 3600,) * 2)


def test_one_that_is_killed_is_ended_by_the_next_and_one_at_work_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o711)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with scratch() as at_work:
        environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
        killed = subprocess.Popen(
            [sys.executable, "-c", WORK], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert killed.stdout
        folder = Path(killed.stdout.readline().strip())
        killed.send_signal(signal.SIGKILL)
        killed.communicate()
        assert daemon(folder).alive
        server = daemon(folder).process()
        assert server

        old(folder)
        old(at_work.folder.parent)
        with scratch() as after:
            assert after.role() == "master"
        assert not server.is_running() or server.status() == psutil.STATUS_ZOMBIE, "nobody here reaps it"
        assert at_work.role() == "master"
        assert {path for path in tmp_path.iterdir() if path.is_dir()} == {at_work.folder.parent}
    assert list(tmp_path.iterdir()) == []
