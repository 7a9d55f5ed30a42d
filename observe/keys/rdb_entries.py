"""Keys of a snapshot with where each value lies, for whoever needs the values themselves."""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from struct import error as StructError  # noqa: N812 as a class is called
from typing import NamedTuple

from observe.keys.patterns import shown
from observe.keys.rdb import AT, END, FREQUENCY, IDLE, MILLISECONDS, SELECT, RdbError, Snapshot, passed
from observe.keys.rdb_values import TYPES, Data, RdbFormatError, length, string, text

_MS, _SECONDS = Struct("<q").unpack_from, Struct("<i").unpack_from
_OPCODES = 0xF0
"""From here on a byte is no type of a value."""


class Entry(NamedTuple):
    """One key, and where its value is in the file."""

    database: int
    key: bytes
    expires: int | None
    """Milliseconds since 1970; None where it stays."""
    idle: int | None
    """Seconds since somebody asked for it, under an LRU policy."""
    frequency: int | None
    """Logarithmic counter of accesses, under an LFU policy."""
    type: int
    """Number of the value's type, which is the byte before the key."""
    begin: int
    end: int


def entries(snapshot: Snapshot) -> Iterator[Entry]:
    """Every key. Raise `RdbError` where the file ends early or holds what is not known."""
    key = b""
    try:
        for each in _entries(snapshot):
            key = each.key
            yield each
    except (IndexError, StructError):
        raise RdbError(
            f"{snapshot.path}, after a key like {shown(key)}: the file ends there, so it was cut off"
        ) from None
    except RdbFormatError as wrong:
        raise RdbError(f"{snapshot.path}, after a key like {shown(key)}: {wrong}") from None


def _entries(snapshot: Snapshot) -> Iterator[Entry]:
    data, at, database = snapshot.data, snapshot.start, 0
    expires: int | None = None
    idle: int | None = None
    frequency: int | None = None
    while True:
        kind = data[at]
        if kind == MILLISECONDS:
            expires, at = _MS(data, at + 1)[0], at + 9
        elif kind == AT:
            expires, at = 1000 * _SECONDS(data, at + 1)[0], at + 5
        elif kind == IDLE:
            idle, at = length(data, at + 1)
        elif kind == FREQUENCY:
            frequency, at = data[at + 1], at + 2
        elif kind == SELECT:
            database, at = length(data, at + 1)
        elif kind == END:
            return
        elif kind >= _OPCODES:
            at = passed(data, at, kind)
        else:
            key, begin = text(data, at + 1)
            end = _after(data, begin, kind)
            yield Entry(database, key, expires, idle, frequency, kind, begin, end)
            at, expires, idle, frequency = end, None, None, None


def _after(data: Data, at: int, kind: int) -> int:
    """Where the value that begins there ends."""
    if kind == 0:
        return string(data, at)[1]
    if kind not in TYPES:
        raise RdbFormatError(f"before byte {at}: type {kind} is not known")
    return TYPES[kind][1](data, at)[0]
