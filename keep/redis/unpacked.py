"""The files of a cache's copy, verified to their ends and unpacked where nobody else reads: what is acted on then."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from keep.errors import AskedError, DamagedError
from keep.manifest import BackupManifest, CacheCopy
from keep.place.place import Place
from keep.place.sealed import unsealed
from keep.redis import proof
from keep.redis.proof import CacheProof
from observe.keys.rdb import RdbError, Snapshot, snapshot


@contextmanager
def unpacked(place: Place, manifest: BackupManifest, copy: CacheCopy) -> Iterator[tuple[Snapshot, ...]]:
    """Give the files, open. Raise DamagedError, or AskedError where there is no room for them."""
    with tempfile.TemporaryDirectory(prefix="datatier-cache-") as folder, ExitStack() as open_files:
        free = shutil.disk_usage(folder).free
        if copy.size is not None and copy.size > free:
            raise AskedError(
                f"the copy takes {copy.size} bytes unpacked, and {folder} has {free}: free some, or name a folder with "
                "more room in TMPDIR"
            )
        found = []
        for name in copy.objects:
            path = Path(folder) / name.removesuffix(".zst")
            with unsealed(place, manifest.id, manifest.stored(name)) as content, path.open("wb") as file:
                for piece in content:
                    file.write(piece)
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
