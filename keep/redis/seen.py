"""Which keys a scan has had already: SCAN may name one twice, and a node that takes over begins from the beginning."""

from __future__ import annotations

from array import array
from hashlib import blake2b
from struct import Struct

_HALVES = Struct("<QQ").unpack
_FULL = 0.6


class Seen:
    """A set of keys in 16 to 32 bytes each.

    A key is taken for another one where 64 bits of its hash are those of a neighbour of the place that 64 other bits
    lead to: about once in 10^19 keys.
    """

    def __init__(self, expected: int) -> None:
        """`expected` is how many keys there may be; more are no trouble."""
        self._tables = [_Table(max(1024, expected))]

    def new(self, database: int, key: bytes) -> bool:
        """Add a key; whether it was not there."""
        place, mark = _HALVES(blake2b(key, digest_size=16, salt=database.to_bytes(2, "little")).digest())
        mark = mark or 1
        if any(mark in table.at(place) for table in self._tables[:-1]):
            return False
        last = self._tables[-1]
        if not last.add(place, mark):
            return False
        if last.full:
            self._tables.append(_Table(2 * last.room))
        return True


class _Table:
    """Open addressing, linear."""

    def __init__(self, room: int) -> None:
        self.room = room
        self._size = int(room / _FULL) + 1
        self._marks = array("Q", bytes(8 * self._size))
        self._used = 0

    @property
    def full(self) -> bool:
        return self._used >= self.room

    def at(self, place: int) -> list[int]:
        """The marks that follow a place, up to the first gap."""
        found, at = [], place % self._size
        while mark := self._marks[at]:
            found.append(mark)
            at = (at + 1) % self._size
        return found

    def add(self, place: int, mark: int) -> bool:
        at = place % self._size
        while there := self._marks[at]:
            if there == mark:
                return False
            at = (at + 1) % self._size
        self._marks[at] = mark
        self._used += 1
        return True
