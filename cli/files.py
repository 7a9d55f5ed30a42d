"""Files that somebody named to be written."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from cli.errors import InputError

_OF_THE_COMPUTER = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS}


def write_whole(path: Path, text: str) -> None:
    """Write a file and the folders that it is in; what was there stays until all of it is written.

    Raise OSError.
    """
    write_all({path: text})


def write_all(files: Mapping[Path, str]) -> None:
    """Write several and the folders that they are in; what was there stays until every one is written aside.

    Raise OSError, and then what was there is there.
    """
    parts: dict[Path, Path] = {}
    before: dict[Path, bytes | None] = {}
    try:
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            parts[path] = path.with_name(f".{path.name}.{os.getpid()}")
            parts[path].write_text(text, encoding="utf-8")
        for path, part in parts.items():
            before[path] = path.read_bytes() if path.exists() else None
            part.replace(path)
    except OSError:
        for path, content in before.items():
            _put_back(path, content)
        raise
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)


def _put_back(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)
    else:
        path.write_bytes(content)


@contextmanager
def writing(option: str, path: Path) -> Iterator[None]:
    """Write it within. Raise InputError, which names the option, for a place where no file can be."""
    try:
        yield
    except OSError as error:
        if error.errno in _OF_THE_COMPUTER:
            raise
        raise InputError(f"{option} {path}: {error.strerror}.") from None
