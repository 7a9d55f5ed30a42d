"""The manifest of a backup: written last, it names every object with its size and SHA-256. Without one there is none.

It is read only in the very form in which it was written, and carries a hash of itself: a flipped bit in it is found.
That is judged by its text alone, so that another version of this program, whose manifests say more or less, reads it
too: what is added has a default, and what says something else than before is another `format`.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bootstrap.report import MigrationReached
from keep.errors import DamagedError, KeepError

NAME = "MANIFEST.json"
FORMAT: Literal[1] = 1
NAMED = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
"""What backups and their objects may be called: nothing that leads out of the place."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class StoredObject(_Model):
    """One object of a backup, as it lies in its place."""

    name: str = Field(pattern=NAMED)
    bytes: int = Field(ge=0)
    """Size as stored."""
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    """Of the bytes as stored."""
    compressed: bool = True
    """Whether it is Zstandard, in frames with checksums."""


class PostgresCopy(_Model):
    """The database, as one snapshot saw it."""

    database: str
    server_version: str
    """Such as `18.6`."""
    major: int
    owner: str | None
    """The role that the objects belong to; None where each has its own."""
    read_as: str
    """The role that read it: the owner, or another one from which nothing is hidden."""
    encoding: str
    collation: str
    """Default collation: provider and locale, such as `libc C.UTF-8`."""
    collation_version: str | None
    """By the library that sorts; None where it has none. Under another one indexes of text are built anew."""
    roles: tuple[str, ...] = ()
    """Roles that own something in it, may do something or are in a policy."""
    extensions: dict[str, str]
    """Extension -> version."""
    migration: MigrationReached | None
    schema_fingerprint: str | None
    """SHA-256 of the schema definition as `bootstrap.schema` reads it; None where it could not be read."""
    snapshot_at: datetime
    """When the snapshot was taken, by the server's clock."""
    snapshot_lsn: str
    """Where its WAL was then; of a standby, what it had replayed."""
    timeline: int | None
    """Of that WAL; None where the server does not say."""
    system_identifier: str | None
    """Of the server and those made from it by base backup; None where the server does not say."""
    standby: bool
    """Whether it was read from a standby."""
    size: int
    """Bytes of the database on the server."""
    tables: int
    rows: int
    left_out: tuple[str, ...] = ()
    """What of the database is not in the copy, one sentence each."""
    unproved: tuple[str, ...] = ()
    """What is in the copy and not in the proof, one sentence each."""
    warnings: tuple[str, ...] = ()
    """What whoever keeps it must know, one sentence each."""
    archive: str
    """Object: pg_dump's custom format without its own compression."""
    archive_size: int
    """Bytes of the archive, which a restore needs room for."""
    proof: str
    """Object: what every row, sequence and large object was (`keep.postgres.proof`), JSON."""


class CacheCopy(_Model):
    """One cache."""

    form: Literal["keys", "rdb", "elasticache"]
    """`keys` is what a scan with DUMP brought, `rdb` a file of BGSAVE, `elasticache` a snapshot and its export."""
    server: str
    """Such as `valkey 9.1.2`: a newer server's keys go into no older one."""
    rdb_version: int | None
    taken_at: datetime
    """When it was taken; of a scan, when it ended."""
    began_at: datetime
    keys: int | None
    """None of a snapshot that lies at ElastiCache alone."""
    gone: int = 0
    """Keys that a scan has named and that were not there any more when their turn came."""
    memory: int | None = None
    """Bytes that the keys take on the server."""
    size: int | None = None
    """Bytes of its objects before compression."""
    snapshot: str | None = None
    """Name of ElastiCache's snapshot, where it is kept there."""
    objects: tuple[str, ...]
    """Objects: files of the snapshot format (RDB); several where a cluster was exported shard by shard."""
    proof: str | None = None
    """Object: `keep.redis.proof.CacheProof`, JSON."""
    left_out: tuple[str, ...] = ()
    """What of the cache is not in the copy, one sentence each."""


class Source(_Model):
    """What is backed up. Backups of one source are compared with each other, and are let go by one rule."""

    stack: str | None
    prefix: str | None
    server: str | None
    database: str | None
    """None for caches alone."""

    def __str__(self) -> str:
        """Return it as people would call it, such as `orders of prod`."""
        what = self.database or "caches"
        return f"{what} of {self.stack or self.server or 'a server'}"


class BackupManifest(_Model):
    """All of one backup."""

    format: Literal[1] = FORMAT
    id: str = Field(pattern=NAMED)
    stack: str | None
    """None for servers that no stack describes."""
    prefix: str | None
    """Prefix of the stack's physical names."""
    server: str | None = None
    """Host of the stack's primary, or host and port of the server whose URL was given."""
    made_at: datetime
    """When it was begun."""
    seconds: float
    tool: str
    """Version of this program."""
    postgres: PostgresCopy | None = None
    caches: dict[str, CacheCopy] = Field(default_factory=dict)
    access: str | None = None
    """Object: the access declaration, by which roles come back with new passwords."""
    objects: tuple[StoredObject, ...]

    def stored(self, name: str) -> StoredObject:
        """Return an object of it. Raise KeyError."""
        found = next((each for each in self.objects if each.name == name), None)
        if found is None:
            raise KeyError(name)
        return found

    @property
    def size(self) -> int:
        """Bytes of all its objects."""
        return sum(each.bytes for each in self.objects)

    @property
    def source(self) -> Source:
        """What it is a backup of."""
        database = self.postgres.database if self.postgres else None
        return Source(stack=self.stack, prefix=self.prefix, server=self.server, database=database)


def written(manifest: BackupManifest) -> bytes:
    """Return the only form of a manifest."""
    return _sealed(manifest.model_dump(mode="json"))


def read(data: bytes, where: str) -> BackupManifest:
    """Return the manifest. Raise DamagedError for anything that `written` has not written.

    Raise KeepError for one that only a newer version of this program reads.
    """
    try:
        body = json.loads(data)["manifest"]
        whole = _sealed(body) == data
    except (ValueError, KeyError, TypeError):
        raise DamagedError(f"{where} is not a manifest, or is damaged") from None
    if not whole:
        raise DamagedError(f"{where} is damaged: it is not as it was written")
    try:
        return BackupManifest.model_validate(body)
    except ValidationError:
        if isinstance(body, dict) and body.get("format") != FORMAT:
            raise KeepError(
                f"{where} was written by datatier {body.get('tool')}, in a format that this version does not read: "
                "update it"
            ) from None
        raise DamagedError(f"{where} is not a manifest, or is damaged") from None


def _sealed(body: object) -> bytes:
    return _canonical({"manifest": body, "sha256": hashlib.sha256(_canonical(body)).hexdigest()}, indent=1)


def _canonical(body: object, indent: int | None = None) -> bytes:
    return (json.dumps(body, sort_keys=True, indent=indent, ensure_ascii=True) + "\n").encode("ascii")
