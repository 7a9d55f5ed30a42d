"""Counts of the keys of one group: how many, how large, of which types, and how long they live."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
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

    def add(self, kinds: Sequence[str], ttls: Sequence[int | None], sizes: Sequence[int], most: float) -> None:
        """Count keys that may live `most` milliseconds: the type, milliseconds left and bytes of each.

        Many at once: what is done for each of a million keys by itself takes longer than reading them.
        """
        lives = sorted(ttl for ttl in ttls if ttl is not None)
        self.keys += len(sizes)
        self.size += sum(sizes)
        self.without_ttl += len(ttls) - len(lives)
        _add(self.types, Counter(kinds))
        if not lives:
            return
        self.shortest = _known(min, self.shortest, lives[0])
        self.longest = _known(max, self.longest, lives[-1])
        self.longer += len(lives) - bisect_right(lives, most)
        begin = 0
        while begin < len(lives):
            at = step(lives[begin])
            end = bisect_left(lives, least(at + 1), begin)
            self.lives[at] = self.lives.get(at, 0) + end - begin
            begin = end

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


def least(at: int) -> int:
    """Milliseconds that a step begins with."""
    if at < 4:
        return at
    return (4 + at % 4) << (at // 4 - 1)


def middle(at: int) -> int:
    """Milliseconds in the middle of a step."""
    return (least(at) + least(at + 1)) // 2


def _add(mine: dict[_Name, int], theirs: Mapping[_Name, int]) -> None:
    for name, count in theirs.items():
        mine[name] = mine.get(name, 0) + count


def _known(best: Callable[[int, int], int], one: int | None, other: int | None) -> int | None:
    return other if one is None else one if other is None else best(one, other)
