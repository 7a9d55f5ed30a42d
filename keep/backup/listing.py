"""Which backups a place has: those with a manifest, each with what is known of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from keep import manifest as manifests
from keep.backup.verified import Verification, recorded
from keep.backup.warnings import warnings
from keep.errors import AskedError, DamagedError, KeepError
from keep.manifest import BackupManifest, Source
from keep.place.place import Place

_AT_ONCE = 8
"""Requests: a bucket answers many as fast as one."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """One backup of a place."""

    id: str
    manifest: BackupManifest | None
    """None where it is damaged."""
    damage: str | None = None
    """What is wrong with the manifest, in a sentence."""
    verification: Verification | None = None
    warnings: tuple[str, ...] = ()
    """What is odd about it, compared with the one before of the same source."""

    @property
    def verified(self) -> int:
        """The highest level that it has passed; 0 for none, or where the last verification failed."""
        return self.verification.highest if self.verification else 0

    @property
    def failed(self) -> bool:
        """Whether it is known not to be whole."""
        return self.manifest is None or bool(self.verification and not self.verification.ok)

    @property
    def made_at(self) -> datetime | None:
        """When it was begun; by its name where the manifest cannot say so, and None where neither does."""
        return self.manifest.made_at if self.manifest else named_at(self.id)

    @property
    def source(self) -> Source | None:
        """What it is a backup of; None where the manifest cannot say so."""
        return self.manifest.source if self.manifest else None


def ids(place: Place) -> list[str]:
    """Return the ids of the backups, the oldest first; what has no manifest is not one."""
    return sorted(backup for backup, name in _objects(place) if name == manifests.NAME)


def opened(place: Place, backup: str) -> BackupManifest:
    """Return the manifest of a backup. Raise AskedError where there is none, DamagedError where it is damaged.

    Raise KeepError where it is a newer version's.
    """
    return parsed(place, backup, stored(place, backup))


def stored(place: Place, backup: str) -> bytes:
    """Return a manifest as it is stored. Raise AskedError where there is none."""
    with suppress(KeyError):
        if re.fullmatch(manifests.NAMED, backup):
            with place.read(f"{backup}/{manifests.NAME}") as source:
                return source.read()
    raise AskedError(f"{place.address} has no backup `{backup}`: `datatier backup list` shows what it has")


def parsed(place: Place, backup: str, data: bytes) -> BackupManifest:
    """Return the manifest that those bytes are. Raise DamagedError where they are not that of this backup."""
    where = f"{place.address}/{backup}/{manifests.NAME}"
    found = manifests.read(data, where)
    if found.id != backup:
        raise DamagedError(f"{where} is that of {found.id}")
    return found


def kept(place: Place) -> list[Kept]:
    """Return every backup of a place, the oldest first."""
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="backups") as pool:
        found = [each for each in pool.map(lambda backup: _kept(place, backup), ids(place)) if each]
    return _compared(found)


def one(place: Place, backup: str) -> Kept:
    """Return one backup, with its warnings. Raise AskedError where there is none."""
    if (found := _kept(place, backup)) is None:
        stored(place, backup)  # raises
        raise AskedError(f"the backup {backup} was removed meanwhile")
    if found.manifest is None:
        return found
    return replace(found, warnings=warnings(found.manifest, before(place, found.manifest)))


def before(place: Place, made: BackupManifest) -> BackupManifest | None:
    """Return the backup before this one of the same source that can be read, where there is one."""
    for backup in reversed(ids(place)):
        if backup < made.id:
            with suppress(KeepError):
                if (found := opened(place, backup)).source == made.source:
                    return found
    return None


def named_at(backup: str) -> datetime | None:
    """Return when a backup was begun, by its name; None for a name that does not say so."""
    try:
        return datetime.strptime(backup.partition("-")[0], "%Y%m%dT%H%M%S%fZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def _objects(place: Place) -> Iterator[tuple[str, str]]:
    """Backup and name of all that could be an object of one; reports of drills lie deeper."""
    for found in place.found():
        backup, _, name = found.key.partition("/")
        if name and "/" not in name:
            yield backup, name


def _kept(place: Place, backup: str) -> Kept | None:
    try:
        data = stored(place, backup)
        manifest = parsed(place, backup, data)
    except AskedError:  # another run has removed it meanwhile
        return None
    except DamagedError as error:
        return Kept(id=backup, manifest=None, damage=str(error))
    return Kept(id=backup, manifest=manifest, verification=recorded(place, backup, data))


def _compared(found: Sequence[Kept]) -> list[Kept]:
    latest: dict[Source, BackupManifest] = {}
    made: list[Kept] = []
    for each in found:
        if each.manifest is None:
            made.append(each)
            continue
        made.append(replace(each, warnings=warnings(each.manifest, latest.get(each.manifest.source))))
        latest[each.manifest.source] = each.manifest
    return made
