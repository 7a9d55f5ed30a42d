"""What servers before Redis 7.0 wrote: ziplists, and streams without the counters that a newer server gives them.

ElastiCache has Redis 5.0.6 to 6.2 for caches that were there before; their snapshots load into any newer server, which
writes them in its own way from then on. Sources: ziplist.c, rdb.c (rdbLoadObject) and t_stream.c of Valkey.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from struct import Struct
from typing import TypeAlias

from observe.keys.rdb_values import RdbFormatError

Id: TypeAlias = "tuple[int, int]"
"""Of an entry: milliseconds and number."""

_HEAD, _END = 10, 0xFF
_LONG_BEFORE = 0xFE
_WIDE = {0xC0: 2, 0xD0: 4, 0xE0: 8, 0xF0: 3, 0xFE: 1}
"""Integers of 16, 32, 64, 24 and 8 bits."""
_ID = Struct(">QQ").unpack
_DELETED, _SAME_FIELDS = 1, 2
NOBODY_KNOWS = (1 << 64) - 1
"""SCG_INVALID_ENTRIES_READ."""
NO_ENTRY: Id = (NOBODY_KNOWS, NOBODY_KNOWS)
"""The first entry of a stream that has none (streamGetEdgeID)."""


def ziplist(raw: bytes) -> Iterator[bytes]:
    """Every element; an integer as the text that it stands for. Raise RdbFormatError or IndexError."""
    at = _HEAD
    while (first := raw[at]) != _END:
        at += 5 if first == _LONG_BEFORE else 1
        kind = raw[at]
        if kind < 0xC0:  # a string of up to 63, 16383 or more bytes
            if kind < 0x40:
                size, at = kind, at + 1
            elif kind < 0x80:
                size, at = (kind & 0x3F) << 8 | raw[at + 1], at + 2
            else:
                size, at = int.from_bytes(raw[at + 1 : at + 5], "big"), at + 5
            yield raw[at : at + size]
            at += size
        elif kind in _WIDE:
            yield b"%d" % int.from_bytes(raw[at + 1 : at + 1 + _WIDE[kind]], "little", signed=True)
            at += 1 + _WIDE[kind]
        elif 0xF0 < kind < 0xFE:
            yield b"%d" % ((kind & 0x0F) - 1)
            at += 1
        else:
            raise RdbFormatError(f"no element of a ziplist begins with byte {kind}")


def first_entry(node: bytes, elements: Iterator[bytes]) -> Id | None:
    """The first entry of a stream's node that was not deleted, by the node's own id and its listpack's elements."""
    ms, number = _ID(node)
    _, _, fields = (int(next(elements)) for _ in range(3))
    _pass(elements, fields + 1)
    for flags in elements:
        of_ms, of_number = int(next(elements)), int(next(elements))
        if not int(flags) & _DELETED:
            return ms + of_ms, number + of_number
        # Its values, or fields with values, and how many elements it has.
        _pass(elements, (fields if int(flags) & _SAME_FIELDS else 2 * int(next(elements))) + 1)
    return None


def _pass(elements: Iterator[bytes], count: int) -> None:
    for _ in range(count):
        next(elements)


def counters(first: Id | None, known: Sequence[int]) -> tuple[int, ...]:
    """Length, last id, first id, largest deleted id and entries that were ever added, of which the first three numbers
    are known."""
    return (*known, *(first or NO_ENTRY), 0, 0, known[0])


def entries_read(group: Id, of: Sequence[int]) -> int:
    """How many entries a group has read, by its last id and the stream's counters
    (streamEstimateDistanceFromFirstEverEntry, where nothing is known to be deleted)."""
    size, last, first = of[0], (of[1], of[2]), (of[3], of[4])
    if not size or group == last:
        return size
    if group < first:
        return 0
    return 1 if group == first else NOBODY_KNOWS
