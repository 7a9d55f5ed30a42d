"""The files of a cache's copy, verified to their ends and unpacked where nobody else reads: what is acted on then."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from keep.errors import DamagedError
from keep.manifest import BackupManifest, CacheCopy
from keep.place.place import Place
from keep.place.sealed import unsealed
from keep.place.unpacked import unpack
from keep.redis import proof
from keep.redis.proof import CacheProof
from keep.workspace import workspace
from observe.keys.rdb import RdbError, Snapshot, snapshot


@contextmanager
def unpacked(place: Place, manifest: BackupManifest, copy: CacheCopy) -> Iterator[tuple[Snapshot, ...]]:
    """Give the files, open. Raise DamagedError, or AskedError where there is no room for them."""
    with workspace("datatier-cache-") as folder, ExitStack() as open_files:
        found, about = list[Snapshot](), copy.size or 0
        for name in copy.objects:
            path = unpack(place, manifest.id, manifest.stored(name), folder, about)
            about = 0  # it was that of all of them
            try:
                found.append(open_files.enter_context(snapshot(path)))
            except RdbError as error:
                raise DamagedError(f"{place.address}/{manifest.id}/{name}: {error}") from None
        yield tuple(found)


def proof_of(place: Place, manifest: BackupManifest, copy: CacheCopy) -> CacheProof:
    """What the keys were when the copy was made. Raise DamagedError."""
    name = copy.proof or ""
    with unsealed(place, manifest.id, manifest.stored(name)) as content:
        return proof.read(b"".join(content), f"{place.address}/{manifest.id}/{name}")
