"""Which backups a place has: those with a manifest."""

from __future__ import annotations

from collections.abc import Iterator

from keep import manifest as manifests
from keep.errors import AskedError, DamagedError
from keep.manifest import BackupManifest
from keep.place.place import Place


def ids(place: Place) -> list[str]:
    """Return the ids of the backups, the oldest first; what has no manifest is not one."""
    ending = f"/{manifests.NAME}"
    return [found.key.removesuffix(ending) for found in place.found() if found.key.endswith(ending)]


def opened(place: Place, backup: str) -> BackupManifest:
    """Return the manifest of a backup. Raise AskedError where there is none, DamagedError where it is damaged."""
    where = f"{place.address}/{backup}/{manifests.NAME}"
    try:
        with place.read(f"{backup}/{manifests.NAME}") as source:
            data = source.read()
    except KeyError:
        raise AskedError(
            f"{place.address} has no backup `{backup}`: `datatier backup list` shows what it has"
        ) from None
    found = manifests.read(data, where)
    if found.id != backup:
        raise DamagedError(f"{where} is that of {found.id}")
    return found


def every(place: Place) -> Iterator[BackupManifest | DamagedError]:
    """Give each backup's manifest, the oldest first, or what is wrong with it."""
    for backup in ids(place):
        try:
            yield opened(place, backup)
        except DamagedError as error:
            yield error
