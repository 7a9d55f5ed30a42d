"""An object as a file: for whoever has to seek in it, as pg_restore with several jobs and whoever reads a snapshot."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

from keep.errors import KeepError
from keep.manifest import StoredObject
from keep.place.place import Place
from keep.place.sealed import unsealed
from keep.workspace import room


def unpack(place: Place, backup: str, stored: StoredObject, folder: Path, about: int) -> Path:
    """Write an object's content into a file and return it once all of it was read and is what was written.

    `about` is how many bytes it may be. Raise AskedError where they do not fit, DamagedError.
    """
    path = folder / stored.name.removesuffix(".zst")
    with (
        filled(folder, about),
        path.open("wb", buffering=0) as out,
        ThreadPoolExecutor(1, thread_name_prefix="unpacked") as writer,
        unsealed(place, backup, stored) as content,
    ):
        written: Future[int] | None = None
        for piece in content:  # the next one is decompressed while this one is written
            if written:
                written.result()
            written = writer.submit(_whole, out, piece)
        if written:
            written.result()
    return path


def _whole(out: FileIO, piece: bytes) -> int:
    rest = memoryview(piece)
    while rest:
        rest = rest[out.write(rest) :]
    return len(piece)


@contextmanager
def filled(folder: Path, about: int) -> Iterator[None]:
    """Have about so many bytes written into a folder for the time of a piece of work.

    Raise AskedError before it begins where they do not fit, KeepError where the disk refuses them.
    """
    room(folder, about, "the unpacked backup")
    try:
        yield
    except OSError as error:
        mend = "free space there, or name another folder in TMPDIR" if error.errno == errno.ENOSPC else "look at it"
        raise KeepError(f"{folder.parent} cannot be written to: {error.strerror}; {mend}") from None
