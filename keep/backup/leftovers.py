"""What runs have left that were killed: objects without a manifest, which no list shows and nobody works on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from keep import manifest as manifests
from keep.backup.listing import named_at
from keep.place.place import Found, Place

ABANDONED = timedelta(days=1)
"""After so long without a byte a writer is taken for dead: the time that S3's own rule takes (`components.bucket`)."""


def abandoned(found: Iterable[Found], unfinished: Iterable[Found], now: datetime) -> list[Found]:
    """Return the objects of backups that will never have a manifest.

    Only of folders that are named as backups are, and where the newest byte is older than `ABANDONED`, be it of an
    object that is there or of one that is on its way.
    """
    objects, heard = defaultdict[str, list[Found]](list), dict[str, datetime]()
    whole: set[str] = set()
    for each, there in (*((each, True) for each in found), *((each, False) for each in unfinished)):
        backup, _, name = each.key.partition("/")
        if named_at(backup) is None or not name or "/" in name:
            continue
        if name == manifests.NAME and there:
            whole.add(backup)
        heard[backup] = max(heard.get(backup, each.modified), each.modified)
        if there:
            objects[backup].append(each)
    return [
        each
        for backup, those in objects.items()
        if backup not in whole and heard[backup] < now - ABANDONED
        for each in those
    ]


def leftovers(place: Place, now: datetime) -> list[Found]:
    """Return what `abandoned` finds in a place."""
    unfinished = list(place.unfinished())  # first: what ends meanwhile is then in both, and not in neither
    return abandoned(place.found(), unfinished, now)
