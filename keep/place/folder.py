"""A folder as a place for backups: private, written in one step each, and on disk when a write ends."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from keep.errors import KeepError
from keep.place.place import Found

_PART = ".part"
"""What an object that is being written is called besides its name: no name of an object ends so."""


class FolderPlace:
    """Implements `Place`."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @property
    def address(self) -> str:
        return str(self._root)

    @contextmanager
    def write(self, key: str) -> Iterator[BinaryIO]:
        path = self._root / key
        part = path.with_name(f"{path.name}.{os.getpid()}{_PART}")
        with self._explained("written"):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                with os.fdopen(
                    os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb"
                ) as stream:
                    yield stream
                    stream.flush()
                    os.fsync(stream.fileno())
                part.replace(path)
                _on_disk(path.parent)
            except BaseException:
                part.unlink(missing_ok=True)
                with suppress(OSError):
                    path.parent.rmdir()  # where nothing else is in it
                raise

    @contextmanager
    def read(self, key: str) -> Iterator[BinaryIO]:
        try:
            stream = (self._root / key).open("rb")
        except FileNotFoundError:
            raise KeyError(key) from None
        except OSError as error:
            raise KeepError(f"{self._root / key} cannot be read: {error.strerror}") from None
        with stream:
            yield stream

    def found(self, prefix: str = "") -> Iterator[Found]:
        with self._explained("read"):
            if not self._root.is_dir():
                return
            paths = sorted(path for path in self._root.glob("*/*") if path.is_file() and not path.name.endswith(_PART))
            for path in paths:
                key = path.relative_to(self._root).as_posix()
                if key.startswith(prefix):
                    stat = path.stat()
                    yield Found(key=key, size=stat.st_size, modified=datetime.fromtimestamp(stat.st_mtime, UTC))

    def remove(self, key: str) -> None:
        path = self._root / key
        with self._explained("removed"):
            try:
                path.unlink()
            except FileNotFoundError:
                raise KeyError(key) from None
            with suppress(OSError):
                path.parent.rmdir()

    def sweep(self, before: datetime) -> int:
        swept = 0
        with self._explained("removed"):
            for path in self._root.glob(f"*/*{_PART}"):
                if path.stat().st_mtime < before.timestamp():
                    path.unlink(missing_ok=True)
                    swept += 1
        return swept

    @contextmanager
    def _explained(self, what: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            mend = "free space there" if error.errno == errno.ENOSPC else "choose another folder or mend its rights"
            raise KeepError(f"the folder {self._root} could not be {what}: {error.strerror}; {mend}") from None


def _on_disk(folder: Path) -> None:
    """A new name is on disk when its folder is (fsync(2))."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
