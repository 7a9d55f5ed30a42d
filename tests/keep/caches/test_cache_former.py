"""A cache of Redis before 7.0, whose file packs values as no newer server does: what it becomes there is the same."""

from __future__ import annotations

import time

import pytest
from cache_servers import LIBRARY, nodes
from former import FILE, KEYS, NUMBERS
from real_servers import Valkey

from keep.redis.keys import Copying
from keep.redis.proof import CacheProof, added, differences
from keep.redis.target import Target
from observe.keys.rdb import snapshot
from observe.keys.rdb_entries import entries


def living(of: Valkey) -> CacheProof:
    made = Copying("desk", nodes(of), LIBRARY, primary=True)
    for _ in made.every():
        pass
    return made.proof()


@pytest.mark.server
def test_every_type_is_proved_through_a_newer_server(each_cache: Valkey) -> None:
    target = Target("desk", nodes(each_cache))
    target.now = int(1000 * time.time())
    with snapshot(FILE) as file:
        assert (file.version, file.server) == (9, "redis 6.2.5")
        assert {each.type for each in entries(file)} == {0, 2, 4, 5, 11, 12, 13, 14, 15}
        wanted = added((file,), LIBRARY, target.now).proof()
        target.fill((file,))
    assert (wanted.keys, sum(each.unread for each in wanted.spaces)) == (KEYS, 0)
    assert differences(wanted, living(each_cache)) == ()
    with each_cache.admin() as client:
        assert client.lrange("list", 0, len(NUMBERS) - 1) == [str(each) for each in NUMBERS]
        for change in ("LSET list 7 129", "HSET loan:1 12 x", "ZADD few 8 7", "XGROUP SETID stream last 0"):
            client.execute_command(*change.split())
            found = living(each_cache)
            assert len(differences(wanted, found)) == 1, change
            wanted = found
