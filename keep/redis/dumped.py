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
from observe.keys.patterns import pattern_of
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
    replies = Replies(wire)
    cursor, number, ended = b"0", 0, time.perf_counter()

    def ask(sent: bytes, count: int) -> list[Reply]:
        wire.send(sent)
        return [replies.next() for _ in range(count)]

    def paced(sent: bytes, count: int) -> list[Reply]:
        nonlocal number, ended
        if pace.pause:
            time.sleep(pace.pause)
        if number % EVERY == EVERY - 1:
            began = time.perf_counter()
            ask(command(b"PING"), 1)
            pace.answered(time.perf_counter() - began)
        began = time.perf_counter()
        found = ask(sent, count)
        now = time.perf_counter()
        pace.served(now - began, now - ended)
        number, ended = number + 1, now
        return found

    while True:
        page = ask(command(b"SCAN", cursor, b"COUNT", b"%d" % pace.batch), 1)[0]
        if isinstance(page, RefusalError):
            raise KeepError(refused(page))
        cursor, keys = _page(page)
        mine = [key for key in keys if slots is None or slots[slot_of(key)]]
        sizes = ask(b"".join(command(b"MEMORY", b"USAGE", key) for key in mine), len(mine)) if mine else []
        for batch in _batches(mine, sizes, pace.batch):
            answers = paced(b"".join(_asked(key, usage) for key, _ in batch), len(batch) * (5 if usage else 4))
            step = len(answers) // len(batch)
            for at, (key, memory) in enumerate(batch):
                yield _dumped(key, memory, answers[at * step : (at + 1) * step], usage)
        if cursor == b"0":
            return


def _page(page: Reply) -> tuple[bytes, list[bytes]]:
    """Cursor and names, however long one is."""
    if not (isinstance(page, list) and isinstance(page[0], bytes) and isinstance(page[1], list)):
        raise WireError("the node's answers are not those to what was asked")
    return page[0], [_name(each) for each in page[1]]


def _name(found: Reply) -> bytes:
    if found is None or isinstance(found, int | list | RefusalError):
        raise WireError("the node's answers are not those to what was asked")
    return found[:]


def _batches(keys: Sequence[bytes], sizes: Sequence[Reply], most: int) -> Iterator[list[tuple[bytes, int]]]:
    """Keys with their sizes, so many that their values come at once; one that is gone has size 0."""
    batch: list[tuple[bytes, int]] = []
    held = 0
    for key, size in zip(keys, sizes, strict=True):
        if isinstance(size, RefusalError) and not str(size).startswith(_GONE):
            raise KeepError(refused(size, key))
        memory = size if isinstance(size, int) else 0
        if batch and (len(batch) == most or held + memory > BATCH):
            yield batch
            batch, held = [], 0
        batch.append((key, memory))
        held += memory
    if batch:
        yield batch


def _asked(key: bytes, usage: str) -> bytes:
    words = [(b"MULTI",), (b"PEXPIRETIME", key), *([(b"OBJECT", usage.upper().encode(), key)] if usage else [])]
    return b"".join(command(*each) for each in (*words, (b"DUMP", key), (b"EXEC",)))


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
    of = f" of keys like {pattern_of(key).decode('utf-8', 'backslashreplace')}" if key is not None else ""
    if str(wrong).startswith("NOPERM"):
        return f"the copy{of} is refused: {wrong}; whoever copies a cache may see all of it: {RIGHTS}"
    if "unknown command" in str(wrong).lower() and "pexpiretime" in str(wrong).lower():
        return "the server is older than Redis 7.0, which has no PEXPIRETIME: take a copy of its file (--form rdb)"
    return f"the copy{of} is refused: {wrong}"
