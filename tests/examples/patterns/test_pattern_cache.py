"""Cache-aside under the application's identity: how often the database is asked, and what is never stored."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from pattern_caches import Caches

from examples.patterns.python.cache_aside import ABSENT, USERS, CacheAside
from examples.patterns.python.tier import Client, connect

pytestmark = pytest.mark.server
User = dict[str, str]


class Database:
    """Counts how often it is asked for a user."""

    def __init__(self, user: User | None) -> None:
        self.user, self.asked = user, 0

    def load(self) -> User | None:
        self.asked += 1
        return self.user


@pytest.fixture
def clients(tier: Caches) -> Iterator[Callable[[], Client]]:
    made: list[Client] = []

    def make() -> Client:
        made.append(connect("main", database=USERS.database, environ=tier.environment))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def users(clients: Callable[[], Client]) -> CacheAside[User]:
    return CacheAside(clients(), USERS, pause=lambda _: None)


@pytest.fixture
def in_one(admin: redis.Redis) -> redis.Redis:
    """The administrator, in the database of the space."""
    admin.select(1)
    return admin


def test_loaded_once_and_again_after_a_commit(users: CacheAside[User], in_one: redis.Redis) -> None:
    database = Database({"name": "Ann"})
    assert [users.get(database.load, id="1") for _ in range(3)] == [{"name": "Ann"}] * 3
    assert database.asked == 1
    assert USERS.ttl * 900 <= in_one.pttl("cache:user:1") <= USERS.ttl * 1000
    database.user = {"name": "Anna"}
    users.forget(id="1")
    assert users.get(database.load, id="1") == {"name": "Anna"}
    assert database.asked == 2


def test_that_there_is_nothing_is_remembered_for_a_shorter_time(users: CacheAside[User], in_one: redis.Redis) -> None:
    database = Database(None)
    assert [users.get(database.load, id="1") for _ in range(3)] == [None] * 3
    assert database.asked == 1
    assert 0 < in_one.pttl("cache:user:1") <= ABSENT * 1000


def test_a_stampede_of_instances_loads_once(clients: Callable[[], Client]) -> None:
    database, waiting = Database({"name": "Ann"}), threading.Semaphore(0)
    instances = [CacheAside[User](clients(), USERS, pause=lambda _: waiting.release()) for _ in range(8)]

    def load() -> User | None:
        for _ in range(7):  # until everybody else has found the lease
            assert waiting.acquire(timeout=20)
        return database.load()

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda each: each.get(load, id="1"), instances))
    assert (found, database.asked) == ([{"name": "Ann"}] * 8, 1)


def test_what_was_read_before_a_commit_is_not_stored_after_it(users: CacheAside[User], in_one: redis.Redis) -> None:
    def load() -> User:
        users.forget(id="1")  # somebody else commits while this one still has the old row
        return {"name": "old"}

    assert users.get(load, id="1") == {"name": "old"}
    assert in_one.keys("*") == []
    assert users.get(lambda: {"name": "new"}, id="1") == {"name": "new"}


def test_a_load_that_outlasts_its_lease_takes_nothing_from_the_next(
    users: CacheAside[User], in_one: redis.Redis
) -> None:
    def slow() -> User:
        in_one.delete("cache:user:1")  # the lease is over
        assert users.get(lambda: {"name": "next"}, id="1") == {"name": "next"}
        return {"name": "slow"}

    assert users.get(slow, id="1") == {"name": "slow"}
    assert in_one.get("cache:user:1") == '{"name": "next"}'


def test_a_load_that_fails_leaves_no_lease(users: CacheAside[User], in_one: redis.Redis) -> None:
    def fail() -> User:
        raise ConnectionError("the database is away")

    with pytest.raises(ConnectionError, match="the database is away"):
        users.get(fail, id="1")
    assert in_one.keys("*") == []


def test_who_died_while_loading_delays_the_others_and_no_more(
    clients: Callable[[], Client], in_one: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(0, 100))
    monkeypatch.setattr("time.monotonic", lambda: next(clock))
    in_one.set("cache:user:1", "?a lease", ex=10)
    users = CacheAside[User](clients(), USERS, pause=lambda _: None)
    assert users.get(lambda: {"name": "Ann"}, id="1") == {"name": "Ann"}
    assert in_one.get("cache:user:1") == "?a lease"


def test_without_the_cache_the_database_answers() -> None:
    users = CacheAside[User](connect("main", environ={"REDIS_HOST": "127.0.0.1", "REDIS_PORT": "1"}), USERS)
    assert users.get(lambda: {"name": "Ann"}, id="1") == {"name": "Ann"}
    with pytest.raises(redis.ConnectionError):
        users.forget(id="1")


def test_evicted_is_loaded_again(users: CacheAside[User], in_one: redis.Redis) -> None:
    database = Database({"name": "Ann"})
    users.get(database.load, id="1")
    in_one.config_set("maxmemory-policy", "allkeys-lru")
    in_one.config_set("maxmemory", 1)
    try:
        # There is no room for any key: nothing can be kept, and everything still works.
        assert users.get(database.load, id="1") == {"name": "Ann"}
        assert in_one.dbsize() == 0
    finally:
        in_one.config_set("maxmemory", 0)
        in_one.config_set("maxmemory-policy", "noeviction")
    assert [users.get(database.load, id="1") for _ in range(2)] == [{"name": "Ann"}] * 2
    assert database.asked == 3
