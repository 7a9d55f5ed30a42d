"""Keys of a snapshot file (RDB): what is in a cache, without asking a server.

Valkey to 9.1 and Redis to 7.2 write what is read here; a newer Redis writes types of its own under numbers that Valkey
has given to others. Sizes are what the values take once loaded, estimated from their lengths.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from struct import Struct
from struct import error as StructError  # noqa: N812 as a class is called

from observe.keys.rdb_values import TYPES, Data, RdbFormatError, length, module_parts, string, text
from observe.keys.record import Record

_MS, _SECONDS = Struct("<q").unpack_from, Struct("<i").unpack_from
_PER_KEY, _PER_TTL = 40, 8
"""Bytes that a key takes besides its name and value: object, entry of the table, headers of both strings; and its
expiry. Measured with MEMORY USAGE on Valkey 9.1."""
(_IMPORT, _SLOT, _LIBRARY, _OF_MODULE, IDLE, FREQUENCY, AUX, _RESIZE, MILLISECONDS, AT, SELECT, END) = (
    0xF3, 0xF4, 0xF5, 0xF7, 0xF8, 0xF9, 0xFA, 0xFB, 0xFC, 0xFD, 0xFE, 0xFF,
)  # fmt: skip
_OPCODES = 0xF0
"""From here on a byte is no type of a value."""


class RdbError(ValueError):
    """A file that is not a snapshot, is cut off, or is of a version that is not known."""


@dataclass(frozen=True)
class Snapshot:
    """A snapshot file that is open."""

    path: Path
    server: str
    """`valkey 9.1.2`, as the file says; only the name where it does not."""
    version: int
    """Version of the format."""
    created: int | None
    """Seconds since 1970, where the file says."""
    data: Data
    start: int
    """Where the fields about the file end."""

    @property
    def origin(self) -> str:
        """Which file, of which server, made when."""
        made = f", {datetime.fromtimestamp(self.created, UTC):%Y-%m-%d %H:%M} UTC" if self.created is not None else ""
        return f"{self.path} ({self.server}{made}; sizes are estimates)"

    def records(self) -> Iterator[Record]:
        """Every key. Raise `RdbError` where the file ends early or holds what is not known."""
        # The file says the second: its last moment, or what was just written would live too long.
        now = 1000 * self.created + 999 if self.created is not None else None
        try:
            yield from _records(self.data, self.start, now)
        except RdbFormatError as error:
            raise RdbError(f"{self.path}, {error}") from None


@contextmanager
def snapshot(path: Path) -> Iterator[Snapshot]:
    """Open a snapshot file. Raise `RdbError`, or `OSError` where it cannot be read."""
    with path.open("rb") as file:
        head = file.read(9)
        server, version = _signature(path, head)
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            try:
                fields, start = _fields(data, len(head))
            except (IndexError, StructError, RdbFormatError):
                raise RdbError(f"{path} ends among the fields about itself: the copy was cut off") from None
            known = fields.get(b"valkey-ver") or fields.get(b"redis-ver") or b""
            name = "valkey" if b"valkey-ver" in fields else server
            created = fields.get(b"ctime", b"")
            yield Snapshot(
                path,
                f"{name} {known.decode('ascii', 'replace')}".strip(),
                version,
                int(created) if created.isdigit() else None,
                data,
                start,
            )


def _signature(path: Path, head: bytes) -> tuple[str, int]:
    """The server and the version of the format that a file begins with."""
    for name, most in ((b"REDIS", 11), (b"VALKEY", 80)):
        digits = head[len(name) :]
        if head.startswith(name) and len(head) == 9 and digits.isdigit():
            version = int(digits)
            if version > most:
                raise RdbError(
                    f"{path} has version {version} of {name.decode()}'s format; {most} is the latest that is read here"
                )
            return name.decode().lower(), version
    raise RdbError(f"{path} is not a snapshot: one begins with REDIS or VALKEY and a version")


def _fields(data: Data, at: int) -> tuple[Mapping[bytes, bytes], int]:
    """What the file says about itself."""
    found: dict[bytes, bytes] = {}
    while data[at] == AUX:
        name, at = text(data, at + 1)
        found[name], at = text(data, at)
    return found, at


def _records(data: Data, at: int, now: int | None) -> Iterator[Record]:  # noqa: PLR0912, PLR0915 a call costs a key
    # The loop of a million keys: what most of them are is read here, without a call.
    database, ttl, frequency, more, types, made = 0, None, None, _PER_KEY, TYPES, partial(tuple.__new__, Record)
    key = b""
    try:
        while True:
            kind = data[at]
            if kind == MILLISECONDS:
                ttl = _MS(data, at + 1)[0]
                more += _PER_TTL
                at += 9
                kind = data[at]
            if kind >= _OPCODES:
                if kind == END:
                    return
                if kind == SELECT:
                    database, at = length(data, at + 1)
                elif kind == FREQUENCY:
                    frequency = data[at + 1]
                    at += 2
                elif kind == AT:
                    ttl = 1000 * _SECONDS(data, at + 1)[0]
                    more += _PER_TTL
                    at += 5
                else:
                    at = passed(data, at, kind)
                continue
            size = data[at + 1]
            if size < 64:
                at += 2 + size
                key = data[at - size : at]
            else:
                key, at = text(data, at + 1)
            if kind == 0:
                size = data[at]
                if size < 64:
                    at += 1 + size
                else:
                    size, at = string(data, at)
                elements, name = None, "string"
            else:
                name, skip = types[kind]
                at, size, elements = skip(data, at)
            if ttl is not None and now is not None:
                ttl = ttl - now if ttl > now else 0
            yield made((database, key, name, ttl, size + len(key) + more, None, elements, frequency))
            ttl, frequency, more = None, None, _PER_KEY
    except (IndexError, StructError):
        raise RdbFormatError(f"after {key!r}: the file ends there, so it was cut off") from None
    except KeyError:
        raise RdbFormatError(f"after {key!r}, before byte {at}: type {kind} is not known") from None
    except RdbFormatError as wrong:
        raise RdbFormatError(f"after {key!r}, before byte {at}: {wrong}") from None


def passed(data: Data, at: int, kind: int) -> int:
    """Where what is no key ends. Raise RdbFormatError."""
    lengths = {IDLE: 1, _RESIZE: 2, _SLOT: 3}.get(kind)
    strings = {_LIBRARY: 1, AUX: 2}.get(kind)
    at += 1
    if kind == _OF_MODULE:
        for _ in range(3):
            _, at = length(data, at)
        return module_parts(data, at)
    if kind == _IMPORT:
        _, at = string(data, at)
        ranges, at = length(data, at)
        lengths = 2 * ranges
    elif lengths is None and strings is None:
        raise RdbFormatError(f"code {kind} is not known")
    for _ in range(strings or 0):
        _, at = string(data, at)
    for _ in range(lengths or 0):
        _, at = length(data, at)
    return at
