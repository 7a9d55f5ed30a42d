"""Values of a snapshot, passed over without being decoded: where the next key begins, their elements, their bytes.

Layouts: Valkey 9.1, src/rdb.c (rdbSaveObject) and src/rdb.h; the file names of types and their numbers are there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from struct import Struct
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from mmap import mmap

Data: TypeAlias = "bytes | mmap"
Passed: TypeAlias = "tuple[int, int, int | None]"
"""Where the value ends, its bytes once loaded, its elements where the file says how many."""

_U32, _U64 = Struct(">I").unpack_from, Struct(">Q").unpack_from
_LISTPACK, _INTSET = Struct("<H").unpack_from, Struct("<I").unpack_from
_ENCODED = {0xC0: 1, 0xC1: 2, 0xC2: 4}
"""A string that is a number of 8, 16 or 32 bits."""
LZF = 0xC3
"""A compressed string: length in the file, length once loaded, bytes."""
PIECE = 1 << 20
"""Bytes of a string that are held at once where it is read piece by piece."""
_BACK = 1 << 13
"""Bytes that a compressed string refers back to at most (liblzf, lzfP.h: 13 bits)."""
PER_ENTRY = 32
"""Bytes that a hash table adds to each element; measured with MEMORY USAGE on Valkey 9.1: 31 for hashes and sets."""
PER_MEMBER = 71
"""The same of a sorted set's skip list and its hash table."""
PER_NODE = 40
"""The same of a list's node or a stream's."""


class RdbFormatError(ValueError):
    """What stands at a place of the file is none of the things that can stand there."""


def length(data: Data, at: int) -> tuple[int, int]:
    """Return a length and where it ends."""
    first = data[at]
    if first < 64:
        return first, at + 1
    if first < 128:
        return (first & 63) << 8 | data[at + 1], at + 2
    if first == 0x80:
        return _U32(data, at + 1)[0], at + 5
    if first == 0x81:
        return _U64(data, at + 1)[0], at + 9
    raise RdbFormatError(f"no length begins with byte {first}")


def string(data: Data, at: int) -> tuple[int, int]:
    """Return the length of a string once loaded and where it ends."""
    first = data[at]
    if first < 64:
        return first, at + 1 + first
    if first == LZF:
        packed, at = length(data, at + 1)
        loaded, at = length(data, at)
        return loaded, at + packed
    if first in _ENCODED:
        return 8, at + 1 + _ENCODED[first]
    size, at = length(data, at)
    return size, at + size


def text(data: Data, at: int) -> tuple[bytes, int]:
    """Return a string and where it ends; one that is compressed is decompressed."""
    first = data[at]
    if first in _ENCODED:
        end = at + 1 + _ENCODED[first]
        return str(int.from_bytes(data[at + 1 : end], "little", signed=True)).encode(), end
    if first == LZF:
        packed, at = length(data, at + 1)
        loaded, at = length(data, at)
        return b"".join(decompressed(data[at : at + packed], loaded)), at + packed
    size, at = length(data, at)
    return data[at : at + size], at + size


def texts(data: Data, at: int) -> Iterator[bytes]:
    """The same string piece by piece: of one of 100 MB never more than about 1 MiB is held."""
    first = data[at]
    if first == LZF:
        packed, at = length(data, at + 1)
        loaded, at = length(data, at)
        yield from decompressed(data, loaded, at, at + packed)
    elif first in _ENCODED:
        yield text(data, at)[0]
    else:
        size, at = length(data, at)
        for begin in range(at, at + size, PIECE):
            yield data[begin : min(begin + PIECE, at + size)]


def decompressed(packed: Data, size: int, at: int = 0, end: int | None = None) -> Iterator[bytes]:
    """Undo LZF (liblzf, lzf_d.c): runs of literals, and copies of what came before, from up to 8 KiB back."""
    out, given, end = bytearray(), 0, len(packed) if end is None else end
    while at < end and given + len(out) < size:
        if len(out) > PIECE:
            yield bytes(out[:-_BACK])
            given += len(out) - _BACK
            del out[:-_BACK]
        control = packed[at]
        at += 1
        if control < 32:
            out += packed[at : at + control + 1]
            at += control + 1
            continue
        count = control >> 5
        if count == 7:
            count += packed[at]
            at += 1
        start = len(out) - ((control & 31) << 8 | packed[at]) - 1
        at += 1
        if start < 0:
            raise RdbFormatError("a compressed string refers to what is before it")
        count += 2
        if start + count <= len(out):
            out += out[start : start + count]
        else:  # what is copied goes on into the copy
            piece = bytes(out[start:])
            out += (piece * (count // len(piece) + 1))[:count]
    yield bytes(out)


def _head(data: Data, at: int, size: int) -> bytes:
    """The first bytes of a string, as they are once loaded; fewer where a compressed one does not begin with them."""
    first = data[at]
    if first != LZF:
        _, begin = length(data, at)
        return data[begin : begin + size]
    _, begin = length(data, at + 1)
    _, begin = length(data, begin)
    # liblzf begins with a run of literals, since there is nothing yet that it could refer to.
    return data[begin + 1 : begin + 1 + min(size, data[begin] + 1)]


def _packed(each: int) -> Callable[[Data, int], Passed]:
    """A listpack in one string; `each` entries are one element."""

    def passed(data: Data, at: int) -> Passed:
        head = _head(data, at, 6)
        count = _LISTPACK(head, 4)[0] if len(head) == 6 else 0xFFFF
        size, at = string(data, at)
        # 65535: as many or more (listpack.c, LP_HDR_NUMELE_UNKNOWN).
        return at, size, None if count == 0xFFFF else count // each

    return passed


def _intset(data: Data, at: int) -> Passed:
    head = _head(data, at, 8)
    count = _INTSET(head, 4)[0] if len(head) == 8 else None
    size, at = string(data, at)
    return at, size, count


def _ziplist(data: Data, at: int) -> Passed:
    size, at = string(data, at)
    return at, size, None


def _table(strings: int, after: int, entry: int) -> Callable[[Data, int], Passed]:
    """Elements of so many strings each, with so many bytes after them."""

    def passed(data: Data, at: int) -> Passed:
        count, at = length(data, at)
        total = 0
        for _ in range(count):
            for _ in range(strings):
                size, at = string(data, at)
                total += size
            at += after
        return at, total + count * entry, count

    return passed


def _scores_as_text(data: Data, at: int) -> Passed:
    count, at = length(data, at)
    total = 0
    for _ in range(count):
        size, at = string(data, at)
        total += size
        # 253 to 255 stand for not a number and the infinities (rdbLoadDoubleValue).
        at += 1 + (data[at] if data[at] < 253 else 0)
    return at, total + count * PER_MEMBER, count


def _quicklist(data: Data, at: int) -> Passed:
    nodes, at = length(data, at)
    total, elements = 0, 0
    for _ in range(nodes):
        container, at = length(data, at)
        end, size, count = _packed(1)(data, at)
        # 1: a node that is one large element (quicklist.h, QUICKLIST_NODE_CONTAINER_PLAIN).
        elements += 1 if container == 1 else count or 0
        total, at = total + size, end
    return at, total + nodes * PER_NODE, elements


def _ziplists(data: Data, at: int) -> Passed:
    nodes, at = length(data, at)
    total = 0
    for _ in range(nodes):
        size, at = string(data, at)
        total += size
    return at, total + nodes * PER_NODE, None


def _stream(version: int) -> Callable[[Data, int], Passed]:
    def passed(data: Data, at: int) -> Passed:
        nodes, at = length(data, at)
        total = 0
        for _ in range(nodes):
            _, at = string(data, at)
            size, at = string(data, at)
            total += size
        elements, at = length(data, at)
        for _ in range(2 if version == 1 else 7):
            _, at = length(data, at)
        groups, at = length(data, at)
        for _ in range(groups):
            size, at = _group(data, at, version)
            total += size
        # The server gives the node that is being filled a page (t_stream.c, STREAM_LISTPACK_MAX_PRE_ALLOCATE).
        return at, max(total, 4096) + nodes * PER_NODE, elements

    return passed


def _group(data: Data, at: int, version: int) -> tuple[int, int]:
    """Bytes of a consumer group and where it ends."""
    total, at = string(data, at)
    for _ in range(2 if version == 1 else 3):
        _, at = length(data, at)
    pending, at = length(data, at)
    for _ in range(pending):
        _, at = length(data, at + 24)
    consumers, at = length(data, at)
    for _ in range(consumers):
        size, at = string(data, at)
        own, at = length(data, at + (16 if version == 3 else 8))
        at += 16 * own
        total += size + 64
    return total + 48 * pending, at


def module(data: Data, at: int) -> Passed:
    """What a module wrote; each part says what it is."""
    begin = at
    _, at = length(data, at)
    at = module_parts(data, at)
    return at, at - begin, None


def module_parts(data: Data, at: int) -> int:
    """Where the parts of a module's value end."""
    while True:
        part, at = length(data, at)
        if part == 0:
            return at
        if part in (1, 2):
            _, at = length(data, at)
        elif part in (3, 4):
            at += 4 * (part - 2)
        elif part == 5:
            _, at = string(data, at)
        else:
            raise RdbFormatError(f"no part of a module's value is of kind {part}")


TYPES: Mapping[int, tuple[str, Callable[[Data, int], Passed]]] = {
    1: ("list", _table(1, 0, PER_ENTRY)),
    2: ("set", _table(1, 0, PER_ENTRY)),
    3: ("zset", _scores_as_text),
    4: ("hash", _table(2, 0, PER_ENTRY)),
    5: ("zset", _table(1, 8, PER_MEMBER)),
    7: ("module", module),
    9: ("hash", _ziplist),
    10: ("list", _ziplist),
    11: ("set", _intset),
    12: ("zset", _ziplist),
    13: ("hash", _ziplist),
    14: ("list", _ziplists),
    15: ("stream", _stream(1)),
    16: ("hash", _packed(2)),
    17: ("zset", _packed(2)),
    18: ("list", _quicklist),
    19: ("stream", _stream(2)),
    20: ("set", _packed(1)),
    21: ("stream", _stream(3)),
    22: ("hash", _table(2, 8, PER_ENTRY + 8)),
}
"""Type in the file -> the name that TYPE has for it, and what passes over its value; strings are read where keys are.

22 is a hash whose fields have TTLs: Valkey's own, since 9.0.
"""
