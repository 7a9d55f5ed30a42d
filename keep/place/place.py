"""A place for backups: objects by name, each of which appears whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class Writer(Protocol):
    """An object on its way."""

    def write(self, data: bytes, /) -> object:
        """Take the next bytes."""
        ...


class Reader(Protocol):
    """An object that is read from its beginning."""

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes, at most `size`; none at the end."""
        ...


@dataclass(frozen=True, kw_only=True)
class Found:
    """An object that is there."""

    key: str
    """Its name, `ID/NAME`."""
    size: int
    """Bytes."""
    modified: datetime


class Place(Protocol):
    """A folder or a bucket's prefix.

    Its methods raise KeepError with what mends it; `read` and `remove` raise KeyError where the object is not there.
    """

    @property
    def address(self) -> str:
        """As people write it: a path, or `s3://BUCKET/PREFIX`."""
        ...

    def write(self, key: str) -> AbstractContextManager[Writer]:
        """Write an object: whole and on disk when the block ends, and nothing of it is there when the block raises."""
        ...

    def read(self, key: str) -> AbstractContextManager[Reader]:
        """Read an object as it is stored."""
        ...

    def found(self, prefix: str = "") -> Iterator[Found]:
        """What is there, in the order of the keys."""
        ...

    def remove(self, key: str) -> None:
        """Take one object away."""
        ...

    def sweep(self, before: datetime) -> int:
        """Remove what writes that never ended have left since before then; return how many there were."""
        ...
