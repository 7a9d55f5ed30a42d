"""Counts of the keys of one group: how many, how large, of which types, and how long they live."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

_Name = TypeVar("_Name", str, int)


@dataclass(kw_only=True, slots=True)
class Group:
    """What a key space, or a pattern outside of all of them, holds."""

    keys: int = 0
    size: int = 0
    """Bytes of memory."""
    without_ttl: int = 0
    longer: int = 0
    """Keys that live longer than declared."""
    types: dict[str, int] = field(default_factory=dict)
    lives: dict[int, int] = field(default_factory=dict)
    """Histogram of what keys have left: step (see `step`) -> keys."""
    shortest: int | None = None
    """Milliseconds left of the key that goes first."""
    longest: int | None = None
    forever: bytes | None = None
    """One of the keys without a TTL."""

    def add(self, key: bytes, kind: str, ttl: int | None, size: int, most: float) -> None:
        """Count a key that may live `most` milliseconds."""
        self.keys += 1
        self.size += size
        self.types[kind] = self.types.get(kind, 0) + 1
        if ttl is None:
            self.without_ttl += 1
            if self.forever is None:
                self.forever = key
            return
        at = step(ttl)
        self.lives[at] = self.lives.get(at, 0) + 1
        if self.shortest is None or ttl < self.shortest:
            self.shortest = ttl
        if self.longest is None or ttl > self.longest:
            self.longest = ttl
        if ttl > most:
            self.longer += 1

    def merge(self, other: Group) -> None:
        """Take in what another counted."""
        self.keys += other.keys
        self.size += other.size
        self.without_ttl += other.without_ttl
        self.longer += other.longer
        _add(self.types, other.types)
        _add(self.lives, other.lives)
        self.shortest = _known(min, self.shortest, other.shortest)
        self.longest = _known(max, self.longest, other.longest)
        self.forever = other.forever if self.forever is None else self.forever

    def scaled(self, factor: float) -> Group:
        """The estimate for all keys of what was counted of one in `factor` of them."""
        return Group(
            keys=round(self.keys * factor),
            size=round(self.size * factor),
            without_ttl=round(self.without_ttl * factor),
            longer=round(self.longer * factor),
            types={name: round(count * factor) for name, count in self.types.items()},
            lives={at: round(count * factor) for at, count in self.lives.items()},
            shortest=self.shortest,
            longest=self.longest,
            forever=self.forever,
        )

    @property
    def median(self) -> int | None:
        """About how many milliseconds a key with a TTL has left, right to an eighth."""
        half, passed = sum(self.lives.values()) / 2, 0
        for at in sorted(self.lives):
            passed += self.lives[at]
            if passed >= half:
                return min(max(middle(at), self.shortest or 0), self.longest or 0)
        return None

    def spread(self, bounds: Iterable[int]) -> list[int]:
        """How many keys have up to each of `bounds` left (milliseconds, ascending), and how many more than the last."""
        limits = list(bounds)
        made = [0] * (len(limits) + 1)
        for at, count in self.lives.items():
            made[next((i for i, limit in enumerate(limits) if middle(at) <= limit), len(limits))] += count
        return made


def step(milliseconds: int) -> int:
    """The step of a histogram for a life: each power of two has four, so any is right to an eighth."""
    bits = milliseconds.bit_length()
    return milliseconds if bits <= 2 else (bits - 2) * 4 + (milliseconds >> (bits - 3) & 3)


def middle(at: int) -> int:
    """Milliseconds in the middle of a step."""
    if at < 4:
        return at
    bits, quarter = at // 4 + 2, at % 4
    width = 1 << (bits - 3)
    return (4 + quarter) * width + width // 2


def _add(mine: dict[_Name, int], theirs: Mapping[_Name, int]) -> None:
    for name, count in theirs.items():
        mine[name] = mine.get(name, 0) + count


def _known(best: Callable[[int, int], int], one: int | None, other: int | None) -> int | None:
    return other if one is None else one if other is None else best(one, other)
