"""A cache is copied and brought back: the servers say whether all is as it was, by commands and by their own digest."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
import redis
from cache_servers import DEBUG, ENGINES, KEYS, LIBRARY, PROGRAMS, digest, fill, nodes, source, values
from real_servers import Valkey, valkey

from keep.backup.create import Sources, create
from keep.backup.listing import opened
from keep.manifest import BackupManifest
from keep.place.folder import FolderPlace
from keep.redis.file import FileSource
from keep.redis.keys import Copying
from keep.redis.proof import differences
from keep.redis.restore import restore
from keep.redis.unpacked import proof_of, unpacked
from keep.redis.verify import read_through
from observe.keys.rdb_entries import entries

pytestmark = pytest.mark.server


def copied(place: FolderPlace, *servers: Valkey) -> BackupManifest:
    return create(Sources(caches=(source(*servers),)), place)


def file_of(place: FolderPlace, of: Valkey) -> BackupManifest:
    return create(Sources(caches=(FileSource(name="desk", nodes=nodes(of), spaces=LIBRARY),)), place)


@pytest.mark.parametrize("form", [copied, file_of])
def test_every_type_comes_back_as_it_was(
    each_cache: Valkey, target: Valkey, place: FolderPlace, form: Callable[[FolderPlace, Valkey], BackupManifest]
) -> None:
    with each_cache.admin() as client:
        fill(client)
        if "valkey" in client.info("server"):
            client.execute_command("HSETEX", "lives", "PX", 86_400_000, "FIELDS", 1, "a", "b")
        keys = sum(each["keys"] for each in client.info("keyspace").values())
    was = values(each_cache)
    made = form(place, each_cache)
    copy = made.caches["desk"]
    assert (copy.keys, copy.gone, len(copy.left_out)) == (keys, 0, 1)
    assert copy.began_at <= copy.taken_at
    done = restore(place, opened(place, made.id), "desk", nodes(target))
    assert (done.keys, done.expired, done.removed, done.unread, done.differences) == (keys, 0, 0, 0, ())
    assert (len(was), values(target)) == (keys, was)


def test_what_is_proved_is_counted_by_key_space(cache: Valkey, admin: redis.Redis, place: FolderPlace) -> None:
    fill(admin)
    made = copied(place, cache)
    found = proof_of(place, made, made.caches["desk"])
    assert [(each.database, each.space, each.keys, each.unread) for each in found.spaces] == [
        (0, None, KEYS - 42, 0),
        (0, "loan", 40, 0),
        (5, "shelf", 1, 0),
        (15, None, 1, 0),
    ]
    assert {name: (each.pattern, each.database) for name, each in found.declared.items()} == {
        "loan": ("loan:{member}", 0),
        "shelf": ("shelf:{number}", 5),
    }


@pytest.mark.parametrize("engine", ENGINES)
def test_the_file_is_one_that_the_server_itself_loads(
    server_of: Callable[[str], Valkey], place: FolderPlace, tmp_path: Path, engine: str
) -> None:
    of = server_of(engine)
    with of.admin() as client:
        client.flushall()
        fill(client)
        was = digest(client)
    made = copied(place, of)
    with unpacked(place, made, made.caches["desk"]) as files:
        (tmp_path / "loaded").mkdir()
        (tmp_path / "loaded" / "dump.rdb").write_bytes(files[0].data[:])
    with valkey(tmp_path / "loaded", *DEBUG, program=PROGRAMS[engine]) as second, second.admin() as client:
        assert digest(client) == was


def test_an_empty_cache_is_a_copy_too(each_cache: Valkey, target: Valkey, place: FolderPlace) -> None:
    made = copied(place, each_cache)
    assert made.caches["desk"].keys == 0
    done = restore(place, made, "desk", nodes(target))
    assert (done.keys, done.differences) == (0, ())


@pytest.mark.parametrize(("policy", "field"), [("allkeys-lru", "idle"), ("volatile-lfu", "frequency")])
def test_what_the_policy_counts_comes_along(
    cache: Valkey, admin: redis.Redis, target: Valkey, place: FolderPlace, policy: str, field: str
) -> None:
    admin.config_set("maxmemory-policy", policy)
    admin.set("hot", "x")
    for _ in range(3000):
        admin.get("hot")
    with target.admin() as other:
        other.config_set("maxmemory-policy", policy)
    made = copied(place, cache)
    with unpacked(place, made, made.caches["desk"]) as files:
        (entry,) = entries(files[0])
    assert (getattr(entry, field) is not None, [entry.idle, entry.frequency].count(None)) == (True, 1)
    assert restore(place, made, "desk", nodes(target)).differences == ()
    with target.admin() as other:
        if field == "frequency":
            assert other.object("freq", "hot") == entry.frequency
            assert admin.object("freq", "hot") == entry.frequency, "a copy makes no key a hot one"


def test_a_value_that_is_too_large_to_hold_goes_through_a_file(
    cache: Valkey, admin: redis.Redis, target: Valkey, place: FolderPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(admin)
    monkeypatch.setattr("keep.redis.replies.HELD", 1000)
    monkeypatch.setattr("keep.redis.target.BATCH", 1000)
    was = digest(admin)
    made = copied(place, cache)
    assert restore(place, made, "desk", nodes(target)).differences == ()
    with target.admin() as client:
        assert digest(client) == was


@pytest.mark.parametrize("element", [b"ab" * (1 << 20), bytes(range(256)) * 5000], ids=["compressed", "plain"])
def test_large_elements_are_proved_in_whatever_a_server_keeps_them(
    each_cache: Valkey, target: Valkey, place: FolderPlace, element: bytes
) -> None:
    """Redis 7.0 packs one into a list with others, Valkey keeps it by itself."""
    with each_cache.admin() as client:
        client.rpush("list", "a", element, "b")
        client.hset("hash", mapping={"field": element, element: "value"})
        client.sadd("set", element)
        client.zadd("zset", {element: 1})
        client.set("string", element)
        client.xadd("stream", {"field": element})
    made = copied(place, each_cache)
    assert tuple(read_through(place, made)) == ()
    assert restore(place, made, "desk", nodes(target)).differences == ()
    with target.admin() as client:
        client.setrange("string", 1_100_000, "?")
    wanted = proof_of(place, made, made.caches["desk"])
    found = Copying("desk", nodes(target), LIBRARY)
    for _ in found.every():
        pass
    assert len(differences(wanted, found.proof())) == 1


def test_fields_that_expire_after_the_copy_are_no_damage(
    cache: Valkey, admin: redis.Redis, target: Valkey, place: FolderPlace
) -> None:
    admin.hset("loan:1", mapping={"stays": "1", "leaves": "2"})
    admin.execute_command("HPEXPIRE", "loan:1", 300, "FIELDS", 1, "leaves")
    admin.execute_command("HSETEX", "all of it", "PX", 300, "FIELDS", 1, "leaves", "2")
    made = copied(place, cache)
    assert made.caches["desk"].keys == 2
    until = time.monotonic() + 20
    while (admin.hexists("loan:1", "leaves") or admin.exists("all of it")) and time.monotonic() < until:
        time.sleep(0.02)
    assert tuple(read_through(place, made)) == ()
    done = restore(place, made, "desk", nodes(target))
    assert (done.differences, done.keys, done.expired) == ((), 1, 1)
    with target.admin() as client:
        assert client.hgetall("loan:1") == {"stays": "1"}


def test_functions_are_named_as_left_out(cache: Valkey, admin: redis.Redis, place: FolderPlace) -> None:
    admin.execute_command(
        "FUNCTION", "LOAD", "#!lua name=desk\nserver.register_function('one', function() return 1 end)"
    )
    try:
        assert copied(place, cache).caches["desk"].left_out[0] == "1 libraries of functions"
    finally:
        admin.execute_command("FUNCTION", "FLUSH")
