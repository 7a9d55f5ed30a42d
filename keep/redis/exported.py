"""A cache of ElastiCache copied as its snapshot, exported to a bucket and read there: no login, all keys of one moment.

ElastiCache writes a file for each shard, `NAME-0001.rdb`, beside everything else in the bucket, which must be in the
cache's region and let `REGION.elasticache-snapshot.amazonaws.com` write (ElastiCache User Guide, "Exporting a backup");
whoever asks needs `s3:ListAllMyBuckets` on everything besides. What was made on the way is gone at the end. Of a killed
run the next copy removes the files, and the next drill the snapshot, which bears the marks of what drills make.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from keep.errors import EstateError, KeepError
from keep.estate.estate import Snapshot as CacheSnapshot
from keep.estate.naming import copy_name, is_copy_of
from keep.manifest import CacheCopy, StoredObject
from keep.place.place import Found, Place, Sink
from keep.place.sealed import CHUNK, seal
from keep.place.unpacked import filled
from keep.redis.file import pieces
from keep.redis.keys import BESIDE
from keep.redis.proof import added, written
from keep.workspace import workspace
from observe.keys.rdb import RdbError, Snapshot, snapshot
from observe.keys.spaces import Spaces

_POLL = 15.0
"""Seconds between two looks; ElastiCache has no waiter for snapshots."""
_LONGEST = 4 * 3600.0
"""Seconds that a snapshot, and then its export, may take."""
_ABANDONED = timedelta(seconds=2 * _LONGEST)
"""Age of files that no run reads any more."""
_FILE = re.compile(r"(.+)-\d{4}\.rdb")
GRANT = (
    "the bucket must be in the cache's region and its policy let REGION.elasticache-snapshot.amazonaws.com "
    "s3:PutObject, GetObject, ListBucket, GetBucketAcl, ListMultipartUploadParts and ListBucketMultipartUploads, and "
    "where it encrypts under a KMS key that key's policy let it kms:GenerateDataKey and kms:Decrypt; whoever runs this "
    "needs elasticache:CopySnapshot, and s3:ListAllMyBuckets on *"
)


class Exporter(Protocol):
    """ElastiCache's calls that an export takes; of `keep.estate.estate.Estate`, and CopySnapshot besides."""

    def create_cache_snapshot(self, source: str, snapshot: str, *, made_by: str) -> None:
        """CreateSnapshot."""
        ...

    def cache_snapshots(self, source: str) -> Sequence[CacheSnapshot]:
        """DescribeSnapshots."""
        ...

    def export_cache_snapshot(self, snapshot: str, target: str, bucket: str) -> None:
        """CopySnapshot with a bucket."""
        ...

    def delete_cache_snapshot(self, snapshot: str) -> None:
        """DeleteSnapshot."""
        ...


@dataclass(frozen=True, kw_only=True)
class ElastiCacheSource:
    """Implements `CacheSource`."""

    name: str
    group: str
    """Replication group."""
    prefix: str
    """Of the stack's names."""
    estate: Exporter
    bucket: str
    """Of the cache's region, where it is exported to."""
    exports: Place
    """All of that bucket."""
    spaces: Spaces
    pause: Callable[[float], None] = time.sleep

    def copy(self, place: Sink, backup: str) -> tuple[CacheCopy, tuple[StoredObject, ...]]:
        """Take a snapshot, export it, write its files and their proof. Raise KeepError; then nothing of it is left."""
        name = copy_name(self.prefix, backup, self.name.replace("-", ""))
        began = datetime.now(UTC)
        self._sweep(began - _ABANDONED)
        with self._taken(name, backup) as taken:
            # Of several shards AWS's time is that of the first; all were taken by now.
            ended = datetime.now(UTC) if taken.parts > 1 or taken.taken_at is None else taken.taken_at
            with self._files(name, taken.parts) as files:
                return self._written(place, backup, files, taken.taken_at or began, ended)

    def _written(
        self, place: Sink, backup: str, files: Sequence[Snapshot], began: datetime, taken: datetime
    ) -> tuple[CacheCopy, tuple[StoredObject, ...]]:
        stored = tuple(
            seal(place, backup, f"cache-{self.name}-{number}.rdb.zst", pieces(file))
            for number, file in enumerate(files, 1)
        )
        proof = added(files, self.spaces, int(1000 * taken.timestamp())).proof()
        beside = seal(place, backup, f"cache-{self.name}.proof.zst", [written(proof)])
        copy = CacheCopy(
            form="elasticache",
            server=files[0].server,
            rdb_version=files[0].version,
            began_at=began,
            taken_at=taken,
            keys=proof.keys,
            size=sum(len(file.data) for file in files),
            objects=tuple(each.name for each in stored),
            proof=beside.name,
            left_out=BESIDE,
        )
        return copy, (*stored, beside)

    @contextmanager
    def _taken(self, name: str, backup: str) -> Iterator[CacheSnapshot]:
        self.estate.create_cache_snapshot(self.group, name, made_by=backup)
        try:
            yield self._until(name, "a snapshot")
        finally:
            with suppress(EstateError):  # what was wrong before says more; a later drill removes it
                self.estate.delete_cache_snapshot(name)

    def _until(self, name: str, what: str) -> CacheSnapshot:
        for _ in range(int(_LONGEST / _POLL)):
            found = next((each for each in self.estate.cache_snapshots(self.group) if each.identifier == name), None)
            if found is not None and found.status == "available":
                return found
            if found is not None and found.status in ("failed", "deleting"):
                raise KeepError(f"ElastiCache has begun {what} of {self.group} ({name}), which is now {found.status}")
            self.pause(_POLL)
        raise KeepError(f"ElastiCache has not finished {what} of {self.group} ({name}) for {_LONGEST / 3600:.0f} hours")

    @contextmanager
    def _files(self, name: str, parts: int) -> Iterator[tuple[Snapshot, ...]]:
        """Export the snapshot, and give its files."""
        with workspace("datatier-cache-") as folder, ExitStack() as files:
            try:
                self._export(name, parts)
                exported = self._exported(name)
                with filled(folder, sum(each.size for each in exported)):
                    found = [self._fetched(each, folder) for each in exported]
            finally:
                for each in self._exported(name):
                    with suppress(KeyError):
                        self.exports.remove(each.key)
            try:
                yield tuple(files.enter_context(snapshot(path)) for path in found)
            except RdbError as error:
                raise KeepError(f"what ElastiCache has exported of {self.group} is not whole: {error}") from None

    def _export(self, name: str, parts: int) -> None:
        try:
            self.estate.export_cache_snapshot(name, name, self.bucket)
        except EstateError as error:
            raise KeepError(f"{error}; {GRANT}") from None
        for _ in range(int(_LONGEST / _POLL)):
            # `exporting` until all files are there.
            self._until(name, "the export of its snapshot")
            if len(self._exported(name)) == parts:
                return
            self.pause(_POLL)
        raise KeepError(
            f"ElastiCache has exported {len(self._exported(name))} of {parts} files of {self.group} to "
            f"s3://{self.bucket}; {GRANT}"
        )

    def _exported(self, name: str) -> list[Found]:
        return [each for each in self.exports.found(f"{name}-") if each.key.endswith(".rdb")]

    def _sweep(self, before: datetime) -> None:
        """Remove the files that killed runs of this stack have left."""
        for each in list(self.exports.found(f"{self.prefix}-")):
            name = _FILE.fullmatch(each.key)
            if name and each.modified < before and is_copy_of(self.prefix, name[1]):
                self.exports.remove(each.key)

    def _fetched(self, found: Found, folder: Path) -> Path:
        path = folder / found.key
        with self.exports.read(found.key) as source, path.open("wb") as file:
            while piece := source.read(CHUNK):
                file.write(piece)
        if path.stat().st_size != found.size:
            raise KeepError(f"s3://{self.bucket}/{found.key} was read to {path.stat().st_size} bytes of {found.size}")
        return path
