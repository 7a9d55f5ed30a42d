"""A cache's copy brought into a server: refused before anything is touched where it does not fit, proved afterwards."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import redis

from bootstrap.secrets import LoginError
from keep.errors import AskedError, KeepError
from keep.manifest import BackupManifest
from keep.place.place import Place
from keep.redis.keys import Copying
from keep.redis.proof import added, differences
from keep.redis.target import Target
from keep.redis.unpacked import proof_of, unpacked
from observe.keys.places import NowhereError
from observe.keys.rdb import RdbError
from observe.keys.wire import ReplyError, WireError
from observe.node import RedisNode


@dataclass(frozen=True, kw_only=True)
class RestoredCache:
    """How a restore of a cache came out."""

    cache: str
    server: str
    keys: int
    """That are there now."""
    expired: int
    """That have come to the end of their life since the copy: nothing is lost of them."""
    removed: int
    """That were there before."""
    seconds: float
    unread: int
    """Keys that are proved by name, type and expiry only: those of modules' types."""
    differences: tuple[str, ...]
    """What is other than in the copy, by key space; none where all is the same."""


def restore(
    place: Place, manifest: BackupManifest, cache: str, nodes: Sequence[RedisNode], *, replace: bool = False
) -> RestoredCache:
    """Bring the copy of a cache into the servers of `nodes` and prove it.

    Raise AskedError for what cannot be, DamagedError for a copy that is not what was written, both before anything is
    touched; KeepError where it breaks off.

    :param replace: whether keys that are there may go.
    """
    clock_ = time.monotonic()
    copy = manifest.caches.get(cache)
    if copy is None:
        raise AskedError(
            f"the backup {manifest.id} has no cache `{cache}`: {', '.join(manifest.caches) or 'it has none'}"
        )
    if not copy.objects:
        raise AskedError(
            f"the copy of {cache} is ElastiCache's snapshot {copy.snapshot}, which lies there alone: a new cache comes "
            "from it (CreateReplicationGroup with SnapshotName), and no other server does"
        )
    with unpacked(place, manifest, copy) as files, _explained(cache):
        target = Target(cache, nodes)
        before = target.asked(copy, replace=replace)
        spaces = proof_of(place, manifest, copy).counting(cache, clustered=before.clustered)
        expected = added(files, spaces, target.now, target.takes)
        target.has(max(expected.databases, default=0), clustered=before.clustered)
        if before.keys:
            target.flush()
        target.fill(files)
        found = Copying(cache, tuple(nodes), spaces, primary=True, paced=False)
        for _ in found.every():
            pass
        at = int(1000 * found.ended.timestamp()) + 1
        wanted, expired = expected.living(at)
        actual, _ = found.living(at)
    return RestoredCache(
        cache=cache,
        server=before.title,
        keys=actual.keys,
        expired=expired,
        removed=before.keys,
        seconds=round(time.monotonic() - clock_, 3),
        unread=sum(each.unread for each in wanted.spaces),
        differences=differences(wanted, actual),
    )


@contextmanager
def _explained(cache: str) -> Iterator[None]:
    try:
        yield
    except (NowhereError, WireError, ReplyError, LoginError, RdbError, redis.RedisError) as error:
        raise KeepError(f"the cache {cache} could not be restored: {error}") from None
