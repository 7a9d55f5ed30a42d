"""Programs whose helpers end with them: Pulumi's command line leaves language hosts and plugins behind at times."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil


def run(
    command: Sequence[str | Path], *, cwd: Path, env: Mapping[str, str], timeout: float, merged: bool = False
) -> "subprocess.CompletedProcess[str]":
    """Run to the end in a session of its own, then end whatever it started and left.

    :param timeout: in seconds; `subprocess.TimeoutExpired` is raised after it, and nothing is left then either.
    :param merged: whether standard error is among the output.
    """
    error = subprocess.STDOUT if merged else subprocess.PIPE
    with subprocess.Popen(
        command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=error, text=True, start_new_session=True
    ) as process:
        try:
            out, said = process.communicate(timeout=timeout)
        finally:
            end(process.pid)
    return subprocess.CompletedProcess(command, process.returncode, out, said)


def members(session: int) -> list[int]:
    """The processes of a session; one in a process group of its own is still in it (setsid(2))."""
    found = []
    for process in psutil.process_iter():
        with suppress(ProcessLookupError, PermissionError):
            if os.getsid(process.pid) == session and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
    return found


def end(session: int) -> None:
    """Kill the processes of a session."""
    for pid in members(session):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
