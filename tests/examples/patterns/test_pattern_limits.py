"""The rate limiter under the application's identity."""

from __future__ import annotations

import pytest
import redis

from examples.patterns.python.rate_limiter import PER_USER, Decision, RateLimiter
from examples.patterns.python.tier import Client

pytestmark = pytest.mark.server


def test_so_many_at_once_and_then_when_to_try_again(main: Client, admin: redis.Redis) -> None:
    limiter = RateLimiter(main, PER_USER, 3, when_down="deny")
    taken = [limiter.take(user="ann", action="export") for _ in range(4)]
    assert [(each.allowed, each.remaining) for each in taken] == [(True, 2), (True, 1), (True, 0), (False, 0)]
    assert 19 < taken[3].retry_after <= 20
    assert limiter.take(user="ann", action="import").allowed
    # Time passes: twenty seconds of it.
    admin.pexpire("rate_limit:user:ann:export", 40_000)
    assert limiter.take(user="ann", action="export") == Decision(allowed=True, remaining=0, retry_after=0)
    assert not limiter.take(user="ann", action="export").allowed
