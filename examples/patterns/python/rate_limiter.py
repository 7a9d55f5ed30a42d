"""A rate limiter: the generic cell rate algorithm (GCRA) in one key whose remaining life is the state.

Each request adds `period / limit` to the key's life, and time takes it away again; a request that would make the life
longer than the burst allows is refused. So there is one clock, the server's, and none of the application's instances
can be ahead of it; a key that nobody uses is gone by itself; and in a cluster a limit is in one slot.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

from .keys import Space
from .tier import DOWN, Client

PER_ADDRESS = Space(pattern="rate_limit:global:{ip}:{endpoint}", cache="main", type="string", ttl=60)
PER_USER = Space(pattern="rate_limit:user:{user}:{action}", cache="main", type="string", ttl=60)
PER_API_KEY = Space(pattern="rate_limit:api:{key_hash}:{endpoint}", cache="main", type="string", ttl=3600)

TAKE = """
local life = math.max(redis.call('PTTL', KEYS[1]), 0) + ARGV[1]
if life > tonumber(ARGV[2]) then
  return {0, 0, life - ARGV[2]}
end
redis.call('SET', KEYS[1], '', 'PX', life)
return {1, math.floor((ARGV[2] - life) / ARGV[1]), 0}
"""
"""KEYS: the limit; ARGV: milliseconds that a request adds, and those that the burst allows."""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What becomes of one request."""

    allowed: bool
    remaining: int
    """How many more would be allowed at once."""
    retry_after: float
    """Seconds after which the next one is allowed: HTTP's Retry-After, rounded up."""


class RateLimiter:
    """So many requests in the period that the space's keys live for, and at most `burst` of them at once."""

    def __init__(
        self, client: Client, space: Space, limit: int, *, when_down: Literal["allow", "deny"], burst: int | None = None
    ) -> None:
        """`when_down` is what happens while the cache cannot say: `deny` before passwords and codes, `allow` elsewhere.
        `burst` is the limit itself unless it is given. Raise ValueError for what cannot be counted in milliseconds."""
        self._interval = space.ttl * 1000 // limit if limit > 0 else 0
        self._burst = limit if burst is None else burst
        if self._interval < 10 or not 0 < self._burst <= limit:
            raise ValueError(f"limit is 1 to {space.ttl * 100}, burst 1 to limit: {limit}, {self._burst}")
        self._space, self._when_down = space, when_down
        self._take = client.register_script(TAKE)

    def take(self, **values: str) -> Decision:
        """Count one request of whom the values name."""
        try:
            found = self._take(keys=[self._space.key(**values)], args=[self._interval, self._burst * self._interval])
        except DOWN:
            return Decision(allowed=self._when_down == "allow", remaining=0, retry_after=1)
        allowed, remaining, wait = cast(list[int], found)
        return Decision(allowed=bool(allowed), remaining=remaining, retry_after=wait / 1000)
