"""A private folder for the time of a piece of work; what a run that was killed has left is removed by the next one."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from keep.errors import AskedError

_LOCK = "lock"
_YOUNG = 60.0
"""Seconds that whoever has made a folder may take until it holds the lock."""


@contextmanager
def workspace(prefix: str, end: Callable[[Path], object] = Path.is_dir) -> Iterator[Path]:
    """Give a folder of that prefix where temporary files are, gone afterwards.

    :param end: ends what may still run in a folder that a run has left.
    """
    for left in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
        _sweep(left, end)
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    with (folder / _LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def room(folder: Path, needed: int, what: str) -> None:
    """Raise AskedError where the disk of a workspace has fewer bytes left than `what` takes, before it takes them."""
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise AskedError(
            f"{folder.parent} has {free >> 20} MiB free, and {what} takes about {needed >> 20} there: free space, or "
            "name another folder in TMPDIR"
        )


def _sweep(folder: Path, end: Callable[[Path], object]) -> None:
    with suppress(OSError):  # another user's, somebody is at it, or it is gone
        if time.time() - folder.stat().st_mtime < _YOUNG:
            return
        with (folder / _LOCK).open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            end(folder)
            shutil.rmtree(folder, ignore_errors=True)
