"""Makes a backup: its objects, each read back, and then the manifest, which makes it one."""

from __future__ import annotations

import secrets
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import yaml

from bootstrap.errors import BootstrapError
from bootstrap.manifest import Manifest
from keep import manifest as manifests
from keep.backup.leftovers import ABANDONED
from keep.backup.listing import stored
from keep.errors import AskedError, DamagedError, KeepError
from keep.manifest import BackupManifest, CacheCopy, StoredObject
from keep.place.place import Place, Sink
from keep.place.sealed import reread, seal
from keep.place.several import Copies
from keep.postgres import source as postgres
from keep.postgres.source import PostgresSource
from keep.redis.source import CacheSource

ACCESS = "access.yaml"


@dataclass(frozen=True, kw_only=True)
class Sources:
    """What is backed up."""

    postgres: PostgresSource | None = None
    caches: tuple[CacheSource, ...] = ()
    stack: Manifest | None = None
    """None for servers that no stack describes."""
    server: str | None = None
    """Host and port of caches that no stack describes; a database's session knows its own."""


class PartlyError(KeepError):
    """A backup is whole, but not in all places that it was to go to, or not locked where it was to be."""

    def __init__(self, made: BackupManifest, whole: tuple[Place, ...], failed: dict[str, str]) -> None:
        """`whole`: where it is. `failed`: address of a place -> what went wrong there."""
        super().__init__(f"the backup {made.id} is not everywhere as it should be: {'; '.join(failed.values())}")
        self.made, self.whole, self.failed = made, whole, failed


def create(sources: Sources, place: Place, *also: Place) -> BackupManifest:
    """Make a backup in one pass for all places and return its manifest.

    Raise PartlyError where it is whole somewhere, but not everywhere as it should be; else another KeepError.
    What is not whole is taken away again, and never looks whole.
    """
    copies = Copies((place, *also))
    addresses = [one.address for one in copies.places]
    if twice := sorted({each for each in addresses if addresses.count(each) > 1}):
        raise AskedError(f"{twice[0]} is named twice: a second copy lies in another place")
    began, clock = datetime.now(UTC), time.monotonic()
    backup = new_id(began)
    try:
        copies.each(lambda one: next(one.found(f"{backup}/"), None))  # refused before the work, not after it
        database, caches, objects = _copied(sources, copies, backup)
        copies.each(lambda one: _read_back(one, backup, objects))
        stack = sources.stack
        made = BackupManifest(
            id=backup,
            stack=stack.stack if stack else None,
            prefix=stack.prefix if stack else None,
            server=stack.postgres.primary.host if stack else database.server if database else sources.server,
            made_at=began,
            seconds=round(time.monotonic() - clock, 3),
            tool=_version(),
            postgres=database.copy if database else None,
            caches=caches,
            access=ACCESS if stack else None,
            objects=tuple(objects),
        )
        copies.each(lambda one: _finish(one, made))
    except BaseException:
        for one in copies.places:
            discard(one, backup)
        raise
    whole, failed = tuple(copies.going), dict(copies.failed)
    for one in copies.places:
        if one not in whole:
            discard(one, backup)
            continue
        if problem := _locked(one, made):
            failed[one.address] = problem
        with suppress(BootstrapError):  # a role that may not look for them is no reason to have no backup
            one.sweep(began - ABANDONED)
    if failed:
        raise PartlyError(made, whole, failed)
    return made


def _locked(place: Place, made: BackupManifest) -> str | None:
    """Lock what is whole, the objects before the manifest, by which a removal sees it; say why it cannot be done."""
    try:
        for name in (*(each.name for each in made.objects), manifests.NAME):
            place.lock(f"{made.id}/{name}")
    except BootstrapError as error:
        return f"it is whole in {place.address}, and not locked there: {error}"
    return None


def discard(place: Place, backup: str) -> None:
    """Take away what there is of a backup that was not made, as far as the place lets us; the rest is a leftover."""
    with suppress(BootstrapError):
        place.remove(f"{backup}/{manifests.NAME}")
        for found in list(place.found(f"{backup}/")):
            place.remove(found.key)


def new_id(at: datetime) -> str:
    """Return a name that sorts by time and that no other backup has; `listing.named_at` reads it."""
    return f"{at:%Y%m%dT%H%M%S}{at.microsecond // 1000:03}Z-{secrets.token_hex(3)}"


def _copied(
    sources: Sources, to: Sink, backup: str
) -> tuple[postgres.Copied | None, dict[str, CacheCopy], list[StoredObject]]:
    objects: list[StoredObject] = []
    caches: dict[str, CacheCopy] = {}
    # First, so that no key names a row that the database's snapshot does not have yet (`keep.backup.joint`).
    for each in sources.caches:
        caches[each.name], made = each.copy(to, backup)
        objects += made
    database = None
    if sources.postgres:
        database = postgres.copy(sources.postgres, to, backup)
        objects += database.objects
    if sources.stack:
        text = yaml.safe_dump(sources.stack.access, sort_keys=False).encode()
        objects.append(seal(to, backup, ACCESS, [text], compress=False))
    return database, caches, objects


def _read_back(place: Place, backup: str, objects: list[StoredObject]) -> None:
    """Read all that was written: some stores take a wrong checksum, or what was not sent."""
    for each in objects:
        reread(place, backup, each)


def _finish(place: Place, made: BackupManifest) -> None:
    """Write the manifest; then look once more whether all is there, since nothing marks a backup before it has one."""
    text = manifests.written(made)
    with place.write(f"{made.id}/{manifests.NAME}") as out:
        out.write(text)
    there = {found.key: found.size for found in place.found(f"{made.id}/")}
    wanted = {f"{made.id}/{each.name}": each.bytes for each in made.objects}
    if there != {**wanted, f"{made.id}/{manifests.NAME}": len(text)} or stored(place, made.id) != text:
        raise DamagedError(f"{place.address}/{made.id} is not what was written: another program changes it")


def _version() -> str:
    from importlib.metadata import version

    return version("data-tier")
