"""Which clients a cache's keys are of, by the names that each client's file gives. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache

from knowledge.redis.clients import RedisClient, client, names


@dataclass(frozen=True, kw_only=True, order=True)
class Recognised:
    """A client, and what its keys begin with, without the colon after it; empty where they begin with nothing."""

    client: str
    prefix: str

    def owns(self, pattern: str) -> bool:
        """Whether a pattern of keys is the client's."""
        if self.prefix:
            return pattern == self.prefix or pattern.startswith(f"{self.prefix}:")
        return any(_expression(mark).fullmatch(pattern) for mark in client(self.client).recognised)


def recognised(patterns: Collection[str]) -> tuple[Recognised, ...]:
    """Return the clients whose every mark is among the patterns, each with each prefix that has them all."""
    known = (client(name) for name in names())
    return tuple(sorted(found for each in known for found in _of(each, patterns)))


def _of(known: RedisClient, patterns: Collection[str]) -> Iterator[Recognised]:
    prefixes = [_prefixes(mark, patterns) for mark in known.recognised]
    for prefix in set.intersection(*prefixes) if prefixes else ():
        yield Recognised(client=known.name, prefix=prefix)


def _prefixes(mark: str, patterns: Collection[str]) -> set[str]:
    found = (_expression(mark).fullmatch(pattern) for pattern in patterns)
    return {each["prefix"] or "" for each in found if each}


@cache
def _expression(mark: str) -> re.Pattern[str]:
    fixed = mark if "{prefix}" in mark else f"{{optional}}{mark}"
    text = re.escape(fixed).replace(r"\*", ".*")
    text = text.replace(re.escape("{prefix}"), "(?P<prefix>.+?)", 1)
    return re.compile(text.replace(re.escape("{optional}"), "(?:(?P<prefix>.+?):)?", 1))
