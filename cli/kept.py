"""Where the copies of a stack lie, for the commands that tell how old they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from knowledge.thresholds.recovery import BACKUP

if TYPE_CHECKING:
    from bootstrap.manifest import Manifest
    from local.state import StateDir
    from observe.health.recovery import Recoverable
    from observe.metrics.source import Source

LOCAL = "backups"
"""Folder of the project that a tier on this computer is looked for in, where its stack declares no place."""
BACKUP_SECONDS = BACKUP.warn or 0.0
"""How old the newest copy may be where no stack says so."""


def place_of(manifest: Manifest, state: StateDir | None) -> str | None:
    """Return the address; None where there is none. `state` is that of a tier on this computer."""
    if manifest.kept:
        return manifest.kept.place
    folder = state.project / LOCAL if state else None
    return str(folder) if folder and folder.is_dir() else None


def limit_of(manifest: Manifest) -> float:
    """Seconds that the newest copy of a stack may be old."""
    return manifest.kept.backup_seconds if manifest.kept else BACKUP_SECONDS


def kept_reader(manifest: Manifest, state: StateDir | None) -> Callable[[], Recoverable] | None:
    """Return what looks at copies and drills; None where nobody has said where they lie, and no drill was done here."""
    from keep.watch.kept import DRILLS, reader

    folder = state.path / DRILLS if state else None
    drills = str(folder) if folder and folder.is_dir() else None
    return reader(manifest, place_of(manifest, state), drills=drills)


def kept_source(manifest: Manifest, state: StateDir | None) -> Source:
    """What the exporter tells of copies and drills."""
    from observe.health.recovery import NOT_DECLARED
    from observe.metrics.own.recovery import not_kept_source, recovery_source

    read = kept_reader(manifest, state)
    return recovery_source(read, limit_of(manifest)) if read else not_kept_source(*NOT_DECLARED)
