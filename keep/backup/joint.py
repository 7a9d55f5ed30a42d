"""The joint point of a backup: how far the copies of its engines are apart in time."""

from __future__ import annotations

from keep.manifest import BackupManifest


def joint(manifest: BackupManifest) -> dict[str, float]:
    """Return for each cache how many seconds after the database's snapshot it was taken; negative: before it."""
    if manifest.postgres is None:
        return {}
    at = manifest.postgres.snapshot_at
    return {name: round((cache.taken_at - at).total_seconds(), 3) for name, cache in manifest.caches.items()}
