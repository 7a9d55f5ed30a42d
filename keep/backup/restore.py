"""The way back from a backup: every object is verified first, and what is restored is proved before it is named."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import yaml

from bootstrap.access import Access, load_access
from keep.errors import AskedError
from keep.manifest import BackupManifest, PostgresCopy
from keep.place.place import Place
from keep.place.sealed import checked, unsealed
from keep.postgres import proof
from keep.postgres.restore import Restored, Work
from keep.postgres.restore import restore as into
from keep.postgres.target import TargetServer
from keep.postgres.unpacked import unpack, workspace


@dataclass(frozen=True, kw_only=True)
class Wish:
    """Where a backup's database goes."""

    server: TargetServer
    name: str
    replace: bool = False


def restore(place: Place, manifest: BackupManifest, wish: Wish) -> Restored:
    """Restore a backup's database. Raise AskedError, DamagedError or KeepError; then the server is as it was."""
    copy = database_of(manifest)
    with workspace() as folder:
        archive = unpack(place, manifest.id, manifest.stored(copy.archive), folder, copy.size)
        for each in manifest.objects:
            if each.name != copy.archive:
                checked(place, manifest.id, each)
        rows = proof.read(content(place, manifest, copy.proof))
        work = Work(
            copy=copy,
            proof=rows,
            archive=archive,
            folder=folder,
            server=wish.server,
            name=wish.name,
            replace=wish.replace,
        )
        return into(work)


def database_of(manifest: BackupManifest) -> PostgresCopy:
    """Return the database of a backup. Raise AskedError where it has none."""
    if manifest.postgres is None:
        raise AskedError(f"the backup {manifest.id} has no database in it")
    return manifest.postgres


def access_of(place: Place, manifest: BackupManifest) -> Access | None:
    """Return the access declaration of a backup; None where it has none."""
    if manifest.access is None:
        return None
    return load_access(yaml.safe_load(content(place, manifest, manifest.access)))


def content(place: Place, manifest: BackupManifest, name: str) -> bytes:
    """Return the content of a small object. Raise DamagedError."""
    with unsealed(place, manifest.id, manifest.stored(name)) as pieces:
        return b"".join(pieces)


def named(database: str, at: datetime) -> str:
    """Return what a database is called that is restored aside."""
    from keep.postgres.naming import aside

    return aside(database, "restored", at)
