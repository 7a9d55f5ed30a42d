"""Key spaces against the rules of the identities: who reads and who writes them."""

from __future__ import annotations

import itertools
import re
from functools import lru_cache

from bootstrap.access.model import Keyspace, RedisRules
from bootstrap.access.rules import access_string
from bootstrap.acl.compare import patterns
from bootstrap.acl.expand import expand
from bootstrap.acl.glob import literal
from bootstrap.acl.rules import Permission, parse
from bootstrap.acl.valkey import VALKEY

_VARIABLE = re.compile(r"\{[^{}]*\}")
# What a variable is called that lets its bearer in, and what says that it is not that itself.
_BEARERS = frozenset(
    [
        *("apikey", "bearer", "cookie", "credential", "jwt", "otp", "passcode", "passwd", "password", "secret"),
        *("session", "sessionid", "sid", "token"),
    ]
)
_BEARING_PAIRS = frozenset(
    {("api", "key"), ("access", "key"), ("private", "key"), ("session", "id"), ("session", "key")}
)
_SAFE = frozenset({"digest", "fingerprint", "hash", "hashed", "hmac", "md5", "sha", "sha1", "sha256", "sha512"})


def glob_of(space: Keyspace) -> str:
    """Return the Redis pattern of its keys: a variable in braces is one character or more."""
    fixed = _VARIABLE.split(space.pattern)
    return "?*".join(map(literal, fixed))


def readers(rules: RedisRules) -> tuple[str, ...]:
    """Return the patterns in which these rules can read; LPOP and the like read too, and are in @write alone.

    A ready-made role reads no value.
    """
    if rules.role:
        return ()
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


def bearers(space: Keyspace) -> tuple[str, ...]:
    """Return the variables in the names of its keys that seem to let their bearer in, as they stand in the pattern."""
    return tuple(found[0] for found in _VARIABLE.finditer(space.pattern) if _bears(found[0].strip("{}")))


def _bears(variable: str) -> bool:
    words = tuple(re.findall(r"[a-z]+(?:\d+)?|\d+", re.sub(r"([a-z])([A-Z])", r"\1_\2", variable).lower()))
    if not words or _SAFE & set(words):
        return False
    pairs = set(itertools.pairwise(words))
    # `{token_id}` names a token as `{jti}` does; a session's id is the session.
    return bool(pairs & _BEARING_PAIRS) or (bool(_BEARERS & set(words)) and words[-1] not in {"id", "type", "name"})
