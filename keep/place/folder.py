"""A folder as a place for backups: private, written in one step each, and on disk when a write ends."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from stat import S_ISREG
from typing import BinaryIO

from keep.errors import KeepError
from keep.place.place import Found, Reader, Writer

_PART = ".part"
"""Ending of an object that is being written, after its name and some random digits: no object's name ends so."""
_FULL = {errno.ENOSPC, errno.EDQUOT}
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK}


class FolderPlace:
    """Implements `Place`."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @property
    def address(self) -> str:
        return str(self._root)

    @contextmanager
    def write(self, key: str, *, replace: bool = False) -> Iterator[Writer]:
        path = self._root / key
        part = path.with_name(f"{path.name}.{secrets.token_hex(4)}{_PART}")
        with self._explained("written"):
            self._make(path.parent)
            stream = os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb")
        try:
            yield _Explained(stream, self)
            with self._explained("written"):
                stream.flush()
                os.fsync(stream.fileno())
                stream.close()
                _put(part, path, replace=replace)
                _on_disk(path.parent)
        except BaseException:
            with suppress(OSError):
                stream.close()
            with suppress(OSError):
                part.unlink(missing_ok=True)
                path.parent.rmdir()  # where nothing else is in it
            raise

    @contextmanager
    def read(self, key: str) -> Iterator[Reader]:
        path = self._root / key
        try:
            # A link could lead anywhere, and another's file is not what was written here.
            stream = os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb")
        except (FileNotFoundError, NotADirectoryError):
            raise KeyError(key) from None
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:  # nobody can have written it
                raise KeyError(key) from None
            raise KeepError(f"{path} cannot be read: {error.strerror}; mend its rights") from None
        with stream:
            yield _Explained(stream, self)

    def found(self, prefix: str = "") -> Iterator[Found]:
        files = self._files(prefix)
        return (found for found in files if found.key.startswith(prefix) and not found.key.endswith(_PART))

    def lock(self, _: str) -> None:
        return

    def locked(self, _: str) -> str | None:
        return None

    def remove(self, key: str) -> None:
        path = self._root / key
        with self._explained("emptied"):
            path.unlink(missing_ok=True)
            with suppress(OSError):
                path.parent.rmdir()

    def unfinished(self) -> Iterator[Found]:
        for found in self._files():
            if found.key.endswith(_PART):
                name = found.key.removesuffix(_PART).rpartition(".")[0]
                yield Found(key=name, size=found.size, modified=found.modified)

    def sweep(self, before: datetime) -> int:
        old = [found.key for found in self._files() if found.key.endswith(_PART) and found.modified < before]
        for key in old:
            self.remove(key)
        return len(old)

    def _files(self, prefix: str = "") -> Iterator[Found]:
        """Every file, in the order of the keys as S3 has it; links are none of ours.

        :param prefix: of the keys that are wanted: where it names a folder, only that is looked through.
        """
        with self._explained("read"):
            top = self._under(prefix.rpartition("/")[0])
            paths = [Path(folder, name) for folder, _, names in os.walk(top, onerror=_raise) for name in names]
        for key, path in sorted((path.relative_to(self._root).as_posix(), path) for path in paths):
            with self._explained("read"), suppress(FileNotFoundError):  # gone meanwhile: another run prunes
                stat = path.lstat()
                if S_ISREG(stat.st_mode):
                    yield Found(key=key, size=stat.st_size, modified=datetime.fromtimestamp(stat.st_mtime, UTC))

    def _under(self, folder: str) -> Path:
        """The folder of that name, where it is one and no link leads there; else the whole place."""
        found = self._root / folder
        return found if found.is_dir() and found.resolve() == self._root.resolve() / folder else self._root

    def _make(self, folder: Path) -> None:
        """Make a folder and those above it, for this user alone, and on disk."""
        if folder.is_dir():
            return
        self._make(folder.parent)
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
            _on_disk(folder.parent)
        if not folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))

    @contextmanager
    def _explained(self, what: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            mend = "free space there" if error.errno in _FULL else "choose another folder or mend its rights"
            raise KeepError(f"the folder {self._root} could not be {what}: {error.strerror}; {mend}") from None


class _Explained:
    """A stream whose errors name the folder: what else fails in a caller's block is not the folder's."""

    def __init__(self, stream: BinaryIO, place: FolderPlace) -> None:
        self._stream, self._place = stream, place

    def write(self, data: bytes) -> int:
        with self._place._explained("written"):
            return self._stream.write(data)

    def read(self, size: int = -1) -> bytes:
        with self._place._explained("read"):
            return self._stream.read(size)


def _put(part: Path, path: Path, *, replace: bool) -> None:
    """Give what is written its name. Of two writers the second is refused: link(2) does not replace, rename(2) does."""
    if not replace:
        try:
            path.hardlink_to(part)
        except OSError as error:
            if error.errno not in _NO_LINKS:  # FAT, and some network file systems
                raise
        else:
            part.unlink()
            return
        if path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
    part.replace(path)


def _on_disk(folder: Path) -> None:
    """A new name is on disk when its folder is (fsync(2))."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _raise(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error
