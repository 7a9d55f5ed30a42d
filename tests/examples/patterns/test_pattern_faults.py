"""What the patterns do when a cache is killed and comes back empty or demoted, in a cluster, and between processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from mortal_cache import mortal
from pattern_caches import Caches, cluster
from real_servers import free_port

from examples.patterns.python.cache_aside import USERS, CacheAside
from examples.patterns.python.presence import Presence
from examples.patterns.python.rate_limiter import PER_ADDRESS, RateLimiter
from examples.patterns.python.revocation import Revocations, UnknownRevocationError
from examples.patterns.python.sessions import Sessions
from examples.patterns.python.tier import connect

pytestmark = pytest.mark.server
CHANNEL = "rounds:ward-7"
ROOT = Path(__file__).parents[3]


def test_main_is_killed_and_comes_back_empty() -> None:
    with mortal("main") as cache:
        tier = cache.start()
        client = connect("main", environ=tier.environment)
        sessions, limiter = Sessions(client), RateLimiter(client, PER_ADDRESS, 2, when_down="deny")
        users = CacheAside[str](connect("main", database=USERS.database, environ=tier.environment), USERS)
        room = Presence(connect("main", environ=tier.environment), CHANNEL)
        room.join("ann", "1")
        cookie = sessions.sign_in("ann", {"role": "doctor"})
        assert users.get(lambda: "before", id="1") == "before"
        assert limiter.take(ip="2001:db8::1", endpoint="/").remaining == 1
        while room.users != {"ann"}:
            room.step(0.1)

        cache.kill()
        with pytest.raises(redis.ConnectionError):
            sessions.read(cookie)
        assert users.get(lambda: "the database", id="1") == "the database"
        assert not limiter.take(ip="2001:db8::1", endpoint="/").allowed
        room.join("bob", "2")
        assert (room.step(0), room.users) == ([], {"ann"})

        cache.start()
        assert sessions.read(cookie) is None
        assert sessions.read(sessions.sign_in("ann", {})) == {}
        assert users.get(lambda: "after", id="1") == "after"
        assert limiter.take(ip="2001:db8::1", endpoint="/").remaining == 1, "a script that the server has forgotten"
        while room.users != {"ann", "bob"}:
            room.step(0.1)
        room.close()


def test_the_revocation_list_is_killed_and_comes_back_empty() -> None:
    now = 1_800_000_000.0
    with mortal("queue") as cache:
        client = connect("queue", environ=cache.start().environment)
        assert Revocations(client, lambda: now - 7200).revoked("first", now - 7200)
        revocations = Revocations(client, lambda: now)
        revocations.revoke("a", now + 3600)
        assert (revocations.revoked("a", now - 60), revocations.revoked("b", now - 60)) == (True, False)

        cache.kill()
        with pytest.raises(UnknownRevocationError):
            revocations.revoked("b", now - 60)
        with pytest.raises(redis.ConnectionError):
            revocations.revoke("c", now + 3600)

        cache.start()
        assert [revocations.revoked(each, now - 60) for each in "abc"] == [True] * 3
        assert not revocations.revoked("new", now + 60)


def test_a_cluster() -> None:
    with cluster() as tier:
        client = connect("main", database=USERS.database, environ=tier.environment)
        assert isinstance(client, redis.RedisCluster)
        sessions, users = Sessions(client), CacheAside[str](client, USERS)
        cookies = [sessions.sign_in("ann", {"role": "doctor"}) for _ in range(3)]
        sessions.write(cookies[0], {"ward": "7"})
        assert sessions.read(cookies[0]) == {"role": "doctor", "ward": "7"}
        sessions.sign_out_everywhere("ann")
        assert [sessions.read(each) for each in cookies] == [None] * 3
        assert users.get(lambda: "loaded", id="1") == users.get(lambda: "again", id="1") == "loaded"
        limiter = RateLimiter(client, PER_ADDRESS, 1, when_down="allow")
        assert [limiter.take(ip="192.0.2.1", endpoint="/").allowed for _ in range(2)] == [True, False]
        room = Presence(client, CHANNEL)
        room.join("ann", "1")
        while room.users != {"ann"}:
            room.step(0.1)
        room.close()
        assert tier.refused() == []


@pytest.fixture
def demoted(tier: Caches) -> Iterator[Caches]:
    """Both caches are former primaries: they answer, and take no writes."""
    for server in tier.servers.values():
        with server.admin() as admin:
            admin.replicaof("127.0.0.1", free_port())
    yield tier
    for server in tier.servers.values():
        with server.admin() as admin:
            admin.replicaof("NO", "ONE")


def test_a_former_primary_is_a_cache_that_is_down(demoted: Caches) -> None:
    main, queue = (connect(name, environ=demoted.environment) for name in ("main", "queue"))
    with pytest.raises(redis.exceptions.ReadOnlyError):
        Sessions(main).sign_in("ann", {})
    with pytest.raises(UnknownRevocationError):
        Revocations(queue).revoked("a", time.time())
    with pytest.raises(redis.exceptions.ReadOnlyError):
        Revocations(queue).revoke("a", time.time() + 60)
    assert CacheAside[str](main, USERS).get(lambda: "the database", id="1") == "the database"
    assert RateLimiter(main, PER_ADDRESS, 1, when_down="allow").take(ip="192.0.2.1", endpoint="/").allowed


WORK = """
import json
from examples.patterns.python.cache_aside import USERS, CacheAside
from examples.patterns.python.rate_limiter import PER_USER, RateLimiter
from examples.patterns.python.tier import connect

limiter, loads = RateLimiter(connect("main"), PER_USER, 10, when_down="deny"), []
users = CacheAside(connect("main", database=USERS.database), USERS)
taken = sum(limiter.take(user="ann", action="export").allowed for _ in range(20))
users.get(lambda: loads.append(1) or "Ann", id="1")
print(json.dumps([taken, len(loads)]))
"""


def test_two_processes_at_once(tier: Caches) -> None:
    command = [sys.executable, "-c", WORK]
    both = [
        subprocess.Popen(command, cwd=ROOT, env={**os.environ, **tier.environment}, stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    (taken, loaded), (taken_too, loaded_too) = (json.loads(each.communicate(timeout=120)[0]) for each in both)
    assert (taken + taken_too, loaded + loaded_too) == (10, 1)
