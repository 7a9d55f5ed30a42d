"""Key spaces against the rules of the identities: who reads and who writes them."""

from __future__ import annotations

import re
from functools import lru_cache

from bootstrap.access.model import Keyspace, RedisRules
from bootstrap.access.rules import access_string
from bootstrap.redis.acl.compare import patterns
from bootstrap.redis.acl.expand import expand
from bootstrap.redis.acl.glob import literal
from bootstrap.redis.acl.rules import Permission, parse
from bootstrap.redis.acl.valkey import VALKEY

_VARIABLE = re.compile(r"\{[^{}]*\}")


def glob_of(space: Keyspace) -> str:
    """Return the Redis pattern of its keys: a variable in braces is one character or more."""
    fixed = _VARIABLE.split(space.pattern)
    return "?*".join(map(literal, fixed))


def readers(rules: RedisRules) -> tuple[str, ...]:
    """Return the patterns in which these rules can read; LPOP and the like read too, and are in @write alone."""
    return _patterns(access_string(rules), Permission.READ, ("read", "write", "scripting"))


def writers(rules: RedisRules) -> tuple[str, ...]:
    """Return the patterns in which these rules can write."""
    return _patterns(access_string(rules), Permission.WRITE, ("write", "scripting"))


@lru_cache(maxsize=4096)
def _patterns(text: str, need: Permission, categories: tuple[str, ...]) -> tuple[str, ...]:
    compiled = parse(text)
    wanted: frozenset[str] = frozenset().union(*(VALKEY.holdings[name] for name in categories))
    return tuple(
        pattern
        for selector in (compiled.root, *compiled.selectors)
        if expand(selector, VALKEY).commands & wanted
        for pattern, may in patterns(selector).items()
        if need in may
    )
