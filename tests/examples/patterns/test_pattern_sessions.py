"""The session store under the application's identity."""

from __future__ import annotations

import pytest
import redis

from examples.patterns.python.keys import hashed
from examples.patterns.python.sessions import LONGEST, SESSIONS, Sessions
from examples.patterns.python.tier import Client

pytestmark = pytest.mark.server
DAY = 24 * 3600


class Clock:
    """The clock of one instance of the application."""

    def __init__(self, now: float = 1_800_000_000) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sessions(main: Client, clock: Clock) -> Sessions:
    return Sessions(main, clock)


def test_a_session_from_login_to_logout(sessions: Sessions, admin: redis.Redis) -> None:
    cookie = sessions.sign_in("ann@example.org", {"role": "doctor"})
    assert sessions.read(cookie) == {"role": "doctor"}
    sessions.write(cookie, {"ward": "7"})
    assert sessions.read(cookie) == {"role": "doctor", "ward": "7"}
    secret = cookie.rpartition(".")[2]
    names = admin.keys("*")
    assert sorted(names) == ["session:ann%40example.org:" + each for each in sorted(["@", hashed(secret)])]
    assert not any(secret in str(admin.hgetall(name)) for name in names)
    sessions.sign_out(cookie)
    assert sessions.read(cookie) is None
    assert admin.keys("*") == []


@pytest.mark.parametrize("cookie", ["", ".", "ann", "ann.", "ann.guessed", "nobody.at-all", "a:b.*", "@.@"])
def test_what_is_no_cookie_is_no_session(sessions: Sessions, cookie: str) -> None:
    sessions.sign_in("ann", {})
    assert sessions.read(cookie) is None
    assert sessions.rotate(cookie) is None
    sessions.sign_out(cookie)


def test_each_use_starts_its_life_again(sessions: Sessions, admin: redis.Redis) -> None:
    cookie = sessions.sign_in("ann", {})
    for key in admin.keys("*"):
        admin.expire(key, 60)
    sessions.read(cookie)
    assert {DAY - 5 < admin.ttl(key) <= DAY for key in admin.keys("*")} == {True}


def test_it_ends_however_busy_it_is(sessions: Sessions, clock: Clock) -> None:
    cookie = sessions.sign_in("ann", {})
    clock.now += LONGEST - 1
    assert sessions.read(cookie) == {}
    kept = sessions.rotate(cookie)
    assert kept is not None
    clock.now += 2
    assert sessions.read(kept) is None, "a new id is no new session"


def test_another_instance_whose_clock_differs(main: Client, sessions: Sessions, clock: Clock) -> None:
    """A life is counted by the server; only the absolute end moves, by as much as the clocks differ."""
    cookie = sessions.sign_in("ann", {})
    assert Sessions(main, Clock(clock.now - 600)).read(cookie) == {}
    assert Sessions(main, Clock(clock.now + 600)).read(cookie) == {}
    assert Sessions(main, Clock(clock.now + LONGEST + 1)).read(cookie) is None
    assert sessions.read(cookie) == {}, "who is wrong about the time ends nothing for the others"


def test_a_login_ends_what_the_browser_had_before(sessions: Sessions) -> None:
    planted = sessions.sign_in("mallory", {})
    cookie = sessions.sign_in("ann", {}, previous=planted)
    assert (sessions.read(planted), sessions.read(cookie)) == (None, {})


def test_a_new_id_for_more_rights(sessions: Sessions) -> None:
    before = sessions.sign_in("ann", {"role": "nurse"})
    after = sessions.rotate(before)
    assert after is not None
    assert (sessions.read(before), sessions.read(after)) == (None, {"role": "nurse"})


def test_logout_everywhere(sessions: Sessions, admin: redis.Redis) -> None:
    cookies = [sessions.sign_in("ann", {}) for _ in range(3)]
    other = sessions.sign_in("bob", {})
    sessions.sign_out_everywhere("ann")
    assert [sessions.read(each) for each in cookies] == [None] * 3
    assert sessions.read(other) == {}
    assert admin.keys("session:ann:*") == []


def test_a_write_that_comes_after_the_logout_brings_nothing_back(sessions: Sessions, admin: redis.Redis) -> None:
    cookie = sessions.sign_in("ann", {})
    sessions.sign_out_everywhere("ann")
    sessions.write(cookie, {"role": "admin"})
    assert sessions.read(cookie) is None
    (left,) = admin.keys("*")
    assert admin.ttl(left) > 0


@pytest.mark.parametrize("lost", ["session:ann:@", "session:ann:[!@]*"])
def test_what_was_evicted_signs_out_and_never_in(sessions: Sessions, admin: redis.Redis, lost: str) -> None:
    cookie = sessions.sign_in("ann", {})
    (key,) = admin.keys(lost)
    admin.delete(key)
    assert sessions.read(cookie) is None
    assert sessions.read(sessions.sign_in("ann", {})) == {}
    assert sessions.read(cookie) is None


def test_the_index_forgets_what_is_over(sessions: Sessions, clock: Clock, admin: redis.Redis) -> None:
    sessions.sign_in("ann", {})
    clock.now += LONGEST
    sessions.sign_in("ann", {})
    assert admin.hlen(SESSIONS.index(user="ann")) == 1


def test_the_absolute_end_is_not_the_applications_to_set(sessions: Sessions) -> None:
    cookie = sessions.sign_in("ann", {"@ends": "9999999999"})
    with pytest.raises(ValueError, match="the store's own field"):
        sessions.write(cookie, {"@ends": "9999999999"})
    assert sessions.read(cookie) == {}
