"""Where the copies of a stack lie, for the commands that tell how old they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.thresholds.recovery import BACKUP

if TYPE_CHECKING:
    from bootstrap.manifest import Manifest
    from local.state import StateDir
    from observe.metrics.source import Source

LOCAL = "backups"
"""Folder of the project that a tier on this computer is looked for in, where its stack declares no place."""
NOT_DECLARED = (
    "nobody has said where copies lie",
    "data-tier:backup.logical, or `datatier backup create --to backups`",
)
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


def kept_source(manifest: Manifest, state: StateDir | None) -> Source:
    """What the exporter tells of copies and drills."""
    from keep.watch.kept import reader
    from observe.metrics.own.recovery import not_kept_source, recovery_source

    read = reader(manifest, place_of(manifest, state))
    return recovery_source(read, limit_of(manifest)) if read else not_kept_source(*NOT_DECLARED)
