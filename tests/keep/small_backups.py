"""Backups that need no server: their one source is a cache that a test makes up, and places that fail when asked to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from keep import manifest as manifests
from keep.backup.create import Sources
from keep.errors import KeepError
from keep.manifest import BackupManifest, CacheCopy, PostgresCopy, StoredObject
from keep.place.place import Found, Place, Reader, Sink, Writer
from keep.place.sealed import seal

NOON = datetime(2027, 3, 14, 12, tzinfo=UTC)
"""A Sunday."""


@dataclass(frozen=True)
class MadeUpCache:
    """Implements `CacheSource`."""

    name: str = "stock"
    content: Sequence[bytes] = (b"a shelf ", b"of books")

    def copy(self, place: Sink, backup: str) -> tuple[CacheCopy, tuple[StoredObject, ...]]:
        written = seal(place, backup, f"redis-{self.name}.zst", self.content)
        raw = seal(place, backup, f"redis-{self.name}.txt", [b"keys: 2\n"], compress=False)
        now = datetime.now(UTC)
        made = CacheCopy(
            form="keys",
            server="valkey 9.1.2",
            rdb_version=80,
            taken_at=now,
            began_at=now,
            keys=2,
            objects=(written.name, raw.name),
        )
        return made, (written, raw)


def sources(*content: bytes, name: str = "stock") -> Sources:
    return Sources(caches=(MadeUpCache(name, content or MadeUpCache.content),), server="books.example.org:6379")


def manifest(
    days: float = 0,
    *,
    stack: str | None = "lending",
    database: str | None = "library",
    size: int = 1000,
    tables: int = 5,
    rows: int = 100,
    keys: dict[str, int | None] | None = None,
    now: datetime = NOON,
    mark: str = "0a0b0c",
) -> BackupManifest:
    """A manifest as of so many days before `now`."""
    at = now - timedelta(days=days)
    postgres = PostgresCopy(
        database=database or "",
        server_version="18.6",
        major=18,
        owner=None,
        read_as="archivist",
        encoding="UTF8",
        collation="libc C.UTF-8",
        collation_version=None,
        extensions={},
        migration=None,
        schema_fingerprint=None,
        snapshot_at=at,
        snapshot_lsn="0/1",
        timeline=1,
        system_identifier="7713750062985194464",
        standby=False,
        size=size,
        tables=tables,
        rows=rows,
        archive="a",
        archive_size=2 * size,
        proof="p",
    )
    caches = {
        name: CacheCopy(
            form="keys", server="valkey 9.1.2", rdb_version=80, taken_at=at, began_at=at, keys=count, objects=()
        )
        for name, count in (keys or {}).items()
    }
    return BackupManifest(
        id=f"{at:%Y%m%dT%H%M%S}{at.microsecond // 1000:03}Z-{mark}",
        stack=stack,
        prefix=f"books-{stack}",
        made_at=at,
        seconds=1,
        tool="0",
        postgres=postgres if database else None,
        caches=caches,
        objects=(StoredObject(name="a", bytes=size, sha256="0" * 64),),
    )


def put(place: Place, made: BackupManifest) -> BackupManifest:
    """Lay a backup of empty objects down; its hashes are wrong, which only a verification sees."""
    for each in made.objects:
        with place.write(f"{made.id}/{each.name}") as out:
            out.write(b"0")
    with place.write(f"{made.id}/{manifests.NAME}") as out:
        out.write(manifests.written(made))
    return made


class KilledError(BaseException):
    """As a SIGKILL is: nothing of the run happens after it."""


@dataclass
class Mortal:
    """A place whose user is killed at its effect of that number, or whose every effect from there on is refused."""

    inner: Place
    at: int
    killed: bool = True
    count: int = field(default=0)

    def _effect(self) -> None:
        self.count += 1
        if self.count < self.at:
            return
        if self.killed:
            raise KilledError
        raise KeepError(f"{self.address} refuses: ask somebody")

    @property
    def address(self) -> str:
        return self.inner.address

    @contextmanager
    def write(self, key: str, *, replace: bool = False) -> Iterator[Writer]:
        self._effect()
        with self.inner.write(key, replace=replace) as out:
            yield out
            self._effect()

    @contextmanager
    def read(self, key: str) -> Iterator[Reader]:
        with self.inner.read(key) as source:
            yield source

    def found(self, prefix: str = "") -> Iterator[Found]:
        return self.inner.found(prefix)

    def lock(self, key: str, /) -> None:
        self._effect()
        self.inner.lock(key)

    def locked(self, key: str, /) -> str | None:
        return self.inner.locked(key)

    def remove(self, key: str) -> None:
        self._effect()
        self.inner.remove(key)

    def unfinished(self) -> Iterator[Found]:
        return self.inner.unfinished()

    def sweep(self, before: datetime) -> int:
        self._effect()
        return self.inner.sweep(before)
