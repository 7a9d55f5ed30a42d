"""To which declared key space a key belongs: many patterns compiled into one expression for each database."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from bootstrap.access import Access, Keyspace
from bootstrap.access.keyspaces import glob_of
from bootstrap.acl.glob import expression, steps


class Spaces:
    """The key spaces of one cache."""

    def __init__(self, declared: Mapping[str, Keyspace], *, cache: str = "", clustered: bool = False) -> None:
        """In cluster mode there is database 0 only, whatever a key space says."""
        self.declared = dict(declared)
        self.cache = cache or "CACHE"
        self.clustered = clustered
        # The most specific one wins: what is inside another pattern has more fixed characters than it.
        ordered = sorted(declared, key=lambda name: -_fixed(declared[name]))
        self._of = {
            database: _Chooser((name, declared[name]) for name in ordered if self.database(name) == database)
            for database in {self.database(name) for name in declared}
        }
        self._anywhere = _Chooser((name, declared[name]) for name in ordered)
        self._none = _Chooser(())

    def database(self, name: str) -> int:
        """The database that a key space is in."""
        return 0 if self.clustered else self.declared[name].database

    def find(self, database: int, key: bytes) -> str | None:
        """The key space of a key; None where it is in none of this database's."""
        return self.finder(database)(key)

    def finder(self, database: int) -> Callable[[bytes], str | None]:
        """What finds the key space of a key of that database."""
        return self._of.get(database, self._none).find

    def elsewhere(self, key: bytes) -> str | None:
        """The key space whose pattern a key has, in whichever database."""
        return self._anywhere.find(key)


def spaces_of(access: Access, cache: str, *, clustered: bool = False) -> Spaces:
    """The key spaces that access.yaml declares for a cache."""
    return Spaces(
        {name: space for name, space in access.keyspaces.items() if space.cache == cache},
        cache=cache,
        clustered=clustered,
    )


class _Chooser:
    """Patterns of which the first that matches wins."""

    def __init__(self, spaces: Iterable[tuple[str, Keyspace]]) -> None:
        chosen = list(spaces)
        self._names = [name for name, _ in chosen]
        either = b"|".join(b"(" + expression(glob_of(space)) + b")" for _, space in chosen)
        self._match = re.compile(either, re.DOTALL).fullmatch if chosen else None

    def find(self, key: bytes) -> str | None:
        found = self._match(key) if self._match else None
        return self._names[found.lastindex - 1] if found and found.lastindex else None


def _fixed(space: Keyspace) -> int:
    """How many characters of a pattern are fixed."""
    return sum(step is not None and step & (step - 1) == 0 for step in steps(glob_of(space)))
