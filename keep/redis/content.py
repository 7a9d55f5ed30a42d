"""What a value is, whatever server wrote it and in whichever encoding: one digest for equal content.

The bytes of a value are not that: a hash is a listpack or a table, whose order is the process's own (its hash seed),
and a long text is compressed by an algorithm that need not give the same result twice (liblzf's table is not cleared).
So elements of what has no order are summed, and those of lists and streams follow each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import blake2b
from struct import Struct, pack

from keep.redis.listpack import integers, listpack
from observe.keys.rdb_values import Data, length, text

_SIZE = Struct("<Q").pack
_DOUBLE, _MS = Struct("<d").unpack_from, Struct("<q").unpack_from
_MASK = (1 << 64) - 1
_PLAIN = 1
"""A node of a list that is one large element (quicklist.h, QUICKLIST_NODE_CONTAINER_PLAIN)."""


def content(kind: int, data: Data, at: int) -> tuple[str, bytes | None]:
    """The type of a value as TYPE says it, and the digest of what is in it; None for one that is not read here.

    Raise RdbFormatError, IndexError or `struct.error` where it ends early.
    """
    name, read = _READ.get(kind, ("module" if kind in _MODULES else f"type {kind}", None))
    return name, read(data, at) if read else None


def _in_order(items: Iterable[bytes]) -> bytes:
    made = blake2b(digest_size=16)
    for each in items:
        made.update(_SIZE(len(each)) + each)
    return made.digest()


def _whatever_order(items: Iterable[bytes]) -> bytes:
    """A sum, not an XOR: of two that are alike nothing would be left."""
    total = count = 0
    for each in items:
        total += int.from_bytes(blake2b(each, digest_size=8).digest(), "little")
        count += 1
    return pack("<QQ", total & _MASK, count)


def _pair(first: bytes, second: bytes) -> bytes:
    return _SIZE(len(first)) + first + second


def _string(data: Data, at: int) -> bytes:
    return blake2b(text(data, at)[0], digest_size=16).digest()


def _texts(data: Data, at: int) -> Iterator[bytes]:
    count, at = length(data, at)
    for _ in range(count):
        found, at = text(data, at)
        yield found


def _list(data: Data, at: int) -> Iterator[bytes]:
    nodes, at = length(data, at)
    for _ in range(nodes):
        container, at = length(data, at)
        raw, at = text(data, at)
        if container == _PLAIN:
            yield raw
        else:
            yield from listpack(raw)


def _fields(data: Data, at: int, *, lives: bool = False) -> Iterator[bytes]:
    count, at = length(data, at)
    for _ in range(count):
        field, at = text(data, at)
        value, at = text(data, at)
        made = _pair(field, value)
        if lives:
            # Valkey's rdb.c, rdbSaveObject: -1 (EXPIRY_NONE) where a field stays.
            expires = _MS(data, at)[0]
            at += 8
            if expires >= 0:
                made += pack("<q", expires)
        yield made


def _pairs(items: Iterable[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """The pairs of a listpack in which they follow each other."""
    each = iter(items)
    return zip(each, each, strict=True)


def _scored(member: bytes, score: float) -> bytes:
    return _pair(member, pack("<d", score + 0.0))  # -0.0 is 0.0


def _members(data: Data, at: int) -> Iterator[bytes]:
    count, at = length(data, at)
    for _ in range(count):
        member, at = text(data, at)
        yield _scored(member, _DOUBLE(data, at)[0])
        at += 8


def _stream(version: int) -> Callable[[Data, int], bytes]:
    """Entries as the nodes have them, then what the stream and its groups count: they come back as they are.

    When a consumer was last seen is left out: a server of another version may not have written it.
    """

    def parts(data: Data, at: int) -> Iterator[bytes]:
        nodes, at = length(data, at)
        for _ in range(nodes):
            for _ in range(2):
                raw, at = text(data, at)
                yield raw
        # Length and last id; since 7.0 first id, largest deleted id and all that were ever added (two words an id).
        for _ in range(3 if version == 1 else 8):
            number, at = length(data, at)
            yield _SIZE(number)
        groups, at = length(data, at)
        for _ in range(groups):
            name, at = text(data, at)
            yield name
            for _ in range(2 if version == 1 else 3):
                number, at = length(data, at)
                yield _SIZE(number)
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


_MODULES = frozenset({6, 7})
_READ: Mapping[int, tuple[str, Callable[[Data, int], bytes]]] = {
    0: ("string", _string),
    1: ("list", lambda data, at: _in_order(_texts(data, at))),
    2: ("set", lambda data, at: _whatever_order(_texts(data, at))),
    4: ("hash", lambda data, at: _whatever_order(_fields(data, at))),
    5: ("zset", lambda data, at: _whatever_order(_members(data, at))),
    11: ("set", lambda data, at: _whatever_order(integers(text(data, at)[0]))),
    15: ("stream", _stream(1)),
    16: ("hash", lambda data, at: _whatever_order(_pair(*each) for each in _pairs(listpack(text(data, at)[0])))),
    17: (
        "zset",
        lambda data, at: _whatever_order(
            _scored(member, float(score)) for member, score in _pairs(listpack(text(data, at)[0]))
        ),
    ),
    18: ("list", lambda data, at: _in_order(_list(data, at))),
    19: ("stream", _stream(2)),
    20: ("set", lambda data, at: _whatever_order(listpack(text(data, at)[0]))),
    21: ("stream", _stream(3)),
    22: ("hash", lambda data, at: _whatever_order(_fields(data, at, lives=True))),
}
"""Number of the type in the file -> its name, and what reads it; those before Redis 7.0 nobody writes any more."""
