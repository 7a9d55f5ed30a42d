"""A scan of one database of one node: pages of keys, each with its type, life and size, at a pace that nobody feels.

TYPE, PTTL and MEMORY USAGE leave the key's age and frequency alone (LOOKUP_NOTOUCH in Valkey's db.c, object.c), so an
inventory keeps nothing from eviction. TYPE and PTTL do count as hits: on the node that is scanned the hit ratio is too
good for that long.
"""

from __future__ import annotations

import time
from binascii import crc_hqx
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from bootstrap.errors import BootstrapError
from observe.keys.allowed import INVENTORY, Allowed
from observe.keys.pace import EVERY, Pace
from observe.keys.record import Record
from observe.keys.wire import ReplyError, Wire, command, details

SLOTS = 16384
_TYPES = {b"+%b" % name.encode(): name for name in ("string", "hash", "list", "set", "zset", "stream")}
_LENGTHS = {"hash": b"HLEN", "list": b"LLEN", "set": b"SCARD", "zset": b"ZCARD", "stream": b"XLEN"}
_MANY = 2000
"""Bytes from which on a collection may have a thousand elements: the smallest take two bytes each."""
_GONE = (b"-MOVED ", b"-ASK ", b"-TRYAGAIN ")
_PINGS = 50


class RefusedError(BootstrapError):
    """The server does not let whoever logged in do what the declaration says, or what a scan takes."""


class Page(NamedTuple):
    """What one step of a scan gave."""

    records: list[Record]
    refused: int
    """Keys that may not be looked at."""
    seen: int
    """Keys that SCAN named, also those that are gone by now or are counted at another shard."""
    cursor: bytes
    """Where the rest begins; `0` where nothing is left."""


def slot_of(key: bytes) -> int:
    """The hash slot of a key (Redis Cluster specification: CRC16-XMODEM of the part in braces, where there is one)."""
    opened = key.find(b"{")
    if opened >= 0 and (closed := key.find(b"}", opened + 1)) > opened + 1:
        key = key[opened + 1 : closed]
    return crc_hqx(key, 0) % SLOTS


def baseline(wire: Wire) -> list[float]:
    """What PINGs take while nothing else is asked, in seconds; at rest in between, as a neighbour is."""
    taken = []
    for _ in range(_PINGS):
        time.sleep(0.001)
        taken.append(_ping(wire))
    return taken


def pages(
    wire: Wire,
    database: int,
    allowed: Allowed,
    pace: Pace,
    *,
    cursor: bytes = b"0",
    frequency: bool = False,
    slots: bytes | None = None,
) -> Iterator[Page]:
    """Every key of a database, from a cursor on; it is selected already. Raise WireError, ReplyError or RefusedError.

    A key that is there from beginning to end comes at least once (SCAN's guarantee), and twice at most where the node's
    table shrinks meanwhile.

    :param slots: in cluster mode, a 1 for each slot whose keys are counted here.
    """

    def ask(key: bytes) -> bool:
        line = wire.ask_one(command(b"TYPE", key))
        if _of_command(line):
            raise RefusedError(lacking(_text(line)))
        return not line.startswith(b"-NOPERM")

    _, cursor, keys = wire.scan(_scan(cursor, 1), 0)
    number, began = 0, time.perf_counter()
    while True:
        mine = keys if slots is None else [key for key in keys if slots[slot_of(key)]]
        may = allowed.sift(mine, ask)
        records: list[Record] = []
        refused = len(mine) - len(may)
        # The first is of one key: what may not be asked at all is refused for one.
        first = 0 if number else 1
        chunks = [may[:first]] if first else []
        chunks += [may[at : at + 2 * pace.batch] for at in range(first, len(may), 2 * pace.batch)]
        chunks = chunks or [[]]
        following: tuple[bytes, list[bytes]] | None = None
        for chunk in chunks:
            if pace.pause:
                time.sleep(pace.pause)
            if number % EVERY == EVERY - 1:
                pace.answered(_ping(wire))
            sent = time.perf_counter()
            asked = details(chunk, frequency=frequency)
            per_key = 4 if frequency else 3
            if chunk is chunks[-1] and cursor != b"0":
                lines, after, more = wire.scan(asked + _scan(cursor, pace.batch), per_key * len(chunk))
                following = (after, more)
            else:
                lines = wire.lines(asked, per_key * len(chunk)) if chunk else []
            now = time.perf_counter()
            if number:  # the first is of one key
                pace.served(now - sent, now - began)
            number, began = number + 1, now
            found, denied = _records(database, chunk, lines, frequency=frequency)
            records += found
            refused += denied
        yield Page(_with_elements(wire, records), refused, len(keys), cursor)
        if following is None:
            return
        cursor, keys = following


def _scan(cursor: bytes, count: int) -> bytes:
    return command(b"SCAN", cursor, b"COUNT", b"%d" % count)


def _ping(wire: Wire) -> float:
    began = time.perf_counter()
    wire.ask_one(b"*1\r\n$4\r\nPING\r\n")
    return time.perf_counter() - began


def _records(
    database: int, keys: Sequence[bytes], lines: Sequence[bytes], *, frequency: bool
) -> tuple[list[Record], int]:
    """The keys that are still there, and how many were refused. Raise RefusedError or WireError."""
    step = 4 if frequency else 3
    counts: Sequence[bytes] = lines[3::4] if frequency else ()
    made, refused = [], 0
    for at, (key, kind, life, size) in enumerate(
        zip(keys, lines[0::step], lines[1::step], lines[2::step], strict=True)
    ):
        name = _TYPES.get(kind)
        if name is None or size[:1] != b":" or life[:1] != b":":
            for line in (kind, life, size):
                _check(line)
            if any(line.startswith(b"-NOPERM") for line in (kind, life, size)):
                refused += 1
                continue
            if kind[:1] != b"+" or kind == b"+none" or size[:1] != b":" or life[:1] != b":":
                continue  # gone in between
            name = kind[1:].decode("utf-8", "replace")
        left = int(life[1:])
        if left < -1:
            continue
        count = counts[at] if frequency else b""
        made.append(
            Record(
                database,
                key,
                name,
                left if left >= 0 else None,
                int(size[1:]),
                None,
                None,
                int(count[1:]) if count[:1] == b":" else None,
            )
        )
    return made, refused


def _check(line: bytes) -> None:
    """Raise what an answer means for all that follow; nothing where it is of its key alone."""
    if _of_command(line):
        raise RefusedError(lacking(_text(line)))
    if line[:1] == b"-" and not line.startswith((b"-NOPERM", *_GONE)):
        raise ReplyError(_text(line))


def _of_command(line: bytes) -> bool:
    """Whether a refusal is of the command, as opposed to of the key (acl.c, getAclErrorMessage)."""
    return line.startswith(b"-NOPERM") and b"run the" in line


def lacking(said: str) -> str:
    """The sentence for a command that whoever logged in may not use."""
    return f"{said}: a scan takes +info +scan +type +pttl +memory|usage; {INVENTORY} gives them"


def _text(line: bytes) -> str:
    return line[1:].decode("utf-8", "replace")


def _with_elements(wire: Wire, records: list[Record]) -> list[Record]:
    """The same with the number of elements of what may have many."""
    many = [at for at, each in enumerate(records) if each.size >= _MANY and each.type in _LENGTHS]
    if many:
        asked = b"".join(command(_LENGTHS[records[at].type], records[at].key) for at in many)
        for at, line in zip(many, wire.lines(asked, len(many)), strict=True):
            if line[:1] == b":":  # another answer: its type has changed, or the length may not be asked for
                records[at] = records[at]._replace(elements=int(line[1:]))
    return records
