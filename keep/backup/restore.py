"""The way back from a backup: every object is verified first, and what is restored is proved before it is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg
import yaml

from bootstrap.access import Access, load_access
from bootstrap.postgres.desired import Desired
from bootstrap.reconcile.by_url import desired_by_url
from keep.backup.access import as_roles, brought_about
from keep.errors import AskedError
from keep.manifest import BackupManifest, PostgresCopy
from keep.place.place import Place
from keep.place.sealed import checked, unsealed
from keep.place.unpacked import unpack
from keep.postgres import proof
from keep.postgres.restore import ask
from keep.postgres.restore import restore as into
from keep.postgres.work import DeclaredRoles, Goal, Look, Restored, Work
from keep.workspace import workspace

_FOLDER = "datatier-restore-"
_SHOWN = 4


@dataclass(frozen=True, kw_only=True)
class Wish(Goal):
    """Where a backup's database goes, and by which declaration whoever uses it gets in."""

    access: Access | None = None
    """Declaration that counts; None: the backup's own, where it has one."""
    wanted: Callable[[psycopg.Connection[Any], Access], Desired] = desired_by_url
    """What that wants of the server."""
    tried: Callable[[psycopg.Connection[Any], Access], tuple[str, ...]] = as_roles
    """How access is proved; returns what came out otherwise."""


def restore(place: Place, manifest: BackupManifest, wish: Wish) -> Restored:
    """Restore a backup's database. Raise AskedError, DamagedError or KeepError; then the server is as it was."""
    copy = database_of(manifest)
    swept = ask(wish, copy)
    with workspace(_FOLDER) as folder:
        archive = unpack(place, manifest.id, manifest.stored(copy.archive), folder, copy.archive_size)
        for each in manifest.objects:
            if each.name != copy.archive:
                checked(place, manifest.id, each)
        notes: list[str] = []
        before, after = _access(wish, wish.access or access_of(place, manifest), notes)
        work = Work(
            copy=copy,
            proof=proof.read(content(place, manifest, copy.proof)),
            archive=archive,
            folder=folder,
            server=wish.server,
            name=wish.name,
            replace=wish.replace,
            tables=wish.tables,
            without=wish.without,
            before=before,
            migrate=None if wish.tables else wish.migrate,
            after=None if wish.tables else after,  # it speaks of tables that are not there
        )
        done = into(work)
    done.notes = [*swept, *done.notes, *notes]
    return done


def _access(
    wish: Wish, access: Access | None, notes: list[str]
) -> tuple[Callable[[psycopg.Connection[Any]], DeclaredRoles] | None, Look | None]:
    """How roles are made and how access is proved; `notes` gets what is to be known of it."""
    if access is None:
        return None, None
    there = set[str]()

    def before(conn: psycopg.Connection[Any]) -> DeclaredRoles:
        wanted = wish.wanted(conn, access)

        def make() -> None:
            there.update(name for (name,) in conn.execute("SELECT rolname FROM pg_roles"))
            brought_about(conn, wanted, there)  # an empty database lacks what some of it is about

        return DeclaredRoles(names=frozenset(role.name for role in wanted.roles), make=make)

    def after(conn: psycopg.Connection[Any]) -> tuple[str, ...]:
        left = brought_about(conn, wish.wanted(conn, access), there)
        if left.wrong or not left.spared:
            return left.wrong or wish.tried(conn, access)
        said = f"roles of the server are not as declared: {'; '.join(left.spared[:_SHOWN])}"
        if wish.name is None:
            raise AskedError(f"{said}: access cannot be proved there; verify it without --database-url")
        notes.append(f"{said}; they stay as they are, since other databases use them, and access was not tried")
        return ()

    return before, after


def database_of(manifest: BackupManifest) -> PostgresCopy:
    """Return the database of a backup. Raise AskedError where it has none."""
    if manifest.postgres is None:
        has = ", ".join(manifest.caches) or "nothing"
        raise AskedError(f"the backup {manifest.id} has no database in it, but caches ({has}): name one with --cache")
    return manifest.postgres


def access_of(place: Place, manifest: BackupManifest) -> Access | None:
    """Return the access declaration of a backup; None where it has none. Raise DamagedError."""
    if manifest.access is None:
        return None
    return load_access(yaml.safe_load(content(place, manifest, manifest.access)))


def content(place: Place, manifest: BackupManifest, name: str) -> bytes:
    """Return the content of a small object. Raise DamagedError."""
    with unsealed(place, manifest.id, manifest.stored(name)) as pieces:
        return b"".join(pieces)
