"""What the keys of a cache are, whatever their order and encoding: a count and a sum of digests for each key space."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from struct import Struct
from struct import error as StructError  # noqa: N812 as a class is called

from pydantic import BaseModel, ConfigDict, ValidationError

from bootstrap.access import Keyspace
from keep.errors import DamagedError, KeepError
from keep.redis.content import MINUTE, content
from observe.keys.patterns import shown
from observe.keys.rdb import Snapshot
from observe.keys.rdb_entries import Entry, entries
from observe.keys.rdb_values import Data, RdbFormatError
from observe.keys.spaces import Spaces

_HEAD = Struct("<qqQ").pack
_PASSING = Struct("<q16s").pack
_AHEAD = 24 * 60 * MINUTE
"""Milliseconds for which expiries are told apart by the minute."""
_MASK = (1 << 64) - 1


class SpaceProof(BaseModel):
    """What the keys of one key space were."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    space: str | None
    """None for keys that no key space of their database has."""
    database: int
    keys: int
    digest: str
    """Sum of a 64-bit digest of each key: its name, type, expiry and content; fields that expire have their own."""
    unread: int
    """Keys of these whose content is not in the digest: those of modules' types."""


class CountedSpace(BaseModel):
    """A key space as it was declared when the keys were counted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pattern: str
    database: int


class CacheProof(BaseModel):
    """What the keys of a cache were, and by which key spaces they were counted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    declared: dict[str, CountedSpace]
    spaces: tuple[SpaceProof, ...]

    def counting(self, cache: str, *, clustered: bool) -> Spaces:
        """The key spaces, to count others by them."""
        made = {
            name: Keyspace(
                pattern=each.pattern, cache=cache, type="any", ttl=None, purpose="counted", database=each.database
            )
            for name, each in self.declared.items()
        }
        return Spaces(made, cache=cache, clustered=clustered)

    @property
    def keys(self) -> int:
        """How many there are."""
        return sum(each.keys for each in self.spaces)


class Sum:
    """Keys that were added up."""

    __slots__ = ("digest", "keys", "unread")

    def __init__(self) -> None:
        self.keys = self.digest = self.unread = 0

    def take(self, item: bytes) -> None:
        """Add what stands for a key, or for a part of it."""
        made = blake2b(item, digest_size=8).digest()
        self.digest = (self.digest + int.from_bytes(made, "little")) & _MASK

    def add(self, other: Sum) -> None:
        """Take in another one."""
        self.keys += other.keys
        self.digest = (self.digest + other.digest) & _MASK
        self.unread += other.unread


class Adder:
    """Adds keys up, by key space and by the minute in which they expire: what is gone by then can be left out.

    Fields of a hash that expire are added up beside their key, each minute's for itself.
    """

    def __init__(self, spaces: Spaces, now: int) -> None:
        """`now` is the server's clock, in milliseconds since 1970."""
        self.spaces = spaces
        self._later = (now + _AHEAD) // MINUTE
        self._sums: dict[tuple[str | None, int], dict[int | None, Sum]] = {}
        self._finders: dict[int, Callable[[bytes], str | None]] = {}

    def add(self, database: int, key: bytes, expires: int | None, kind: int, data: Data, at: int) -> None:
        """Add a key whose value begins at a place of `data`. Raise KeepError where the value cannot be read."""
        try:
            found = content(kind, data, at)
        except (RdbFormatError, IndexError, ValueError, StructError, StopIteration) as wrong:
            raise KeepError(f"the value of a key like {shown(key)} (type {kind}) cannot be read: {wrong}") from None
        finder = self._finders.get(database)
        if finder is None:
            finder = self._finders[database] = self.spaces.finder(database)
        sums = self._sums.setdefault((finder(key), database), {})
        last = None if expires is None else expires // MINUTE
        if not found.lasts:
            of_fields = max(found.passing)
            last = of_fields if last is None else min(last, of_fields)
        head = _HEAD(database, -1 if expires is None else expires, len(key)) + key
        into = self._at(sums, last)
        into.keys += 1
        into.unread += found.digest is None
        into.take(head + found.type.encode() + (found.digest or b""))
        for minute, digest in found.passing.items():
            gone = minute if last is None else min(minute, last)
            self._at(sums, gone).take(head + _PASSING(minute, digest))

    def _at(self, sums: dict[int | None, Sum], minute: int | None) -> Sum:
        """What goes in that minute; None where it stays."""
        when = None if minute is None else min(minute, self._later)
        found = sums.get(when)
        if found is None:
            found = sums[when] = Sum()
        return found

    @property
    def databases(self) -> set[int]:
        """Those that have keys."""
        return {database for _, database in self._sums}

    def proof(self) -> CacheProof:
        """All that was added."""
        return self._proof(None)[0]

    def living(self, at: int) -> tuple[CacheProof, int]:
        """Of the keys that are still there some time after `at`, and how many are not (milliseconds since 1970)."""
        return self._proof(at // MINUTE)

    def _proof(self, minute: int | None) -> tuple[CacheProof, int]:
        made, expired = [], 0
        for (space, database), sums in sorted(self._sums.items(), key=lambda each: (each[0][1], each[0][0] or "")):
            total = Sum()
            for when, part in sums.items():
                if minute is not None and when is not None and when <= minute:
                    expired += part.keys
                else:
                    total.add(part)
            made.append(
                SpaceProof(
                    space=space, database=database, keys=total.keys, digest=str(total.digest), unread=total.unread
                )
            )
        declared = {
            name: CountedSpace(pattern=each.pattern, database=each.database)
            for name, each in self.spaces.declared.items()
        }
        return CacheProof(declared=declared, spaces=tuple(made)), expired


def added(files: Sequence[Snapshot], spaces: Spaces, now: int, seen: Callable[[Entry], None] = lambda _: None) -> Adder:
    """The keys of files, added up; `now` is a clock in milliseconds since 1970. Raise RdbError or KeepError.

    :param seen: looks at each of them, and may raise.
    """
    made = Adder(spaces, now)
    for file in files:
        for each in entries(file):
            seen(each)
            made.add(each.database, each.key, each.expires, each.type, file.data, each.begin)
    return made


def differences(expected: CacheProof, actual: CacheProof) -> tuple[str, ...]:
    """Say key space by key space what is other than it was; nothing where all is the same."""
    return tuple(_said(_by_place(expected.spaces), _by_place(actual.spaces)))


def _by_place(spaces: Iterable[SpaceProof]) -> Mapping[tuple[int, str | None], SpaceProof]:
    return {(each.database, each.space): each for each in spaces if each.keys}


def _said(
    expected: Mapping[tuple[int, str | None], SpaceProof], actual: Mapping[tuple[int, str | None], SpaceProof]
) -> Iterator[str]:
    for place in sorted({*expected, *actual}, key=lambda each: (each[0], each[1] or "")):
        database, space = place
        name = f"the key space {space}" if space else f"database {database} outside of every key space"
        was, is_ = expected.get(place), actual.get(place)
        before, now = was.keys if was else 0, is_.keys if is_ else 0
        if before != now:
            yield f"{name} has {now} keys and had {before}"
        elif was != is_:
            yield f"{name} has its {now} keys, and not all with the content or the expiry that they had"


def written(proof: CacheProof) -> bytes:
    """Return the only form of it."""
    return (json.dumps(proof.model_dump(mode="json"), sort_keys=True) + "\n").encode()


def read(data: bytes, where: str) -> CacheProof:
    """Return the proof. Raise DamagedError."""
    try:
        return CacheProof.model_validate_json(data)
    except ValidationError:
        raise DamagedError(f"{where} is not a proof of a cache") from None
