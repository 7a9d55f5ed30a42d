"""Makes a backup: its objects, each read back, and then the manifest, which makes it one."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime

import yaml

from bootstrap.manifest import Manifest
from keep import manifest as manifests
from keep.manifest import BackupManifest, CacheCopy, StoredObject
from keep.place.place import Place
from keep.place.sealed import checked, seal
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


def create(sources: Sources, place: Place) -> BackupManifest:
    """Make a backup and return its manifest. Raise KeepError; then nothing is there that looks whole."""
    began, clock = datetime.now(UTC), time.monotonic()
    backup = new_id(began)
    objects: list[StoredObject] = []
    database = None
    if sources.postgres:
        database, made = postgres.copy(sources.postgres, place, backup)
        objects += made
    caches: dict[str, CacheCopy] = {}
    for each in sources.caches:
        caches[each.name], made = each.copy(place, backup)
        objects += made
    access = None
    if sources.stack:
        text = yaml.safe_dump(sources.stack.access, sort_keys=False).encode()
        objects.append(seal(place, backup, access := ACCESS, [text], compress=False))
    for written in objects:
        checked(place, backup, written)  # some stores take a wrong checksum
    made_manifest = BackupManifest(
        id=backup,
        stack=sources.stack.stack if sources.stack else None,
        prefix=sources.stack.prefix if sources.stack else None,
        made_at=began,
        seconds=round(time.monotonic() - clock, 3),
        tool=_version(),
        postgres=database,
        caches=caches,
        access=access,
        objects=tuple(objects),
    )
    with place.write(f"{backup}/{manifests.NAME}") as out:
        out.write(manifests.written(made_manifest))
    return made_manifest


def new_id(at: datetime) -> str:
    """Return a name that sorts by time and that no other backup has."""
    return f"{at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


def _version() -> str:
    from importlib.metadata import version

    return version("data-tier")
