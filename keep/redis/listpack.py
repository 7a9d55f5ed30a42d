"""Small collections as servers pack them: listpacks (listpack.c) and sets of integers (intset.c)."""

from __future__ import annotations

from collections.abc import Iterator

from observe.keys.rdb_values import RdbFormatError

_HEAD, _END = 6, 0xFF
_WIDE = {0xF1: 2, 0xF2: 3, 0xF3: 4, 0xF4: 8}
"""Integers of 16, 24, 32 and 64 bits."""


def listpack(raw: bytes) -> Iterator[bytes]:
    """Every element; an integer as the text that it stands for. Raise RdbFormatError or IndexError."""
    at = _HEAD
    while (first := raw[at]) != _END:
        begin = at
        if first < 0x80:  # 7 bits
            at += 1
            yield b"%d" % first
        elif first < 0xC0:  # a string of up to 63 bytes
            at += 1 + (first & 0x3F)
            yield raw[begin + 1 : at]
        elif first < 0xE0:  # 13 bits with a sign
            number = (first & 0x1F) << 8 | raw[at + 1]
            at += 2
            yield b"%d" % (number - 8192 if number >= 4096 else number)
        elif first < 0xF0:  # a string of up to 4095 bytes
            size = (first & 0x0F) << 8 | raw[at + 1]
            at += 2 + size
            yield raw[at - size : at]
        elif first == 0xF0:  # a longer one
            size = int.from_bytes(raw[at + 1 : at + 5], "little")
            at += 5 + size
            yield raw[at - size : at]
        elif first in _WIDE:
            at += 1 + _WIDE[first]
            yield b"%d" % int.from_bytes(raw[begin + 1 : at], "little", signed=True)
        else:
            raise RdbFormatError(f"no element of a listpack begins with byte {first}")
        at += _back(at - begin)


def _back(size: int) -> int:
    """Bytes of the length that stands behind an element, 7 bits each (listpack.c, lpEncodeBacklenBytes)."""
    return 1 if size < 128 else 2 if size < 16384 else 3 if size < 2097152 else 4 if size < 268435456 else 5


def integers(raw: bytes) -> Iterator[bytes]:
    """Every element of a set of integers, as text."""
    width, count = int.from_bytes(raw[:4], "little"), int.from_bytes(raw[4:8], "little")
    for at in range(8, 8 + width * count, width):
        yield b"%d" % int.from_bytes(raw[at : at + width], "little", signed=True)
