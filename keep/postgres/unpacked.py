"""An archive as a file: pg_restore takes several jobs only from one that it can seek in."""

from __future__ import annotations

import errno
import fcntl
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from keep.errors import AskedError, KeepError
from keep.manifest import StoredObject
from keep.place.place import Place
from keep.place.sealed import unsealed

_PREFIX, _LOCK = "datatier-restore-", "lock"
_YOUNG = 60.0
"""Seconds that whoever has made a folder may take until it holds the lock."""


@contextmanager
def workspace() -> Iterator[Path]:
    """Give a private folder, gone at the end; what runs that were killed have left is removed first."""
    _sweep(Path(tempfile.gettempdir()))
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    lock = (folder / _LOCK).open("w")
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def unpack(place: Place, backup: str, stored: StoredObject, folder: Path, about: int) -> Path:
    """Write an object's content into a file and return it once all of it was read and is what was written.

    `about` is how many bytes it may be. Raise AskedError where they do not fit, DamagedError.
    """
    free = shutil.disk_usage(folder).free
    if about > free:
        raise AskedError(
            f"{folder.parent} has {free >> 20} MiB free, and the backup needs about {about >> 20} there to be "
            "unpacked: free space, or name another folder in TMPDIR"
        )
    path = folder / stored.name.removesuffix(".zst")
    try:
        with path.open("wb") as out, unsealed(place, backup, stored) as content:
            for piece in content:
                out.write(piece)
    except OSError as error:
        mend = "free space there, or name another folder in TMPDIR" if error.errno == errno.ENOSPC else "look at it"
        raise KeepError(f"{folder.parent} cannot be written to: {error.strerror}; {mend}") from None
    return path


def _sweep(root: Path) -> None:
    for folder in root.glob(f"{_PREFIX}*"):
        with suppress(OSError):  # another user's, or gone
            if time.time() - folder.stat().st_mtime < _YOUNG:
                continue
            with (folder / _LOCK).open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # an OSError where somebody is at it
                shutil.rmtree(folder, ignore_errors=True)
