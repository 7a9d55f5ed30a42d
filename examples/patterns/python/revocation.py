"""Revocation of JWTs by their `jti`, on the cache that evicts nothing; whoever cannot be sure is refused.

A revoked token is one key that lives as long as the token would have. A list that was lost (a cache that came back
empty) would let all of them in again, so the list has a key that says since when it is complete: tokens issued before
that are refused, and their bearers sign in again.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import cast

import redis

from .keys import Space
from .tier import Client

REVOKED = Space(pattern="blacklist:token:{jti}", cache="queue", type="string", ttl=24 * 3600)
SKEW = 5
"""Seconds by which the clocks of issuers and checkers may differ, which is also the leeway that checkers give `exp`."""
LONGEST = REVOKED.ttl - 2 * SKEW
"""Seconds that a token may live: a longer life would outlast its entry."""


class UnknownRevocationError(RuntimeError):
    """Nobody can say whether a token was revoked: refuse the request (503), and keep the user's cookie."""


class Revocations:
    """The list of revoked tokens."""

    def __init__(self, client: Client, now: Callable[[], float] = time.time) -> None:
        self._client, self._now = client, now

    def revoke(self, jti: str, expires: float) -> None:
        """Revoke a token until its `exp`. When this returns, every check sees it. Raise ValueError for a token that
        lives too long, redis.RedisError where it was not revoked: tell the user that the sign-out failed."""
        left = math.ceil(expires - self._now()) + 2 * SKEW
        if left > REVOKED.ttl:
            raise ValueError(f"the token lives for {left} s more, and the list remembers {LONGEST} s")
        if left > 0:
            self._client.set(REVOKED.key(jti=jti), "", ex=left)

    def revoked(self, jti: str, issued: float) -> bool:
        """Whether a token with this `jti` and `iat`, whose signature and `exp` were checked, must not be let in.

        One round trip. Raise UnknownRevocationError where the list cannot be asked.
        """
        try:
            with self._client.pipeline(transaction=False) as pipe:
                pipe.exists(REVOKED.key(jti=jti))
                pipe.getex(REVOKED.index(), ex=REVOKED.ttl)
                listed, since = cast(tuple[int, str | None], pipe.execute())
            return bool(listed) or issued < float(since or self._begin()) + SKEW
        except redis.RedisError as error:
            raise UnknownRevocationError("the revocation list does not answer") from error

    def _begin(self) -> str:
        """Begin a new list, unless another instance has done so just now. Checks keep it alive: one that nobody asked
        for a day knows of no token that still lives."""
        self._client.set(REVOKED.index(), str(self._now()), nx=True, ex=REVOKED.ttl)
        return cast(str, self._client.get(REVOKED.index()))
