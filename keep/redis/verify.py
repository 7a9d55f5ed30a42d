"""The copies of caches at the deeper levels of a verification: every value read, and all of it in a server."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager

from keep.errors import AskedError, DamagedError, KeepError
from keep.manifest import BackupManifest, CacheCopy
from keep.place.place import Place
from keep.redis.proof import CacheProof, added, differences
from keep.redis.restore import restore
from keep.redis.unpacked import proof_of, unpacked
from observe.keys.rdb import RdbError, Snapshot
from observe.node import RedisNode

Scratch = Callable[[], AbstractContextManager[tuple[RedisNode, ...]]]
"""Gives an empty server; what was made for it is gone at the end."""


def read_through(place: Place, manifest: BackupManifest) -> Iterable[str]:
    """Level 2: read every key and its value, and compare them with what was proved when the copy was made."""
    for name, copy in manifest.caches.items():
        if copy.objects:
            for each in _read(place, manifest, name, copy):
                yield f"cache {name}: {each}"


def _read(place: Place, manifest: BackupManifest, name: str, copy: CacheCopy) -> tuple[str, ...]:
    """What is wrong with one cache. Raise KeepError where its files cannot be had: that says nothing of the copy."""
    try:
        wanted = proof_of(place, manifest, copy)
        with unpacked(place, manifest, copy) as files:
            return _counted(wanted, name, files)
    except DamagedError as error:
        return (str(error),)


def _counted(wanted: CacheProof, name: str, files: Sequence[Snapshot]) -> tuple[str, ...]:
    try:
        found = added(files, wanted.counting(name, clustered=False), 0)
    except (RdbError, KeepError) as error:
        return (str(error),)
    return differences(wanted, found.proof())


def restored(scratch: Scratch) -> Callable[[Place, BackupManifest], Iterable[str]]:
    """Level 3: bring each cache into a server where it harms nobody, and compare what is there then."""

    def look(place: Place, manifest: BackupManifest) -> Iterator[str]:
        for name, copy in manifest.caches.items():
            if not copy.objects:
                continue
            with scratch() as nodes:
                try:
                    found = restore(place, manifest, name, nodes).differences
                except AskedError:  # it does not fit there: that says nothing of the copy
                    raise
                except KeepError as error:
                    found = (str(error),)
            yield from (f"cache {name}: {each}" for each in found)

    return look
