"""Which keys whoever logged in may look at, known before they are asked for.

SCAN shows the names of all keys, whatever patterns a user has. Each command on one that is not the user's would be a
line in ACL LOG and count as an access that was denied, on which an alarm may be. So what the declaration says decides;
for a user that it does not know (a URL's) one key of each kind is tried, and after a few refusals none any more.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Protocol

from bootstrap.acl.glob import expression, universal
from observe.keys.patterns import pattern_of

INVENTORY = "`redis: {CACHE: inventory}` of an identity in access.yaml"
"""What lets somebody see all keys and no value."""
MOST_REFUSALS = 3
"""Tries that a server may refuse before what was not tried counts as refused too."""
_ENOUGH = 64
"""Kinds of keys that were all allowed before the rest is believed to be."""
_KIND = re.compile(rb"[^:/|.]*")


class Allowed(Protocol):
    """What decides."""

    def sift(self, keys: list[bytes], ask: Callable[[bytes], bool]) -> list[bytes]:
        """Those of `keys` that may be looked at; `ask` tries one on the server."""


class Declared:
    """By patterns that are known."""

    def __init__(self, patterns: Iterable[str]) -> None:
        known = list(patterns)
        either = b"|".join(b"(?:" + expression(each) + b")" for each in known)
        self._all = any(map(universal, known))
        self._match = re.compile(either, re.DOTALL).fullmatch if known else None

    def sift(self, keys: list[bytes], ask: Callable[[bytes], bool]) -> list[bytes]:  # noqa: ARG002 as in the protocol
        if self._all:
            # No pattern matches the empty key; only who has the flag `allkeys` may (acl.c, ACLSelectorCheckKey).
            return [key for key in keys if key] if b"" in keys else keys
        match = self._match
        return [key for key in keys if match and match(key)]


class Tried:
    """By what the server let through, for a user whose rules nobody knows here."""

    def __init__(self) -> None:
        self._kinds: dict[bytes | None, bool] = {}
        self.refusals = 0

    def sift(self, keys: list[bytes], ask: Callable[[bytes], bool]) -> list[bytes]:
        if self._everything:
            return keys
        return [key for key in keys if self._may(key, ask)]

    @property
    def _everything(self) -> bool:
        return not self.refusals and len(self._kinds) >= _ENOUGH

    def _may(self, key: bytes, ask: Callable[[bytes], bool]) -> bool:
        # Of the empty key nothing follows for others, whose names are ids and nothing else: see Declared.
        found = _KIND.match(pattern_of(key)) if key else None
        kind = found[0] if found else None
        if kind not in self._kinds:
            if self.refusals >= MOST_REFUSALS:
                return False
            self._kinds[kind] = ask(key)
            self.refusals += not self._kinds[kind]
        return self._kinds[kind]


class Everything:
    """A user without limits."""

    def sift(self, keys: list[bytes], ask: Callable[[bytes], bool]) -> list[bytes]:  # noqa: ARG002 as in the protocol
        return keys
