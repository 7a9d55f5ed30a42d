"""Which server reads what which other one has written: the versions of the snapshot format.

Redis: `RDB_VERSION` of src/rdb.h at its tags. Valkey: 11 until 8.1, 80 since 9.0; it reads 11 and older besides its
own, and refuses 12 to 79, which are newer Redis's (RDB_FOREIGN_VERSION_MIN of its src/rdb.h). Seen: Redis 7.0 refuses
every value of Valkey 9.1, and Valkey 9.1 takes those of Redis 7.0.
"""

from __future__ import annotations

from keep.redis.rdb import VALKEY

_REDIS = ((7, 4, 12), (7, 2, 11), (7, 0, 10), (5, 0, 9))
_VALKEY = ((9, 0, VALKEY), (7, 2, 11))
READ_HERE = (9, 10, 11, VALKEY)
"""Versions that this program reads; 12 and above give numbers of types to others than Valkey does."""


def written_by(server: str) -> int:
    """The version that a server writes, such as `valkey 9.1.2`."""
    name, _, version = server.partition(" ")
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    table = _VALKEY if name == "valkey" else _REDIS
    return next((found for major, minor, found in table if numbers >= (major, minor)), table[-1][2])


def unfit(version: int, origin: str, target: str) -> str | None:
    """Why a server does not read what another one has written, and which would; None where it does."""
    own = written_by(target)
    if version <= own and (own < VALKEY or version in READ_HERE):
        return None
    fit = "Valkey 9.0 or later" if version >= VALKEY else "Valkey 9.0, or as new a Redis" if version <= 11 else "Redis"
    return (
        f"the copy is of {origin}, whose values (version {version} of the snapshot format) {target} does not read (it "
        f"reads up to {own}): restore it into {fit}"
    )
