"""Which clients a cache's keys are of, by the names that each client's file gives. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from bootstrap.acl.glob import matches
from knowledge.redis.clients import RedisClient, client, names


@dataclass(frozen=True, kw_only=True, order=True)
class Recognised:
    """A client, and the prefix of its keys; empty where they have none."""

    client: str
    prefix: str

    @property
    def fits(self) -> bool:
        """Whether the client's own rules reach these keys: where it takes a prefix they have to have one."""
        return bool(self.prefix) or not client(self.client).prefixed

    @property
    def preset(self) -> dict[str, Any]:
        """What stands under `client` in access.yaml, by its name."""
        return {self.client: {"prefix": self.prefix} if self.prefix else None}

    @property
    def globs(self) -> tuple[str, ...]:
        """Patterns of its keys."""
        known = client(self.client)
        return known.granted(self.prefix, {}).keys if self.fits else known.recognised

    def owns(self, pattern: str) -> bool:
        """Whether keys of a pattern are the client's."""
        return any(matches(glob, pattern) for glob in self.globs)


def written(clients: Sequence[Recognised]) -> dict[str, Any]:
    """The rules of access.yaml that these clients need."""
    if len(clients) > 1:
        return {"client": {name: said for each in clients for name, said in each.preset.items()}}
    (one,) = clients
    return {"client": one.client, **({"prefix": one.prefix} if one.prefix else {})}


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
    text = re.sub(r"\\\*$", ".*", re.escape(fixed)).replace(r"\*", "[^:]*")
    text = text.replace(re.escape("{prefix}"), "(?P<prefix>.+)", 1)
    return re.compile(text.replace(re.escape("{optional}"), "(?:(?P<prefix>.+):)?", 1))
