"""The joint point of a backup: of database and caches, which is older and by how much, and what follows from that.

A cache that is older than the database lacks what came since: whoever logged in then logs in again. One that is newer
may name rows that the database does not have: sessions of users who are not there, counters of what never happened.
Hence caches are copied first.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from keep.manifest import BackupManifest, CacheCopy


class JointPoint(BaseModel):
    """One cache beside the database, each by its own server's clock."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cache: str
    database_at: datetime
    began_at: datetime
    taken_at: datetime
    seconds_newer: float
    """By how much the newest key may be younger than the database's snapshot; negative where all are older."""
    advice: Literal["restore", "flush"]
    """`flush` where keys may name rows that are not there: begin with an empty cache, or restore it knowingly."""
    sentence: str


def joint(manifest: BackupManifest) -> tuple[JointPoint, ...]:
    """Return it for each cache; nothing for a backup without a database or without caches."""
    if manifest.postgres is None:
        return ()
    at = manifest.postgres.snapshot_at
    return tuple(_point(name, each, at) for name, each in manifest.caches.items())


def _point(name: str, copy: CacheCopy, database: datetime) -> JointPoint:
    newer = (copy.taken_at - database).total_seconds()
    if newer <= 0:
        sentence = (
            f"the cache {name} is older than the database by {abs(newer):.1f} s: it lacks what came since, and names "
            "no row that the database does not have yet"
        )
    else:
        some = "some of " if copy.began_at <= database else ""
        sentence = (
            f"{some}the cache {name} is newer than the database by up to {newer:.1f} s: its keys may name rows that "
            "the database does not have; flush it, or restore it knowing that"
        )
    return JointPoint(
        cache=name,
        database_at=database,
        began_at=copy.began_at,
        taken_at=copy.taken_at,
        seconds_newer=round(newer, 3),
        advice="restore" if newer <= 0 else "flush",
        sentence=sentence,
    )
