"""Cache-aside: one loader at a time for each key, nothing stale after a commit, and absence is remembered too.

Whoever finds a key absent puts a lease there and loads; the others wait for what it finds. The value takes the place of
the lease only while the lease is there: `forget`, called after a commit, removes it with everything else, so a value
that was read before the commit is not stored after it.
"""

from __future__ import annotations

import contextlib
import json
import random
import secrets
import time
from collections.abc import Callable
from typing import Generic, TypeVar, cast

from .keys import Space
from .tier import DOWN, Client

USERS = Space(pattern="cache:user:{id}", cache="main", type="string", ttl=15 * 60, database=1)

FILL = """
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
  return 1
end
return 0
"""
"""KEYS: the key; ARGV: the lease, the value, milliseconds."""
DROP = """
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0
"""
"""KEYS: the key; ARGV: the lease."""

LEASE = 10
"""Seconds that a lease lives: longer than a load takes."""
WAIT = 2
"""Seconds that others wait before they load for themselves."""
ABSENT = 30
"""Seconds for which it is remembered that there is nothing."""

T = TypeVar("T")


class CacheAside(Generic[T]):
    """Values that JSON can hold, by key; `load` reads one from the database, and gives None where there is none."""

    def __init__(self, client: Client, space: Space, pause: Callable[[float], None] = time.sleep) -> None:
        self._client, self._space, self._pause = client, space, pause
        self._fill, self._drop = client.register_script(FILL), client.register_script(DROP)

    def get(self, load: Callable[[], T | None], **values: str) -> T | None:
        """What the cache or else `load` has. A cache that is down costs time and nothing else."""
        key, lease = self._space.key(**values), f"?{secrets.token_hex(16)}"
        until = time.monotonic() + WAIT
        try:
            while time.monotonic() < until:
                found = cast(str | None, self._client.get(key))
                if found is None and self._client.set(key, lease, nx=True, ex=LEASE):
                    break
                if found is not None and not found.startswith("?"):
                    return cast(T | None, json.loads(found))
                self._pause(random.uniform(0.01, 0.03))  # noqa: S311 (spreads, hides nothing)
        except DOWN:
            return load()
        return self._loaded(key, lease, load)

    def forget(self, **values: str) -> None:
        """Forget a value, after the commit that changed it. Raise redis.RedisError where the cache may still have the
        old one, for the rest of its life."""
        self._client.unlink(self._space.key(**values))

    def _loaded(self, key: str, lease: str, load: Callable[[], T | None]) -> T | None:
        try:
            value = load()
        except BaseException:
            self._if_up(lambda: self._drop(keys=[key], args=[lease]))
            raise
        seconds = ABSENT if value is None else self._space.ttl
        # Up to a tenth shorter: what was stored together does not end together.
        life = int(seconds * 1000 * random.uniform(0.9, 1))  # noqa: S311
        self._if_up(lambda: self._fill(keys=[key], args=[lease, json.dumps(value), life]))
        return value

    @staticmethod
    def _if_up(ask: Callable[[], object]) -> None:
        with contextlib.suppress(*DOWN):
            ask()
