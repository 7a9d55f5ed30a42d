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
    """An object that is there, or on its way."""

    key: str
    """Its name, such as `ID/NAME`."""
    size: int
    """Bytes."""
    modified: datetime
    """When it was written; of an object on its way, when its writer was last heard of."""


class Sink(Protocol):
    """Takes objects."""

    def write(self, key: str, *, replace: bool = False) -> AbstractContextManager[Writer]:
        """Write an object: whole and on disk when the block ends, and nothing of it is there when the block raises.

        Without `replace` one that is there already is an error: no two writers make one object.
        """
        ...


class Place(Sink, Protocol):
    """A folder or a bucket's prefix.

    Its methods raise KeepError with what mends it, and `read` a KeyError where the object is not there.
    """

    @property
    def address(self) -> str:
        """As people write it: a path, or `s3://BUCKET/PREFIX`."""
        ...

    def read(self, key: str) -> AbstractContextManager[Reader]:
        """Read an object as it is stored."""
        ...

    def found(self, prefix: str = "") -> Iterator[Found]:
        """What is there, in the order of the keys."""
        ...

    def lock(self, key: str, /) -> None:
        """Keep an object from being removed for as long as the place was declared to; where it was not, do nothing."""
        ...

    def locked(self, key: str, /) -> str | None:
        """Say what keeps an object from being removed for good; None where nothing does."""
        ...

    def remove(self, key: str) -> None:
        """Take one object away; one that is not there is no error, since another run may have been faster."""
        ...

    def unfinished(self) -> Iterator[Found]:
        """What is on its way, by writers that live or were killed; `found` has none of it."""
        ...

    def sweep(self, before: datetime) -> int:
        """Remove what is on its way and was last heard of before then; return how many there were."""
        ...
