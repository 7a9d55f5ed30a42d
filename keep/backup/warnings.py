"""What is odd about a backup beside the one before it: a copy that lost most of its data is whole, and yet no good."""

from __future__ import annotations

from keep.manifest import BackupManifest, PostgresCopy

SHRUNK = 0.5
"""A backup smaller than this share of the one before: what operators have met was a thousandth, and it went unnoticed
for days because every run had said success."""


def warnings(made: BackupManifest, before: BackupManifest | None) -> tuple[str, ...]:
    """Compare a backup with the one before it of the same source; nothing where there is none."""
    if before is None:
        return ()
    said: list[str] = []
    if made.size < before.size * SHRUNK:
        said.append(f"it has {made.size} bytes, and {before.id} before it {before.size}")
    if made.postgres and before.postgres:
        said += _database(made.postgres, before.postgres, before.id)
    for name, was in before.caches.items():
        now = made.caches.get(name)
        if now is None:
            said.append(f"the cache {name} is not in it, and was in {before.id}")
        elif now.keys is not None and was.keys is not None and now.keys < was.keys * SHRUNK:
            said.append(f"the cache {name} has {now.keys} keys, and {was.keys} in {before.id}")
    return tuple(said)


def _database(made: PostgresCopy, before: PostgresCopy, where: str) -> list[str]:
    said: list[str] = []
    if made.tables < before.tables:
        said.append(f"it has {made.tables} tables, and {where} has {before.tables}")
    if made.rows < before.rows * SHRUNK:
        said.append(f"it has {made.rows} rows, and {where} has {before.rows}")
    return said
