"""The count that records of keys are added to: in bounded memory, however many keys there are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import heappush, heapreplace
from itertools import islice
from typing import TypeAlias

from observe.keys.group import Group
from observe.keys.patterns import OTHER, Stars, folded, pattern_of, starred
from observe.keys.record import Record
from observe.keys.spaces import Spaces

TOP = 20
"""How many of the biggest and of the hottest keys are kept."""
_NO_LIMIT = float("inf")
_BATCH = 10_000
_MOST_PATTERNS = 2000
"""Patterns outside of all key spaces that are kept in one database: about 1 MB."""


class Tally:
    """What was seen of some keys. Two of different keys can be merged."""

    def __init__(self, spaces: Spaces) -> None:
        self.spaces = spaces
        self.declared: dict[str, Group] = {}
        """Key space -> what it holds."""
        self.elsewhere: dict[tuple[str, int], Group] = {}
        """Key space and a database that it is not in -> what has its names there."""
        self.undeclared: dict[int, dict[bytes, Group]] = {}
        """Database -> pattern -> what is in no key space."""
        self._stars: dict[int, Stars] = {}
        self.refused: dict[int, int] = {}
        """Database -> keys whose name was seen and that may not be looked at."""
        self.biggest = Top()
        """The most bytes."""
        self.longest = Top()
        """The most elements."""
        self.hottest = Top()
        """The most accesses, where the policy counts them."""

    def add_all(self, records: Iterable[Record]) -> None:
        """Count records, in batches that take little memory."""
        every = iter(records)
        while batch := list(islice(every, _BATCH)):
            self._add(batch)

    def _add(self, batch: Sequence[Record]) -> None:
        # The loop of every key: the groups count what it gathers for them.
        gathered: dict[str, _Gathered] = {}
        apart: dict[tuple[int, str | bytes], _Gathered] = {}
        biggest, longest, hottest = self.biggest.floor, self.longest.floor, self.hottest.floor
        current, find = 0, self.spaces.finder(0)
        for record in batch:
            database, key, kind, ttl, size, _, elements, frequency = record
            if database != current:
                current, find = database, self.spaces.finder(database)
            if (name := find(key)) is not None:
                if (those := gathered.get(name)) is None:
                    those = gathered[name] = ([], [], [], [])
            else:
                place = database, self.spaces.elsewhere(key) or pattern_of(key)
                if (those := apart.get(place)) is None:
                    those = apart[place] = ([], [], [], [])
            those[0].append(kind)
            those[1].append(ttl)
            those[2].append(size)
            if ttl is None:
                those[3].append(key)
            if size > biggest:
                self.biggest.add(size, record)
                biggest = self.biggest.floor
            if elements is not None and elements > longest and kind != "string":
                self.longest.add(elements, record)
                longest = self.longest.floor
            if frequency is not None and frequency > hottest:
                self.hottest.add(frequency, record)
                hottest = self.hottest.floor
        lives = self._lives()
        for name, those in gathered.items():
            _count(self.declared.setdefault(name, Group()), those, lives[name])
        for (database, name_or_pattern), those in apart.items():
            _count(self._outside(database, name_or_pattern), those, _NO_LIMIT)

    def refuse(self, database: int, keys: int) -> None:
        """Count keys that may not be looked at."""
        if keys:
            self.refused[database] = self.refused.get(database, 0) + keys

    def merge(self, other: Tally, factor: float = 1) -> None:
        """Take in what another counted, of which each key stands for `factor`."""
        for name, group in other.declared.items():
            self.declared.setdefault(name, Group()).merge(group.scaled(factor))
        for place, group in other.elsewhere.items():
            self.elsewhere.setdefault(place, Group()).merge(group.scaled(factor))
        for database, patterns in other.undeclared.items():
            for pattern, group in patterns.items():
                self._pattern(database, pattern).merge(group.scaled(factor))
        for database, keys in other.refused.items():
            self.refuse(database, round(keys * factor))
        self.biggest.merge(other.biggest)
        self.longest.merge(other.longest)
        self.hottest.merge(other.hottest)

    @property
    def keys(self) -> int:
        """All that were counted, refused ones too."""
        return sum(group.keys for group in self.groups()) + sum(self.refused.values())

    def groups(self) -> Iterable[Group]:
        """Everything that was counted, by group."""
        yield from self.declared.values()
        yield from self.elsewhere.values()
        for patterns in self.undeclared.values():
            yield from patterns.values()

    def fold(self) -> None:
        """Bring the patterns to as few as a person reads."""
        self.undeclared = {
            database: folded(patterns, self._stars.setdefault(database, {}))
            for database, patterns in self.undeclared.items()
        }

    def _outside(self, database: int, found: str | bytes) -> Group:
        """The group of a key space that is elsewhere, or of a pattern."""
        if isinstance(found, str):
            return self.elsewhere.setdefault((found, database), Group())
        return self._pattern(database, found)

    def _pattern(self, database: int, pattern: bytes) -> Group:
        patterns = self.undeclared.setdefault(database, {})
        if (group := patterns.get(pattern)) is not None:
            return group
        stars = self._stars.setdefault(database, {})
        if len(patterns) >= _MOST_PATTERNS:
            patterns = self.undeclared[database] = folded(patterns, stars)
        if stars:
            pattern = starred(pattern, stars)
        if pattern not in patterns and len(patterns) >= _MOST_PATTERNS:  # nothing to fold: what is new is one of many
            pattern = OTHER
        return patterns.setdefault(pattern, Group())

    def _lives(self) -> Mapping[str, float]:
        """Key space -> how many milliseconds its keys may live."""
        declared = self.spaces.declared.items()
        return {name: _NO_LIMIT if space.ttl is None else 1000 * space.ttl for name, space in declared}


_Gathered: TypeAlias = tuple[list[str], list["int | None"], list[int], list[bytes]]
"""Types, milliseconds left and bytes of keys, and the keys of those without a TTL."""


def _count(group: Group, those: _Gathered, most: float) -> None:
    kinds, ttls, sizes, forever = those
    group.add(kinds, ttls, sizes, most)
    if group.forever is None and forever:
        group.forever = forever[0]


class Top:
    """The records of the highest values."""

    def __init__(self, most: int = TOP) -> None:
        self._most = most
        self._heap: list[tuple[int, int, Record]] = []
        self._added = 0
        self.floor = -1
        """What a value must exceed to be among them."""

    def add(self, value: int, record: Record) -> None:
        """Take a record whose value exceeds the floor."""
        self._added += 1
        entry = (value, -self._added, record)  # of equal ones the first stays
        if len(self._heap) < self._most:
            heappush(self._heap, entry)
        else:
            heapreplace(self._heap, entry)
        if len(self._heap) == self._most:
            self.floor = self._heap[0][0]

    def merge(self, other: Top) -> None:
        """Take in those of another."""
        for value, _, record in sorted(other._heap, reverse=True):
            if value > self.floor:
                self.add(value, record)

    def __iter__(self) -> Iterator[Record]:
        """The records, highest first."""
        return (record for _, _, record in sorted(self._heap, reverse=True))
