"""The files of a tier whose servers do not run: what of them makes it up, copied in parallel."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from local.backups.cluster import WAL
from local.backups.copying import copy, mirror, own

SERVERS = ("postgres", "cache", "emulator")
"""Folders that are copied."""


def copied(
    source: Path,
    target: Path,
    *,
    without: Collection[str] = (),
    wal: Callable[[str], bool] = lambda _: True,
) -> None:
    """Copy the servers' folders from one folder of a tier into another that has none of them, but for some servers.

    `wal` says which files of a cluster's WAL to take. Raise CloudError.
    """
    jobs: list[Callable[[], None]] = []
    for kind in SERVERS:
        if not (source / kind).is_dir():
            continue
        _like(source / kind, target / kind)
        for path in sorted((source / kind).iterdir()):
            if path.name in without:
                continue
            goal = target / kind / path.name
            if kind == "postgres" and (path / "data").is_dir():
                _like(path, goal)
                jobs.append(lambda data=path / "data", goal=goal / "data": _cluster(data, goal, wal))  # type: ignore[misc]
            elif path.is_dir():
                jobs.append(lambda path=path, goal=goal: copy(path, goal))  # type: ignore[misc]
            else:
                shutil.copy2(path, goal)
                own(path, goal)
    with ThreadPoolExecutor(max_workers=4) as pool:
        for done in [pool.submit(job) for job in jobs]:
            done.result()


def _cluster(data: Path, goal: Path, wal: Callable[[str], bool]) -> None:
    copy(data, goal, without=(WAL,))
    _like(data / WAL, goal / WAL)
    for segment in sorted((data / WAL).iterdir()):
        if segment.is_file() and wal(segment.name):
            shutil.copy2(segment, goal / WAL / segment.name)
            own(segment, goal / WAL / segment.name)


def _like(source: Path, target: Path) -> None:
    """A folder with the mode and the owner of another."""
    target.mkdir(mode=0o700)
    mirror(source, target)
