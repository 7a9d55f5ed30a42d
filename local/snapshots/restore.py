"""Makes a tier what it was: a copy of the snapshot is staged beside it, and takes its place in one step."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from keep.errors import AskedError
from local import swap
from local.backups import cluster
from local.backups.copying import mirror
from local.disk import room
from local.files import private_dir, write_private
from local.handlers import rds
from local.handlers.base import server
from local.postgres.binaries import find
from local.postgres.server import data_major
from local.snapshots import kept
from local.snapshots.copied import copied
from local.snapshots.kept import TierSnapshot
from local.snapshots.moved import ports_of, with_ports
from local.snapshots.save import STATE
from local.start import start
from local.state import StateDir


def restore(state: StateDir, name: str) -> TierSnapshot:
    """Bring a snapshot back and start the servers. The caller holds `state.lock()`. Raise AskedError or CloudError.

    What was written since is gone, and with it what drills have left. Ports stay; passwords are those of then.
    """
    found = kept.find(state, name)
    folder = kept.folder_of(state, name)
    _fits(state, found)
    kept.sweep(state)
    room(state.path, found.bytes, f"the snapshot {name}")
    staged = swap.staging(state.path)
    try:
        data = json.loads((folder / STATE).read_text())
        with ThreadPoolExecutor(1, thread_name_prefix="archives") as beside:
            archives = beside.submit(_archives, state, data, folder / "postgres", staged, name)
            copied(folder, staged)
            archives.result()
        write_private(staged / STATE, json.dumps(with_ports(data, found.ports, ports_of(state, found.ports))))
    except (Exception, KeyboardInterrupt):
        swap.clear(state.path)  # a disk that is full would stay so
        raise
    swap.commit(state.path)
    state.load()
    start(state)
    swap.clear(state.path)  # the old content: a second of disk for each gigabyte, which the servers have first
    return found


def _fits(state: StateDir, found: TierSnapshot) -> None:
    for identifier, version in found.postgres.items():
        major = data_major(state.path / "postgres" / identifier)
        then = int(version.partition(".")[0])
        if major is not None and major != then:
            raise AskedError(
                f"the snapshot {found.name} is of PostgreSQL {then} and {identifier} is {major} now: `datatier down "
                f"{state.stack} --delete` and declare {then} to go back, or restore a snapshot of {major}"
            )


def _archives(state: StateDir, then: Mapping[str, Any], data: Path, staged: Path, name: str) -> None:
    """Each primary begins a new archive: its timeline goes on from then, and what was archived since is of another."""
    for entry in then["resources"].values():
        if entry["type"] != rds.TYPE or not rds.is_archived(entry, then["made"]):
            continue
        identifier = str(entry["outputs"]["identifier"])
        found = server(state, identifier)
        found = replace(found, binaries=find(data_major(data / identifier) or found.binaries.major))
        folder = _like(state.path, staged, "backups", "postgres") / identifier
        private_dir(folder)
        cluster.linked(folder, found, data / identifier / "data", f"the snapshot {name} was restored")


def _like(tier: Path, staged: Path, *parts: str) -> Path:
    """Folders with the modes and owners of those whose place they take: the servers' account passes them."""
    for part in parts:
        tier, staged = tier / part, staged / part
        if not staged.exists():
            private_dir(staged)
            if tier.exists():
                mirror(tier, staged)
    return staged
