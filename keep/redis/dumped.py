"""Every key of one database of one node, with its value and its life: SCAN, then DUMP, at a pace that nobody feels.

Value and expiry of a key are of one moment (MULTI); the keys are not: SCAN promises those that are there from the
beginning to the end (Redis documentation, SCAN), and each is as it was when its turn came.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from keep.errors import KeepError
from keep.redis.replies import RefusalError, Replies, Reply
from observe.keys.pace import EVERY, Pace
from observe.keys.patterns import shown
from observe.keys.rdb_values import Data
from observe.keys.scan import slot_of
from observe.keys.wire import Wire, WireError, command

BATCH = 256 << 10
"""Bytes of memory whose values are asked for at once: what a neighbour waits for meanwhile is about a millisecond."""
RIGHTS = "+scan +memory|usage +multi +exec +pexpiretime +object|idletime +object|freq +dump, and ~* or %R~*"
_GONE = ("MOVED ", "ASK ", "TRYAGAIN ")


class Dumped(NamedTuple):
    """One key."""

    key: bytes
    expires: int | None
    """Milliseconds since 1970; None where it stays."""
    idle: int | None
    """Seconds since somebody asked for it; None but under an LRU policy."""
    frequency: int | None
    """Logarithmic counter of accesses; None but under an LFU policy."""
    payload: Data
    """Of DUMP: the type's byte, the value, version and checksum."""
    memory: int
    """Bytes that it takes, as MEMORY USAGE counts them."""


class Gone(NamedTuple):
    """A key that SCAN has named and that is not there any more."""

    key: bytes


def dumped(wire: Wire, pace: Pace, *, usage: str, slots: bytes | None = None) -> Iterator[Dumped | Gone]:
    """Every key of the database that is selected. Raise WireError, or KeepError for a key that may not be copied.

    :param usage: what the server's policy counts: `idletime`, `freq` or nothing.
    :param slots: in cluster mode, a 1 for each slot whose keys are meant.
    """
    asking = _Asking(wire, pace)
    steps = 5 if usage else 4
    page = asking.now(_scan(b"0", pace))[0]
    while True:
        cursor, keys = _page(page)
        mine = [key for key in keys if slots is None or slots[slot_of(key)]]
        sizes = asking.now(*(command(b"MEMORY", b"USAGE", key) for key in mine)) if mine else []
        more = _scan(cursor, pace) if cursor != b"0" else b""
        for batch in _batches(mine, sizes, pace.batch):
            # The next page is asked for on the way, so that it costs no round trip of its own.
            last = len(mine) == batch.first + len(batch.keys)
            answers, page = asking.paced(
                [_asked(key, usage) for key, _ in batch.keys], steps, more if last else b"", page
            )
            for (key, memory), answer in zip(batch.keys, answers, strict=True):
                yield _dumped(key, memory, answer, usage)
        if not more:
            return
        if not mine:
            page = asking.now(more)[0]


class _Asking:
    """Questions to a node, and what they take of it."""

    def __init__(self, wire: Wire, pace: Pace) -> None:
        self._wire, self._pace, self._replies = wire, pace, Replies(wire)
        self._number, self._ended = 0, time.perf_counter()

    def now(self, *commands: bytes) -> list[Reply]:
        """The reply to each."""
        self._wire.send(b"".join(commands))
        return [self._replies.next() for _ in commands]

    def paced(
        self, transactions: Sequence[bytes], steps: int, then: bytes, otherwise: Reply
    ) -> tuple[list[list[Reply]], Reply]:
        """The replies to each transaction after a pause that is long enough, and that to `then`, if it is anything."""
        pace = self._pace
        if pace.pause:
            time.sleep(pace.pause)
        if self._number % EVERY == EVERY - 1:
            began = time.perf_counter()
            self.now(command(b"PING"))
            pace.answered(time.perf_counter() - began)
        began = time.perf_counter()
        self._wire.send(b"".join(transactions) + then)
        found = [self._replies.transaction(steps) for _ in transactions]
        last = self._replies.next() if then else otherwise
        now = time.perf_counter()
        pace.served(now - began, now - self._ended)
        self._number, self._ended = self._number + 1, now
        return found, last


def _scan(cursor: bytes, pace: Pace) -> bytes:
    return command(b"SCAN", cursor, b"COUNT", b"%d" % pace.batch)


def _page(page: Reply) -> tuple[bytes, list[bytes]]:
    """Cursor and names, however long one is."""
    if isinstance(page, RefusalError):
        raise KeepError(refused(page))
    if not (isinstance(page, list) and isinstance(page[0], bytes) and isinstance(page[1], list)):
        raise WireError("the node's answers are not those to what was asked")
    return page[0], [_name(each) for each in page[1]]


def _name(found: Reply) -> bytes:
    if found is None or isinstance(found, int | list | RefusalError):
        raise WireError("the node's answers are not those to what was asked")
    return found[:]


class _Batch(NamedTuple):
    first: int
    """Where it begins in the page."""
    keys: list[tuple[bytes, int]]
    """With the size of each; 0 of one that is gone."""


def _batches(keys: Sequence[bytes], sizes: Sequence[Reply], most: int) -> Iterator[_Batch]:
    """So many keys that their values come at once."""
    batch = _Batch(0, [])
    held = 0
    for at, (key, size) in enumerate(zip(keys, sizes, strict=True)):
        if isinstance(size, RefusalError) and not str(size).startswith(_GONE):
            raise KeepError(refused(size, key))
        memory = size if isinstance(size, int) else 0
        if batch.keys and (len(batch.keys) == most or held + memory > BATCH):
            yield batch
            batch, held = _Batch(at, []), 0
        batch.keys.append((key, memory))
        held += memory
    if batch.keys:
        yield batch


def _asked(key: bytes, usage: str) -> bytes:
    """One transaction; written out, since there are millions of them."""
    n = len(key)
    count = command(b"OBJECT", usage.upper().encode(), key) if usage else b""
    return (
        b"*1\r\n$5\r\nMULTI\r\n*2\r\n$11\r\nPEXPIRETIME\r\n$%d\r\n%b\r\n%b*2\r\n$4\r\nDUMP\r\n$%d\r\n%b\r\n"
        b"*1\r\n$4\r\nEXEC\r\n" % (n, key, count, n, key)
    )


def _dumped(key: bytes, memory: int, answers: Sequence[Reply], usage: str) -> Dumped | Gone:
    done = answers[-1]
    if not isinstance(done, list):
        # EXECABORT where one of them was refused: that one says why.
        wrong = next((each for each in answers if isinstance(each, RefusalError)), RefusalError("EXEC gave nothing"))
        if str(wrong).startswith(_GONE):
            return Gone(key)
        raise KeepError(refused(wrong, key))
    expires, *counts, payload = done
    for each in done:
        if isinstance(each, RefusalError) and not str(each).startswith("ERR no such key"):
            raise KeepError(refused(each, key))
    if payload is None or isinstance(payload, int | list | RefusalError) or not isinstance(expires, int):
        return Gone(key)
    count = counts[0] if counts and isinstance(counts[0], int) else None
    return Dumped(
        key,
        expires if expires >= 0 else None,
        count if usage == "idletime" else None,
        count if usage == "freq" else None,
        payload,
        memory,
    )


def refused(wrong: RefusalError, key: bytes | None = None) -> str:
    """The sentence for what a server refuses: a copy that lacks a key is not a copy."""
    of = f" of keys like {shown(key)}" if key is not None else ""
    if str(wrong).startswith("NOPERM"):
        return f"the copy{of} is refused: {wrong}; whoever copies a cache may see all of it: {RIGHTS}"
    if "unknown command" in str(wrong).lower() and "pexpiretime" in str(wrong).lower():
        return "the server is older than Redis 7.0, which has no PEXPIRETIME: take a copy of its file (--form rdb)"
    return f"the copy{of} is refused: {wrong}"
