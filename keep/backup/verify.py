"""Whether a backup is what was written: by its hashes, by reading the archive, by restoring it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from keep import manifest as manifests
from keep.backup import verified
from keep.backup.listing import parsed, stored
from keep.errors import DamagedError
from keep.manifest import BackupManifest
from keep.place.place import Place
from keep.place.sealed import checked

Deeper = Callable[[Place, BackupManifest], Iterable[str]]
"""A level above the first: gives what is wrong, one sentence each; asked where the levels below found nothing."""


def both(first: Deeper, second: Deeper) -> Deeper:
    """Return one level that looks at both engines."""
    return lambda place, manifest: (*first(place, manifest), *second(place, manifest))


@dataclass(frozen=True, kw_only=True)
class Verified:
    """How a verification came out."""

    id: str
    level: int
    differences: tuple[str, ...]
    """What is wrong, one sentence each; none where it is whole."""

    @property
    def ok(self) -> bool:
        """Whether it is what was written."""
        return not self.differences


def verify(place: Place, backup: str, deeper: Sequence[Deeper] = ()) -> Verified:
    """Verify a backup at level 1, and at one more for each of `deeper`; keep beside it what was found.

    Raise AskedError where there is none of that name, also where it is removed meanwhile; KeepError where the place
    cannot be read or written: that says nothing of the backup.
    """
    data = stored(place, backup)
    level = 1 + len(deeper)
    differences = tuple(_differences(place, backup, data, deeper))
    if differences:
        stored(place, backup)  # gone: a removal takes the manifest first, and what is missing then is no damage
    found = Verified(id=backup, level=level, differences=differences)
    verified.record(place, backup, data, level=level, at=datetime.now(UTC), differences=differences)
    return found


def _differences(place: Place, backup: str, data: bytes, deeper: Sequence[Deeper]) -> Iterator[str]:
    try:
        manifest = parsed(place, backup, data)
    except DamagedError as error:
        yield str(error)
        return
    found = list(_first(place, manifest))
    for look in deeper:
        if not found:
            found += look(place, manifest)
    yield from found


def _first(place: Place, manifest: BackupManifest) -> Iterator[str]:
    """Every object read to its end, and nothing there that the manifest does not name."""
    for each in manifest.objects:
        try:
            checked(place, manifest.id, each)
        except DamagedError as error:
            yield str(error)
    named = {manifests.NAME, verified.NAME, *(each.name for each in manifest.objects)}
    for found in place.found(f"{manifest.id}/"):
        if found.key.removeprefix(f"{manifest.id}/") not in named:
            yield f"{place.address}/{found.key} is not in the manifest"
