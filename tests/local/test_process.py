"""Detached processes: found again, told from a reused pid, stopped."""

from __future__ import annotations

import errno
import json
import os
import signal
import time
from pathlib import Path

import psutil
import pytest

from graph.errors import CloudError
from local.process import Daemon

ENVIRONMENT = {"PATH": os.defpath}


@pytest.fixture
def daemon(tmp_path: Path) -> Daemon:
    return Daemon("d", tmp_path / "run", tmp_path / "log" / "d.log")


def test_it_runs_in_its_own_session_and_logs(daemon: Daemon) -> None:
    daemon.start(["/bin/sh", "-c", "echo said; umask; exec sleep 60"], env=ENVIRONMENT)
    process = daemon.process()
    assert process is not None
    assert os.getsid(process.pid) == process.pid
    while "0077" not in daemon.tail():
        time.sleep(0.01)
    assert daemon.tail() == "said | 0077"
    assert daemon.log.stat().st_mode & 0o777 == 0o600
    assert daemon.stop()
    assert not daemon.alive
    assert not daemon.pidfile.exists()
    assert not daemon.stop()


def test_one_that_does_not_listen_is_killed(daemon: Daemon) -> None:
    daemon.start(["/bin/sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.1; done"], env=ENVIRONMENT)
    while "ready" not in daemon.tail():
        time.sleep(0.01)
    assert daemon.stop(signal.SIGTERM, 0.1)
    assert not daemon.alive


def test_a_killed_one_is_dead_although_nobody_has_reaped_it(daemon: Daemon) -> None:
    daemon.start(["/bin/sleep", "60"], env=ENVIRONMENT)
    process = daemon.process()
    assert process is not None
    process.kill()
    deadline = time.monotonic() + 5
    while daemon.alive:
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("record", ["", "nonsense", None])
def test_a_damaged_pid_file_means_not_running(daemon: Daemon, record: str | None) -> None:
    daemon.run.mkdir()
    if record is not None:
        daemon.pidfile.write_text(record)
    assert not daemon.alive


def test_a_reused_pid_is_not_ours(daemon: Daemon) -> None:
    daemon.run.mkdir()
    daemon.pidfile.write_text(json.dumps({"pid": os.getpid(), "created": 1.0}))
    assert not daemon.alive
    assert not daemon.stop()


def test_a_missing_program_is_one_sentence(daemon: Daemon) -> None:
    with pytest.raises(CloudError, match=r"^d cannot be started: /no/such: No such file or directory$"):
        daemon.start(["/no/such"], env=ENVIRONMENT)


def test_a_server_whose_pid_cannot_be_written_does_not_stay(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, text: str, owner: tuple[int, int] | None = None) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    before = {child.pid for child in psutil.Process().children()}
    monkeypatch.setattr("local.process.write_private", full)
    with pytest.raises(OSError, match="No space left"):
        daemon.start(["/bin/sleep", "60"], env={})
    assert {child.pid for child in psutil.Process().children()} <= before
