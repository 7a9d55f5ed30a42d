"""Revocation under the application's identity: in doubt nobody is let in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis
from pattern_caches import Caches

from examples.patterns.python.revocation import LONGEST, REVOKED, SKEW, Revocations, UnknownRevocationError
from examples.patterns.python.tier import Client, connect

pytestmark = pytest.mark.server
NOW = 1_800_000_000.0
HOUR = 3600


@pytest.fixture
def list_(queue: Client) -> Revocations:
    """A list that is a day old."""
    assert Revocations(queue, lambda: NOW - 24 * HOUR).revoked("first", NOW - 24 * HOUR)
    return Revocations(queue, lambda: NOW)


@pytest.fixture
def queue_admin(tier: Caches) -> Iterator[redis.Redis]:
    with tier.servers["queue"].admin() as client:
        yield client


def test_a_revoked_token_for_the_rest_of_its_life(list_: Revocations, queue_admin: redis.Redis) -> None:
    assert not list_.revoked("a", NOW - HOUR)
    list_.revoke("a", NOW + HOUR)
    assert list_.revoked("a", NOW - HOUR)
    assert not list_.revoked("b", NOW - HOUR)
    left = queue_admin.ttl("blacklist:token:a")
    assert HOUR + SKEW < left <= HOUR + 2 * SKEW, "it outlives the token by the leeway"
    assert queue_admin.exists("blacklist:token:@")


def test_a_token_that_is_over_takes_no_room(list_: Revocations, queue_admin: redis.Redis) -> None:
    list_.revoke("old", NOW - HOUR)
    assert queue_admin.keys("blacklist:token:old") == []


def test_a_token_that_would_outlast_its_entry(list_: Revocations) -> None:
    list_.revoke("longest", NOW + LONGEST)
    with pytest.raises(ValueError, match="the list remembers 86390 s"):
        list_.revoke("long", NOW + LONGEST + 1)


def test_no_jti_is_the_lists_own_key(list_: Revocations) -> None:
    list_.revoke("@", NOW + HOUR)
    assert (list_.revoked("@", NOW - HOUR), list_.revoked("a", NOW - HOUR)) == (True, False)


def test_a_list_that_was_lost_refuses_all_that_was_issued_before(queue: Client, list_: Revocations) -> None:
    list_.revoke("a", NOW + HOUR)
    queue.delete("blacklist:token:a", "blacklist:token:@")
    assert list_.revoked("a", NOW - HOUR)
    assert list_.revoked("b", NOW - HOUR), "nobody knows whether it was revoked too"
    # An issuer whose clock is ahead by less than SKEW, and what is issued afterwards.
    assert list_.revoked("c", NOW + SKEW - 1)
    assert not list_.revoked("d", NOW + SKEW)


@pytest.mark.parametrize("ahead", [-SKEW, 0, SKEW])
def test_checkers_whose_clocks_differ_agree(queue: Client, list_: Revocations, ahead: int) -> None:
    list_.revoke("a", NOW + HOUR)
    other = Revocations(queue, lambda: NOW + ahead)
    assert (other.revoked("a", NOW - HOUR), other.revoked("b", NOW - HOUR)) == (True, False)


def test_two_that_begin_a_list_at_once_agree_since_when(queue: Client) -> None:
    early, late = Revocations(queue, lambda: NOW), Revocations(queue, lambda: NOW + 3)
    assert early._begin() == late._begin() == str(NOW)


def test_a_check_keeps_the_list(list_: Revocations, queue_admin: redis.Redis) -> None:
    queue_admin.expire("blacklist:token:@", 60)
    list_.revoked("a", NOW)
    assert queue_admin.ttl("blacklist:token:@") > REVOKED.ttl - 5


def test_without_the_cache_nobody_is_let_in() -> None:
    client = connect("queue", environ={"QUEUE_REDIS_HOST": "127.0.0.1", "QUEUE_REDIS_PORT": "1"})
    nobody = Revocations(client, lambda: NOW)
    with pytest.raises(UnknownRevocationError, match="does not answer"):
        nobody.revoked("a", NOW)
    with pytest.raises(redis.ConnectionError):
        nobody.revoke("a", NOW + HOUR)


def test_a_full_cache_revokes_nothing_silently_and_still_answers(list_: Revocations, queue_admin: redis.Redis) -> None:
    """`noeviction`: writes are refused, keys stay."""
    list_.revoke("a", NOW + HOUR)
    queue_admin.config_set("maxmemory", 1)
    try:
        with pytest.raises(redis.exceptions.OutOfMemoryError):
            list_.revoke("b", NOW + HOUR)
        assert (list_.revoked("a", NOW - HOUR), list_.revoked("b", NOW - HOUR)) == (True, False)
    finally:
        queue_admin.config_set("maxmemory", 0)
