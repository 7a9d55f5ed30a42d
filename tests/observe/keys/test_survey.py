"""A survey of real caches: every key once, nothing that the server would note, whatever goes away in between."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from key_servers import INVENTORY, PASSWORD, PROGRAMS, fill, node, server, user
from postgres_server import free_port
from real_servers import Valkey
from test_report import SHOP

from bootstrap.access import RedisRules, access_string, listable
from bootstrap.acl.rules import parse
from bootstrap.secrets import Secret, open_redis_url
from observe.keys.allowed import MOST_REFUSALS, Declared, Tried
from observe.keys.pace import Pace
from observe.keys.places import NowhereError, Shard, shards
from observe.keys.report import Report, report
from observe.keys.saved import SavedError, load, save
from observe.keys.scan import RefusedError, pages, slot_of
from observe.keys.spaces import Spaces
from observe.keys.survey import StaleCursorError, Survey
from observe.keys.wire import Wire
from observe.node import RedisNode

pytestmark = pytest.mark.server


@pytest.fixture(scope="module", params=[name for name, program in PROGRAMS.items() if program or name == "valkey"])
def cache(request: pytest.FixtureRequest) -> Iterator[Valkey]:
    with server(request.param) as made:
        yield made


@pytest.fixture
def admin(cache: Valkey) -> Iterator[redis.Redis]:
    with cache.admin() as client:
        client.flushall()
        client.config_set("maxmemory-policy", "noeviction")
        client.acl_log_reset()
        client.slowlog_reset()
        yield client


EVERY_NAME = Declared(["*"])


def survey(allowed: object = EVERY_NAME, spaces: Spaces = SHOP) -> Survey:
    return Survey(spaces=spaces, allowed=allowed)  # type: ignore[arg-type]


def whole(*nodes: RedisNode, of: Survey | None = None, primary: bool = False, sample: int | None = None) -> Report:
    made = of or survey()
    assert made.take(lambda: shards(nodes, primary=primary), sample=sample)
    return report(made.result())


def counted(made: Report) -> dict[str, int]:
    return {row.name: row.group.keys for row in made.spaces} | {
        row.pattern.decode("latin-1"): row.group.keys for row in made.undeclared
    }


ALL = {"basket": 300, "any_basket": 0, "gift": 0, "page": 1, "lost:letters": 1, "a*b": 1, "*": 1, "two*words": 1}
ALL |= {"$*abc*": 1}


def test_every_key_is_counted_and_the_server_notes_nothing(cache: Valkey, admin: redis.Redis) -> None:
    fill(admin)
    made = whole(node(cache))
    assert (counted(made), dict(made.refused)) == (ALL, {0: 1})
    basket = made.spaces[0].group
    assert basket.size == sum(admin.memory_usage(f"basket:{number}") or 0 for number in range(300))
    assert (basket.types, basket.without_ttl, basket.forever) == ({"hash": 300}, 1, b"basket:7")
    assert 3_590_000 < (basket.shortest or 0) <= (basket.longest or 0) <= 3_600_000
    assert [(found.check, found.object, found.value) for found in made.findings][:3] == [
        ("keys-without-ttl", "basket", 1),
        ("keys-big", "page:/", made.biggest[0].size),
        ("keys-long", "lost:letters", 6000),
    ]
    assert (admin.acl_log(), admin.slowlog_get()) == ([], [])


def test_keys_of_others_are_counted_as_refused_and_not_asked_for(cache: Valkey, admin: redis.Redis) -> None:
    fill(admin)
    rules = access_string(RedisRules(role="inventory", keys=("basket:1*",)))
    made = whole(node(cache, rules), of=survey(Declared(listable(parse(rules)))))
    assert (counted(made)["basket"], dict(made.refused), made.keys) == (111, {0: 195, 3: 1}, 307)
    assert admin.acl_log() == []


def test_a_user_that_nobody_knows_is_refused_a_few_times_at_most(cache: Valkey, admin: redis.Redis) -> None:
    for number in range(400):
        admin.set(f"{'basket' if number % 2 else 'other' + chr(97 + number % 26)}:{number}", "x")
    rules = INVENTORY.replace("%R~*", "%R~basket:*")
    made = whole(node(cache, rules), of=survey(Tried()))
    assert made.keys == 400
    assert counted(made)["basket"] in (0, 200)
    assert 0 < sum(entry["count"] for entry in admin.acl_log()) <= MOST_REFUSALS


def test_that_the_empty_key_is_refused_says_nothing_of_keys_that_are_ids() -> None:
    asked: list[bytes] = []

    def ask(key: bytes) -> bool:
        asked.append(key)
        return bool(key)

    assert Tried().sift([b"", b"4711", b"4712:cart", b":x", b""], ask) == [b"4711", b"4712:cart", b":x"]
    assert asked == [b"", b"4711", b":x"]


@pytest.mark.parametrize("lacking", ["scan", "type", "memory|usage"])
def test_a_command_that_is_not_allowed_is_said_after_one_try(cache: Valkey, admin: redis.Redis, lacking: str) -> None:
    admin.set("basket:1", "x")
    admin.set("basket:2", "x")
    with pytest.raises(RefusedError, match=r"a scan takes \+info \+scan .*`redis: {CACHE: inventory}`"):
        whole(node(cache, INVENTORY.replace(f"+{lacking}", f"-{lacking}")))
    assert sum(entry["count"] for entry in admin.acl_log()) == 1


def test_frequencies_are_read_where_the_policy_counts_them(cache: Valkey, admin: redis.Redis) -> None:
    admin.config_set("maxmemory-policy", "allkeys-lfu")
    admin.set("gone", "x")
    for number in range(40):
        admin.set(f"basket:{number}", "x")
    for _ in range(500):
        admin.get("basket:9")
    made = whole(node(cache))
    assert made.hottest[0].key == b"basket:9"
    assert len(made.hottest) == 20


class Meddler:
    """Everything is allowed; before a page is asked about, something happens."""

    def __init__(self, happens: object) -> None:
        self.happens = happens

    def sift(self, keys: list[bytes], _: object) -> list[bytes]:
        self.happens(keys)  # type: ignore[operator]
        return keys


def test_a_key_that_goes_or_changes_in_between_is_no_trouble(cache: Valkey, admin: redis.Redis) -> None:
    for number in range(10):
        admin.set(f"basket:{number}", "x")

    def happens(keys: list[bytes]) -> None:
        for key in set(keys) & {b"basket:3", b"basket:4"}:
            admin.delete(key)
        if b"basket:5" in keys:
            admin.delete("basket:5")
            admin.rpush("basket:5", "y")

    made = whole(node(cache), of=survey(Meddler(happens)))
    assert made.spaces[0].group.types == {"string": 7, "list": 1}


def test_a_sample_is_an_estimate(cache: Valkey, admin: redis.Redis) -> None:
    fill(admin, 4000)
    of = survey()
    made = whole(node(cache), of=of, sample=1000)
    assert of.estimated
    assert of.seen < 1500
    assert 3800 < made.keys < 4200
    exact = survey()
    whole(node(cache), of=exact, sample=100_000)
    assert (exact.estimated, exact.seen) == (False, 4007)


def stopped_after(number: int) -> object:
    left = iter([False] * number)
    return lambda: next(left, True)


def test_an_interrupted_survey_goes_on_in_another_process(cache: Valkey, admin: redis.Redis, tmp_path: Path) -> None:
    fill(admin, 500)
    first, place, file = survey(), node(cache), tmp_path / "kept" / "keys.json"
    assert not first.take(lambda: shards([place], primary=False), stopped=stopped_after(3))  # type: ignore[arg-type]
    so_far = report(first.result()).keys
    assert 0 < so_far < 506
    save(first, file)
    assert file.stat().st_mode & 0o077 == 0
    second = load(file, SHOP, EVERY_NAME)
    assert report(second.result()) == report(first.result())
    made = whole(place, of=second)
    assert counted(made) == ALL | {"basket": 500}
    assert [made.spaces[0].group.without_ttl, made.longest[0].key] == [1, b"lost:letters"]

    again = load(file, SHOP, EVERY_NAME)
    assert again.part
    again.part.run = "another"
    with pytest.raises(StaleCursorError, match="begin again without --resume"):
        again.take(lambda: shards([place], primary=False))
    with pytest.raises(SavedError, match="other key spaces"):
        load(file, Spaces({}), EVERY_NAME)
    with pytest.raises(SavedError, match="no scan was interrupted"):
        load(tmp_path / "nothing.json", SHOP, EVERY_NAME)
    file.write_text("{")
    with pytest.raises(SavedError, match="cannot be read"):
        load(file, SHOP, EVERY_NAME)


def test_a_full_login_is_said(cache: Valkey, admin: redis.Redis) -> None:
    place = node(cache)
    most = admin.config_get("maxclients")["maxclients"]
    admin.config_set("maxclients", 1)
    try:
        with pytest.raises(NowhereError, match="max number of clients"):
            whole(place)
    finally:
        admin.config_set("maxclients", most)


def test_a_replica_is_asked_and_when_it_dies_its_keys_are_counted_once_at_the_primary() -> None:
    with server("valkey", "--repl-diskless-sync-delay", "0") as primary, primary.admin() as admin:
        password = admin.get_connection_kwargs()["password"]
        fill(admin, 500)
        with (
            server(
                "valkey",
                "--replicaof",
                "127.0.0.1",
                str(primary.port),
                "--masteruser",
                "acl-admin",
                "--masterauth",
                password,
            ) as copy,
            copy.admin() as second,
        ):
            until = time.monotonic() + 20
            while second.info("replication")["master_link_status"] != "up" and time.monotonic() < until:
                time.sleep(0.05)
            nodes = (node(primary), node(copy))
            of = survey()
            assert counted(whole(*nodes, of=of)) == ALL | {"basket": 500}
            assert of.nodes == [f"127.0.0.1:{copy.port}"]
            forced = survey()
            whole(*nodes, of=forced, primary=True)
            assert forced.nodes == [f"127.0.0.1:{primary.port}"]

            seen: list[bytes] = []

            def die(keys: list[bytes]) -> None:
                seen.extend(keys)
                if 200 < len(seen) < 400:
                    second.shutdown(nosave=True)

            fallen = survey(Meddler(die))
            assert counted(whole(*nodes, of=fallen)) == ALL | {"basket": 500}
            assert fallen.nodes == [f"127.0.0.1:{copy.port}", f"127.0.0.1:{primary.port}"]


def test_what_no_node_answers_for_is_a_failure_and_the_rest_is_there(cache: Valkey, admin: redis.Redis) -> None:
    admin.set("basket:1", "x")
    gone = RedisNode(
        name="gone",
        cache="shop",
        address="127.0.0.1:1",
        connect=lambda seconds: open_redis_url(url_of("127.0.0.1:1"), seconds=seconds),
    )
    of = survey()
    both = (
        Shard(name="0-8191", nodes=(gone,), slots=bytes(8192) + b"\1" * 8192),
        Shard(name="", nodes=(node(cache),)),
    )
    assert of.take(lambda: both)
    assert [sentence.partition(" was not read: gone: ")[0] for sentence in of.failures] == ["shard 0-8191"]
    assert report(of.result()).keys == 1


def url_of(where: str) -> Secret:
    return Secret(f"redis://{where}")


def test_in_cluster_mode_a_shard_counts_the_keys_of_its_slots(cache: Valkey, admin: redis.Redis) -> None:
    keys = [b"basket:%d" % number for number in range(50)] + [b"basket:{a}1", b"basket:{a}2", b"basket:{}"]
    for key in keys:
        admin.set(key, "x")
    mine = bytes(slot % 2 for slot in range(16384))
    with node(cache).session() as client:
        found = [
            record.key
            for page in pages(Wire(client), 0, EVERY_NAME, Pace([0.0001]), slots=mine)
            for record in page.records
        ]
    assert sorted(found) == sorted(key for key in keys if slot_of(key) % 2)
    assert slot_of(b"basket:{a}1") == slot_of(b"{a}")
    assert (slot_of(b"123456789"), slot_of(b"foo{}{bar}")) == (0x31C3, slot_of(b"foo{}{bar}"))


def test_a_cluster_is_taken_shard_by_shard() -> None:
    # The bus would be 10,000 above the port, which may lie beyond the last one.
    options = [("--cluster-enabled", "yes", "--cluster-port", str(free_port())) for _ in range(2)]
    with server("valkey", *options[0]) as one, server("valkey", *options[1]) as two:
        name = user(one)
        with one.admin() as first, two.admin() as second:
            second.execute_command("ACL", "SETUSER", name, "reset", *INVENTORY.split(), f">{PASSWORD}")
            first.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 8191)
            second.execute_command("CLUSTER", "ADDSLOTSRANGE", 8192, 16383)
            first.execute_command("CLUSTER", "MEET", "127.0.0.1", two.port, options[1][-1])
            until = time.monotonic() + 20
            while time.monotonic() < until and not all(
                "cluster_state:ok" in str(b.execute_command("CLUSTER", "INFO"))
                and len(b.execute_command("CLUSTER", "SHARDS")) == 2
                for b in (first, second)
            ):
                time.sleep(0.05)
            for number in range(200):
                key = f"basket:{number}"
                (second if slot_of(key.encode()) > 8191 else first).set(key, "x")

            def at(host: str, port: int) -> RedisNode:
                where = f"{host}:{port}"
                login = url_of(f"{name}:{PASSWORD}@{where}")
                return RedisNode(
                    name=where,
                    cache="shop",
                    address=where,
                    connect=lambda seconds: open_redis_url(login, seconds=seconds),
                    at=at,
                )

            of = survey(spaces=Spaces(SHOP.declared, clustered=True))
            made = whole(at("127.0.0.1", one.port), of=of)
            assert made.spaces[0].group.keys == 200
            assert sorted(of.nodes) == sorted(f"127.0.0.1:{each.port}" for each in (one, two))
            assert [*first.acl_log(), *second.acl_log()] == []
