"""What folders take of the disk, and whether there is room: their servers may write and remove meanwhile."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from graph.errors import CloudError


def size(folder: Path) -> int:
    """Bytes in all files below a folder; 0 where there is none."""
    return sum(each.st_size for each in _files(folder))


def taken(folder: Path) -> int:
    """Bytes that the files below a folder take on the disk: the holes of a segment that was switched early are none."""
    return sum(each.st_blocks * 512 for each in _files(folder))


def room(folder: Path, needed: int, what: str) -> None:
    """Refuse what would fill the disk before it has. Raise CloudError."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        mib = 1024**2
        raise CloudError(
            f"{what} takes {needed // mib} MiB and {free // mib} are free in {folder}: free space, or remove a "
            "snapshot with `datatier snapshot delete`"
        )


def _files(folder: Path) -> Iterator[os.stat_result]:
    for path, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):  # a table was dropped, a segment archived
                yield Path(path, name).lstat()
