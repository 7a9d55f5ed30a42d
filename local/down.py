"""Stopping a stack: no process and no file but the data stays, or not even those."""

from __future__ import annotations

import shutil
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from local.orphans import bury
from local.process import Daemon
from local.state import StateDir

SECONDS = 30.0


def down(project: Path, stack: str, *, delete: bool = False) -> list[str]:
    """Stop every server of the stack and return their names.

    Goes by the pid files alone, so that it also works where the state cannot be read.
    """
    state = StateDir(project, stack, read=False)
    if not state.path.is_dir():
        return []
    with state.lock(read=False):
        stopped = stop(state, kill=delete)
        for folder in ("run", "log"):
            shutil.rmtree(state.path / folder, ignore_errors=True)
        if delete:
            state.delete()
    return stopped


def stop(state: StateDir, *, kill: bool = False) -> list[str]:
    """Replicas, caches and the emulator at the same time, then the primaries; `kill` where nothing is to be saved."""
    run = state.path / "run"
    daemons = [Daemon(path.stem, run, state.path / "log" / f"{path.stem}.log") for path in sorted(run.glob("*.pid"))]
    primaries = [d for d in daemons if _is_primary(state, d.name)]
    stopped: list[str] = []
    with ThreadPoolExecutor(max_workers=8) as pool:
        for wave in ([d for d in daemons if d not in primaries], primaries):
            done = list(pool.map(lambda d: _stop(state, d, kill=kill), wave))
            stopped += [daemon.name for daemon, was_running in zip(wave, done, strict=True) if was_running]
    bury(state.path)
    for pidfile in (state.path / "postgres").glob("*/data/postmaster.pid"):
        pidfile.unlink()
    return stopped


def _stop(state: StateDir, daemon: Daemon, *, kill: bool) -> bool:
    postgres = (state.path / "postgres" / daemon.name).is_dir()
    if kill:
        # SIGQUIT takes PostgreSQL's whole family down without a checkpoint, SIGKILL would leave the backends
        return daemon.stop(signal.SIGQUIT if postgres else signal.SIGKILL, SECONDS)
    # PostgreSQL waits for its clients after SIGTERM and ends their sessions after SIGINT
    return daemon.stop(signal.SIGINT if postgres else signal.SIGTERM, SECONDS)


def _is_primary(state: StateDir, name: str) -> bool:
    data = state.path / "postgres" / name / "data"
    return data.is_dir() and not (data / "standby.signal").exists()
