"""Replies of any kind and size to a pipeline on a `Wire`, one after the other; what is large goes through a file."""

from __future__ import annotations

import mmap
import re
import tempfile
from typing import TypeAlias

from observe.keys.rdb_values import Data
from observe.keys.wire import Wire, WireError

HELD = 8 << 20
"""Bytes up to which a value is held in memory; a larger one goes to a temporary file, which memory maps."""


_DONE = re.compile(rb"\+OK\r\n(?:\+QUEUED\r\n)+\*\d\r\n:(-?\d+)\r\n(?::(\d+)\r\n)?\$(\d+)\r\n")
"""Two integers at most, and a bulk string of which at least the length is here."""


class RefusalError(Exception):
    """An error that stands in the place of a reply."""


Reply: TypeAlias = "Data | int | RefusalError | list[Reply] | None"
"""A bulk or simple string, an integer, a nil, an error, or several of them."""


class Replies:
    """What a node answers. Raise WireError where it goes away."""

    def __init__(self, wire: Wire) -> None:
        self._wire, self._held, self._at = wire, b"", 0

    def next(self) -> Reply:
        """The next reply."""
        line = self._line()
        kind, rest = line[:1], line[1:]
        if kind == b"+":
            return rest
        if kind == b":":
            return int(rest)
        if kind == b"-":
            return RefusalError(rest.decode("utf-8", "replace"))
        if kind == b"$":
            return None if rest == b"-1" else self._bulk(int(rest))
        if kind == b"*":
            return None if rest == b"-1" else [self.next() for _ in range(int(rest))]
        raise WireError("the node's answers are not those to what was asked")

    def transaction(self, steps: int) -> list[Reply]:
        """The replies to MULTI, its commands and EXEC; of one that went well that of EXEC alone."""
        found = _DONE.match(self._held, self._at)
        if found:
            begin, size = found.end(), int(found[3])
            end = begin + size
            if end + 2 <= len(self._held):
                self._at = end + 2
                counts: list[Reply] = [int(found[2])] if found[2] else []
                return [[int(found[1]), *counts, self._held[begin:end]]]
        return [self.next() for _ in range(steps)]

    def _line(self) -> bytes:
        while (end := self._held.find(b"\r\n", self._at)) < 0:
            self._more(len(self._held) - self._at + 1)
        line = self._held[self._at : end]
        self._at = end + 2
        return line

    def _bulk(self, size: int) -> Data:
        if size > HELD:
            return self._spooled(size)
        self._more(size + 2)
        begin = self._at
        self._at = begin + size + 2
        return self._held[begin : begin + size]

    def _more(self, wanted: int) -> None:
        """Read until so many bytes are here that were not used yet."""
        have = len(self._held) - self._at
        if have >= wanted:
            return
        parts = [self._held[self._at :]]
        while have < wanted:
            parts.append(part := self._wire.receive())
            have += len(part)
        self._held, self._at = b"".join(parts), 0

    def _spooled(self, size: int) -> Data:
        with tempfile.TemporaryFile(prefix="datatier-") as file:
            left = size
            if part := self._held[self._at : self._at + left]:
                file.write(part)
                left -= len(part)
                self._at += len(part)
            while left:
                part = self._wire.receive()
                self._held, self._at = part, min(left, len(part))
                file.write(part[:left])
                left -= self._at
            file.flush()
            self._more(2)
            self._at += 2
            return mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ)
