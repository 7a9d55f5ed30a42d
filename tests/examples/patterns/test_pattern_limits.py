"""The rate limiter under the application's identity."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from pattern_caches import Caches

from examples.patterns.python.rate_limiter import PER_API_KEY, PER_USER, Decision, RateLimiter
from examples.patterns.python.tier import Client, connect

pytestmark = pytest.mark.server
NOBODY = {"REDIS_HOST": "127.0.0.1", "REDIS_PORT": "1"}


def test_so_many_at_once_and_then_when_to_try_again(main: Client, admin: redis.Redis) -> None:
    limiter = RateLimiter(main, PER_USER, 3, when_down="deny")
    taken = [limiter.take(user="ann", action="export") for _ in range(4)]
    assert [(each.allowed, each.remaining) for each in taken] == [(True, 2), (True, 1), (True, 0), (False, 0)]
    assert 19 < taken[3].retry_after <= 20
    assert limiter.take(user="ann", action="import").allowed, "another limit"
    # Time passes: twenty of the sixty seconds.
    admin.pexpire("rate_limit:user:ann:export", 40_000)
    assert limiter.take(user="ann", action="export") == Decision(allowed=True, remaining=0, retry_after=0)
    assert not limiter.take(user="ann", action="export").allowed


def test_a_smaller_burst(main: Client) -> None:
    limiter = RateLimiter(main, PER_USER, 6, burst=2, when_down="deny")
    taken = [limiter.take(user="ann", action="sign-in") for _ in range(3)]
    assert [(each.allowed, each.remaining) for each in taken] == [(True, 1), (True, 0), (False, 0)]
    assert 9 < taken[2].retry_after <= 10


def test_instances_at_once_take_no_more_than_the_limit(tier: Caches, main: Client) -> None:
    clients = [connect("main", environ=tier.environment) for _ in range(4)]
    limiters = [RateLimiter(each, PER_USER, 10, when_down="deny") for each in clients]
    with ThreadPoolExecutor(4) as threads:
        taken = list(threads.map(lambda n: limiters[n % 4].take(user="ann", action="export"), range(40)))
    assert sum(each.allowed for each in taken) == 10
    for each in clients:
        each.close()


def test_a_key_lives_no_longer_than_declared(main: Client, admin: redis.Redis) -> None:
    limiter = RateLimiter(main, PER_API_KEY, 7, when_down="allow")
    for _ in range(9):
        limiter.take(key_hash="ab", endpoint="v1/orders")
    (key,) = admin.keys("*")
    assert key == "rate_limit:api:ab:v1%2Forders"
    assert 3_590_000 < admin.pttl(key) <= PER_API_KEY.ttl * 1000


@pytest.mark.parametrize("when_down", ["allow", "deny"])
def test_without_the_cache_it_is_as_the_limit_says(when_down: str) -> None:
    client = connect("main", environ=NOBODY)
    limiter = RateLimiter(client, PER_USER, 3, when_down=when_down)  # type: ignore[arg-type]
    assert limiter.take(user="ann", action="x") == Decision(allowed=when_down == "allow", remaining=0, retry_after=1)


@pytest.mark.parametrize(("limit", "burst"), [(0, None), (6001, None), (3, 4), (3, 0)])
def test_what_cannot_be_counted(limit: int, burst: int | None) -> None:
    with pytest.raises(ValueError, match="limit is 1 to 6000, burst 1 to limit"):
        RateLimiter(connect("main", environ=NOBODY), PER_USER, limit, burst=burst, when_down="deny")
