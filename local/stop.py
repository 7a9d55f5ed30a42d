"""Ends the servers of a tier, by its folder alone: also where its state cannot be read, or is about to be another."""

from __future__ import annotations

import signal
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from local.orphans import bury
from local.process import Daemon

SECONDS = 30.0


def stop(tier: Path, *, kill: bool = False, but: Collection[Path] = ()) -> list[str]:
    """Replicas, caches and the emulator at the same time, then the primaries; `kill` where nothing is to be saved.

    Returns the names of those that ran. Servers that work in or below the folders `but` go on.
    """
    run = tier / "run"
    daemons = [
        Daemon(path.stem, run, tier / "log" / f"{path.stem}.log")
        for path in sorted(run.glob("*.pid"))
        if _folder(tier, path.stem) not in but
    ]
    primaries = [d for d in daemons if _is_primary(tier, d.name)]
    stopped: list[str] = []
    with ThreadPoolExecutor(max_workers=8) as pool:
        for wave in ([d for d in daemons if d not in primaries], primaries):
            done = list(pool.map(lambda d: _stop(tier, d, kill=kill), wave))
            stopped += [daemon.name for daemon, was_running in zip(wave, done, strict=True) if was_running]
    bury(tier, but)
    for pidfile in (tier / "postgres").glob("*/data/postmaster.pid"):
        if pidfile.parents[1] not in but:
            pidfile.unlink()
    return stopped


def _folder(tier: Path, name: str) -> Path:
    """Where a server works: of a cache's node the folder of its group."""
    return next((path.parent for path in (tier / "cache").glob(f"*/{name}")), tier / "postgres" / name)


def _stop(tier: Path, daemon: Daemon, *, kill: bool) -> bool:
    postgres = (tier / "postgres" / daemon.name).is_dir()
    if kill:
        # SIGQUIT takes PostgreSQL's whole family down without a checkpoint, SIGKILL would leave the backends
        return daemon.stop(signal.SIGQUIT if postgres else signal.SIGKILL, SECONDS)
    # PostgreSQL waits for its clients after SIGTERM and ends their sessions after SIGINT
    return daemon.stop(signal.SIGINT if postgres else signal.SIGTERM, SECONDS)


def _is_primary(tier: Path, name: str) -> bool:
    data = tier / "postgres" / name / "data"
    return data.is_dir() and not (data / "standby.signal").exists()
