"""A cache that is backed up, by what its place allows."""

from __future__ import annotations

from typing import Protocol

from keep.manifest import CacheCopy, StoredObject
from keep.place.place import Sink


class CacheSource(Protocol):
    """One cache of a stack, or the server of a URL."""

    @property
    def name(self) -> str:
        """Its name in the declaration; `main` for the server of a URL."""
        ...

    def copy(self, place: Sink, backup: str) -> tuple[CacheCopy, tuple[StoredObject, ...]]:
        """Write the cache's objects of a backup; return what the manifest says of them. Raise KeepError."""
        ...
