"""Detached server processes that outlive the command: started, found again, stopped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from graph.errors import CloudError
from local.files import private_dir, write_private

_CHILDREN: dict[int, subprocess.Popen[bytes]] = {}
"""Servers started by this process: kept so that a dead one can be reaped."""


@dataclass(frozen=True)
class Daemon:
    """One server process, known by the pid file in the stack's `run` folder."""

    name: str
    run: Path
    """Folder of the pid file."""
    log: Path

    @property
    def pidfile(self) -> Path:
        return self.run / f"{self.name}.pid"

    def process(self) -> psutil.Process | None:
        """The live process, or None. A pid that the kernel has given to another program since does not count."""
        try:
            record = json.loads(self.pidfile.read_text())
        except (OSError, ValueError):
            return None
        return _same(record["pid"], record["created"])

    @property
    def alive(self) -> bool:
        return self.process() is not None

    def start(self, argv: Sequence[str], *, env: Mapping[str, str], cwd: Path | str = "/") -> None:
        """Start it in a session of its own, so that Ctrl-C in the terminal does not reach it."""
        for folder in (self.run, self.log.parent):
            private_dir(folder)
        try:
            handle = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise CloudError(
                f"cannot write {self.log}: {error.strerror}; free or unlock the place and run it again"
            ) from error
        try:
            child = subprocess.Popen(
                list(argv),
                env=dict(env),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=handle,
                stderr=handle,
                start_new_session=True,
                umask=0o077,  # dumps and state files of the servers are as private as ours
            )
        except OSError as error:
            raise CloudError(f"{self.name} cannot be started: {argv[0]}: {error.strerror}") from error
        finally:
            os.close(handle)
        _CHILDREN[child.pid] = child
        created = psutil.Process(child.pid).create_time()
        try:
            write_private(self.pidfile, json.dumps({"pid": child.pid, "created": created}))
        except OSError:
            child.kill()  # a server that nobody could find again
            child.wait()
            raise

    def stop(self, how: signal.Signals = signal.SIGTERM, seconds: float = 10.0) -> bool:
        """Ask it to end, insist after `seconds`. Returns whether it was running."""
        process = self.process()
        if process is not None:
            end([process], how, seconds)
        self.pidfile.unlink(missing_ok=True)
        return process is not None

    def tail(self, lines: int = 3) -> str:
        """The last lines of its log, for messages."""
        try:
            return " | ".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        except OSError:
            return ""


def end(processes: Sequence[psutil.Process], how: signal.Signals = signal.SIGTERM, seconds: float = 10.0) -> None:
    """Signal the processes, wait, and kill those that stay."""
    for process in processes:
        _signal(process, how)
    deadline = time.monotonic() + seconds
    for process in processes:
        if not _gone(process, deadline):
            _signal(process, signal.SIGKILL)
            _gone(process, time.monotonic() + 5)


def _signal(process: psutil.Process, how: signal.Signals) -> None:
    try:
        process.send_signal(how)
    except psutil.NoSuchProcess:
        return


def _gone(process: psutil.Process, deadline: float) -> bool:
    while _same(process.pid, process.create_time()) is not None:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def _same(pid: int, created: float) -> psutil.Process | None:
    child = _CHILDREN.get(pid)
    if child is not None and child.poll() is not None:
        del _CHILDREN[pid]
    try:
        process = psutil.Process(pid)
        # a second of tolerance: create_time is derived from the boot time, which a clock adjustment moves
        if abs(process.create_time() - created) > 1.0 or process.status() == psutil.STATUS_ZOMBIE:
            return None
    except psutil.NoSuchProcess:
        return None
    return process
