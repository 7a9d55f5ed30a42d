"""What a value is, whatever server wrote it and in whichever encoding: one digest for equal content.

The bytes of a value are not that: a hash is a listpack or a table, whose order is the process's own (its hash seed),
and a long text is compressed by an algorithm that need not give the same result twice (liblzf's table is not cleared).
So elements of what has no order are summed, and those of lists and streams follow each other. An element of more than
1 MiB is read piece by piece, and its digest stands for it.

A field of a hash may have a life of its own. Those that expire are told apart by the minute in which they do, so that
what is gone by some time can be left out, as a key can (`keep.redis.proof.Adder`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import blake2b
from struct import Struct, pack
from typing import NamedTuple

from keep.redis import former
from keep.redis.listpack import integers, listpack
from observe.keys.rdb_values import PIECE, Data, length, string, text, texts

MINUTE = 60_000
"""Milliseconds."""

_SIZE = Struct("<Q").pack
_DOUBLE, _MS = Struct("<d").unpack_from, Struct("<q").unpack_from
_MASK = (1 << 64) - 1
_PLAIN = 1
"""A node of a list that is one large element (quicklist.h, QUICKLIST_NODE_CONTAINER_PLAIN)."""


class Content(NamedTuple):
    """What is in a value."""

    type: str
    """As TYPE says it."""
    digest: bytes | None
    """Of what stays as long as the key does; None of a value that is not read here."""
    passing: Mapping[int, bytes] = {}
    """Fields of a hash that expire: minute since 1970 -> digest of those whose last one it is."""
    lasts: bool = True
    """Whether anything stays. A hash without a field that does is gone with the last of them."""


def content(kind: int, data: Data, at: int) -> Content:
    """Read a value of a type of the file. Raise RdbFormatError, IndexError or `struct.error` where it ends early."""
    if kind == _LIVES:
        return _with_lives(data, at)
    name, read = _READ.get(kind, ("module" if kind in _MODULES else f"type {kind}", None))
    return Content(name, read(data, at) if read else None)


def _text(data: Data, at: int) -> tuple[bytes, int]:
    """A string, or the digest of a large one, and where it ends."""
    if data[at] < 0x80:  # the usual one, of up to 16383 bytes
        return text(data, at)
    size, end = string(data, at)
    if size <= PIECE:
        return text(data, at)
    made = blake2b()
    for piece in texts(data, at):
        made.update(piece)
    return made.digest() + _SIZE(size), end


def _element(packed: bytes) -> bytes:
    """An element of a packed list, which another server may keep by itself: what `_text` gives of it there."""
    return packed if len(packed) <= PIECE else blake2b(packed).digest() + _SIZE(len(packed))


def _in_order(items: Iterable[bytes]) -> bytes:
    made = blake2b(digest_size=16)
    for each in items:
        made.update(_SIZE(len(each)) + each)
    return made.digest()


class _Heap:
    """Items in whatever order: a sum, not an XOR, since of two that are alike nothing would be left."""

    __slots__ = ("count", "total")

    def __init__(self) -> None:
        self.total = self.count = 0

    def add(self, item: bytes) -> None:
        self.total += int.from_bytes(blake2b(item, digest_size=8).digest(), "little")
        self.count += 1

    def digest(self) -> bytes:
        return pack("<QQ", self.total & _MASK, self.count)


def _whatever_order(items: Iterable[bytes]) -> bytes:
    heap = _Heap()
    for each in items:
        heap.add(each)
    return heap.digest()


def _pair(first: bytes, second: bytes) -> bytes:
    return _SIZE(len(first)) + first + second


def _string(data: Data, at: int) -> bytes:
    return blake2b(_text(data, at)[0], digest_size=16).digest()


def _texts(data: Data, at: int) -> Iterator[bytes]:
    count, at = length(data, at)
    for _ in range(count):
        found, at = _text(data, at)
        yield found


def _list(data: Data, at: int) -> Iterator[bytes]:
    nodes, at = length(data, at)
    for _ in range(nodes):
        container, at = length(data, at)
        raw, at = (_text if container == _PLAIN else text)(data, at)
        if container == _PLAIN:
            yield raw
        else:
            yield from map(_element, listpack(raw))


def _former_list(data: Data, at: int) -> Iterator[bytes]:
    nodes, at = length(data, at)
    for _ in range(nodes):
        raw, at = text(data, at)
        yield from map(_element, former.ziplist(raw))


def _fields(data: Data, at: int) -> Iterator[bytes]:
    count, at = length(data, at)
    for _ in range(count):
        field, at = _text(data, at)
        value, at = _text(data, at)
        yield _pair(field, value)


def _with_lives(data: Data, at: int) -> Content:
    count, at = length(data, at)
    lasting, passing = _Heap(), dict[int, _Heap]()
    for _ in range(count):
        field, at = _text(data, at)
        value, at = _text(data, at)
        expires = _MS(data, at)[0]
        at += 8
        if expires < 0:  # Valkey's rdb.c, rdbSaveObject: -1 (EXPIRY_NONE) where a field stays
            lasting.add(_pair(field, value))
        else:
            passing.setdefault(expires // MINUTE, _Heap()).add(_pair(field, value) + pack("<q", expires))
    each = {minute: heap.digest() for minute, heap in passing.items()}
    return Content("hash", lasting.digest(), each, lasts=lasting.count > 0)


def _pairs(items: Iterable[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """The pairs of a listpack in which they follow each other."""
    each = iter(items)
    return zip(each, each, strict=True)


def _scored(member: bytes, score: float) -> bytes:
    return _pair(member, pack("<d", score + 0.0))  # -0.0 is 0.0


def _members(data: Data, at: int) -> Iterator[bytes]:
    count, at = length(data, at)
    for _ in range(count):
        member, at = _text(data, at)
        yield _scored(member, _DOUBLE(data, at)[0])
        at += 8


def _stream(version: int) -> Callable[[Data, int], bytes]:
    """Entries as the nodes have them, then what the stream and its groups count: they come back as they are.

    When a consumer was last seen is left out: a server of another version may not have written it.
    """

    def parts(data: Data, at: int) -> Iterator[bytes]:
        nodes, at = length(data, at)
        first: former.Id | None = None
        for _ in range(nodes):
            node, at = text(data, at)
            packed, end = _text(data, at)
            if version == 1 and first is None:
                first = former.first_entry(node, listpack(text(data, at)[0]))
            at = end
            yield node
            yield packed
        # Length and last id; since 7.0 first id, largest deleted id and all that were ever added (two words an id).
        counts, at = _lengths(data, at, 3 if version == 1 else 8)
        if version == 1:
            counts = former.counters(first, counts)
        yield from map(_SIZE, counts)
        groups, at = length(data, at)
        for _ in range(groups):
            name, at = text(data, at)
            yield name
            group, at = _lengths(data, at, 2 if version == 1 else 3)
            if version == 1:
                group = (*group, former.entries_read((group[0], group[1]), counts))
            yield from map(_SIZE, group)
            pending, at = length(data, at)
            for _ in range(pending):
                times, after = length(data, at + 24)
                yield bytes(data[at : at + 24]) + _SIZE(times)
                at = after
            consumers, at = length(data, at)
            for _ in range(consumers):
                name, at = text(data, at)
                yield name
                own, at = length(data, at + (16 if version == 3 else 8))
                yield bytes(data[at : at + 16 * own])
                at += 16 * own

    return lambda data, at: _in_order(parts(data, at))


def _lengths(data: Data, at: int, count: int) -> tuple[tuple[int, ...], int]:
    found = []
    for _ in range(count):
        number, at = length(data, at)
        found.append(number)
    return tuple(found), at


def _packed_pairs(packed: Callable[[bytes], Iterator[bytes]]) -> Callable[[Data, int], bytes]:
    return lambda data, at: _whatever_order(_pair(*each) for each in _pairs(packed(text(data, at)[0])))


def _packed_scores(packed: Callable[[bytes], Iterator[bytes]]) -> Callable[[Data, int], bytes]:
    return lambda data, at: _whatever_order(
        _scored(member, float(score)) for member, score in _pairs(packed(text(data, at)[0]))
    )


_LIVES = 22
_MODULES = frozenset({6, 7})
_READ: Mapping[int, tuple[str, Callable[[Data, int], bytes]]] = {
    0: ("string", _string),
    1: ("list", lambda data, at: _in_order(_texts(data, at))),
    2: ("set", lambda data, at: _whatever_order(_texts(data, at))),
    4: ("hash", lambda data, at: _whatever_order(_fields(data, at))),
    5: ("zset", lambda data, at: _whatever_order(_members(data, at))),
    11: ("set", lambda data, at: _whatever_order(integers(text(data, at)[0]))),
    12: ("zset", _packed_scores(former.ziplist)),
    13: ("hash", _packed_pairs(former.ziplist)),
    14: ("list", lambda data, at: _in_order(_former_list(data, at))),
    15: ("stream", _stream(1)),
    16: ("hash", _packed_pairs(listpack)),
    17: ("zset", _packed_scores(listpack)),
    18: ("list", lambda data, at: _in_order(_list(data, at))),
    19: ("stream", _stream(2)),
    20: ("set", lambda data, at: _whatever_order(listpack(text(data, at)[0]))),
    21: ("stream", _stream(3)),
}
"""Number of the type in the file -> its name, and what reads it; those before Redis 4.0 nobody writes any more."""
