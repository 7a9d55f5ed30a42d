"""Whose data `datatier upgrade rehearse` takes: a tier's, a server's, or those of a backup."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cli.doors import by_url
from cli.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from bootstrap.secrets import Secret
    from keep.backup.create import Sources
    from keep.manifest import BackupManifest
    from keep.place.place import Place
    from rehearse.postgres.source import PostgresFacts


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Whose data."""

    stack: str | None
    manifest: str | None
    place: str | None
    backup: str | None
    database_url: str | None
    redis_url: str | None


@dataclass(frozen=True, kw_only=True)
class Data:
    """The data, as a backup, and what the source's own server says."""

    place: Place
    manifest: BackupManifest
    facts: PostgresFacts | None = None


def major_of(was: str, wanted: str) -> int:
    """The major version that is rehearsed. Raise PlanError or InputError."""
    from upgrade.postgres import new_major
    from upgrade.step import UpgradeChange

    found = new_major(UpgradeChange(target="postgres", key="version", was=was, wanted=wanted))
    if found is None:
        raise InputError(
            f"the source runs {was}, and {wanted} is no other major version: a minor one changes neither data nor "
            "catalog, so there is nothing to rehearse."
        )
    return found


@contextmanager
def data(asked: Asked, target: str, version: str, say: Callable[[str], None]) -> Iterator[Data]:
    """The data as a backup: one that is there, or one that is made for this and removed."""
    from keep.backup.create import create
    from keep.backup.listing import opened
    from keep.place.folder import FolderPlace
    from keep.workspace import workspace

    if asked.place is not None or asked.backup is not None:
        from cli.backup_place import existing_place

        place = existing_place(asked.place, asked.stack, asked.manifest)
        found = opened(place, asked.backup or _newest(place, target))
        url = by_url(asked.database_url, None, None) if target == "postgres" else None
        yield Data(place=place, manifest=found, facts=_facts_of_url(url, found, version) if url else None)
        return
    with workspace("datatier-copied-") as folder:
        facts = None
        if target == "postgres":
            sources, facts = _postgres(asked, version)
        else:
            sources = _one_cache(asked, target)
        say("copying the data")
        copied = FolderPlace(folder / "copy")
        yield Data(place=copied, manifest=create(sources, copied), facts=facts)


def _postgres(asked: Asked, version: str) -> tuple[Sources, PostgresFacts]:
    from cli.backup_sources import asked as sources_of
    from rehearse.postgres.source import facts

    sources = replace(sources_of(asked.stack, asked.manifest, asked.database_url, names=[]), caches=())
    assert sources.postgres is not None  # noqa: S101 a stack has a database, and so has a URL
    with sources.postgres.connect() as conn:
        major = major_of(conn.info.parameter_status("server_version") or "", version)
        return sources, facts(conn, major)


def _one_cache(asked: Asked, cache: str) -> Sources:
    from bootstrap.secrets import place_of
    from cli.backup_caches import caches_of_stack, caches_of_url
    from cli.target import find_manifest
    from keep.backup.create import Sources

    url = by_url(asked.redis_url, asked.stack, asked.manifest, "--redis-url")
    if url is not None:
        return Sources(caches=caches_of_url(url, None, None, called=cache), server=place_of(url))
    target = find_manifest(asked.stack, asked.manifest)
    return Sources(caches=caches_of_stack(target, [cache], None, None), stack=target)


def _facts_of_url(url: Secret, found: BackupManifest, version: str) -> PostgresFacts:
    from bootstrap.secrets import open_database_url
    from keep.backup.restore import database_of
    from rehearse.postgres.source import facts

    copy = database_of(found)
    major = major_of(copy.server_version, version)
    with open_database_url(url) as conn:
        if conn.info.server_version // 10000 != copy.major:
            raise InputError(
                f"the server runs {conn.info.parameter_status('server_version')} and the backup {found.id} is of "
                f"{copy.server_version}: name the server that was backed up, or leave --database-url out."
            )
        return facts(conn, major)


def _newest(place: Place, target: str) -> str:
    """The newest backup that has the target. Raise InputError."""
    from keep.backup.listing import kept

    for each in reversed(kept(place)):
        if each.manifest and (each.manifest.postgres if target == "postgres" else target in each.manifest.caches):
            return each.id
    what = "a database" if target == "postgres" else f"a cache `{target}`"
    raise InputError(f"{place.address} has no backup with {what}: `datatier backup create` makes one.")


def folder_of(asked: Asked, report: Path | None) -> Path | None:
    """Where the report is kept: what was named, or the folder of the tier whose data it is about."""
    if report is not None:
        return report
    if asked.place or asked.database_url or asked.redis_url or asked.manifest:
        return None
    from cli.current import state_of

    return state_of(asked.stack).path / "rehearsals"
