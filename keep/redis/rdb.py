"""The format of snapshots (RDB), written: keys that DUMP gave one by one become a file that any server of that version
loads, ElastiCache seeds a cache with, and `datatier keys --from-rdb` reads.

A payload of DUMP is the value as the file has it, with the version of the format and a checksum at its end (Valkey's
cluster.c, createDumpPayload); the file has the key between the byte of the type and the value (rdb.c,
rdbSaveKeyValuePair).
"""

from __future__ import annotations

from datetime import datetime
from struct import pack, unpack_from

from anycrc import Model

from observe.keys.rdb import AUX, END, FREQUENCY, IDLE, MILLISECONDS, SELECT
from observe.keys.rdb_values import Data

FOOTER = 10
"""Bytes at the end of a payload: version (little endian, 16 bits) and CRC-64."""
VALKEY = 80
"""First version of Valkey's own numbers, since 9.0; below it they are Redis's, which Valkey wrote until then."""
_CRC = Model("CRC64-REDIS")
_NO_CHECKSUM = bytes(8)
"""What a file without one ends with (`rdbchecksum no`): its frames and its SHA-256 say more."""


def version_of(payload: Data) -> int:
    """The version of the format that a payload of DUMP is of."""
    return int(unpack_from("<H", payload, len(payload) - FOOTER)[0])


def head(version: int, server: str, at: datetime) -> bytes:
    """What a file begins with; `server` is such as `valkey 9.1.2`."""
    name, _, number = server.partition(" ")
    magic = b"VALKEY%03d" % version if version >= VALKEY else b"REDIS%04d" % version
    fields = ((f"{name}-ver".encode(), number.encode()), (b"ctime", b"%d" % at.timestamp()))
    return magic + b"".join(bytes([AUX]) + _string(key) + _string(value) for key, value in fields)


def selected(database: int) -> bytes:
    """What comes before the keys of a database."""
    return bytes([SELECT]) + _length(database)


def before_value(key: bytes, kind: int, *, expires: int | None, idle: int | None, frequency: int | None) -> bytes:
    """All of a key that comes before its value; `kind` is the type's byte."""
    made = b""
    if expires is not None:
        made += pack("<Bq", MILLISECONDS, expires)
    if idle is not None:
        made += bytes([IDLE]) + _length(idle)
    if frequency is not None:
        made += bytes([FREQUENCY, frequency])
    return made + bytes([kind]) + _string(key)


def tail() -> bytes:
    """What a file ends with."""
    return bytes([END]) + _NO_CHECKSUM


class Checksum:
    """What RESTORE wants at the end of a payload, whose bytes come piece by piece."""

    def __init__(self) -> None:
        self._crc = 0

    def add(self, part: bytes) -> None:
        """Take in the next bytes."""
        self._crc = _CRC.calc(part, self._crc)

    def footer(self, version: int) -> bytes:
        """The last bytes."""
        with_version = pack("<H", version)
        self.add(with_version)
        return with_version + pack("<Q", self._crc)


def footer(version: int, value: bytes) -> bytes:
    """The same of a payload that is here whole."""
    with_version = pack("<H", version)
    return with_version + pack("<Q", _CRC.calc(with_version, _CRC.calc(value)))


def _length(number: int) -> bytes:
    if number < 64:
        return bytes([number])
    if number < 16384:
        return pack(">H", 0x4000 | number)
    return pack(">BI", 0x80, number) if number < 1 << 32 else pack(">BQ", 0x81, number)


def _string(text: bytes) -> bytes:
    return _length(len(text)) + text
