"""Files that somebody named to be written."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.errors import InputError

_OF_THE_COMPUTER = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS}


@contextmanager
def writing(option: str, path: Path) -> Iterator[None]:
    """Write it within. Raise InputError, which names the option, for a place where no file can be."""
    try:
        yield
    except OSError as error:
        if error.errno in _OF_THE_COMPUTER:
            raise
        raise InputError(f"{option} {path}: {error.strerror}.") from None
