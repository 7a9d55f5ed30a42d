"""The proof sees every change of a key, and nothing else: neither the encoding nor the order nor the server."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import redis
from cache_servers import LIBRARY, fill, nodes
from real_servers import Valkey

from keep.redis.keys import Copying
from keep.redis.proof import Adder, CacheProof, differences
from keep.redis.seen import Seen

pytestmark = pytest.mark.server
LOAN = "the key space loan"
CONTENT = " keys, and not all with the content or the expiry that they had"


def proof(of: Valkey) -> CacheProof:
    made = Copying("desk", nodes(of), LIBRARY)
    for _ in made.every():
        pass
    return made.proof()


@pytest.fixture(scope="module")
def filled(server_of: object) -> Valkey:
    of: Valkey = server_of("valkey")  # type: ignore[operator]
    with of.admin() as client:
        client.flushall()
        fill(client)
        client.execute_command("HSETEX", "lives", "PX", 86_400_000, "FIELDS", 1, "a", "b")
    return of


REST = "database 0 outside of every key space has its 25" + CONTENT
# What is done, what takes it back, what the proof says.
CHANGES: list[tuple[Sequence[object], Sequence[object], str]] = [
    (["SET", "word", "shorT"], ["SET", "word", "short"], REST),
    (["DEL", "word"], ["SET", "word", "short"], "database 0 outside of every key space has 24 keys and had 25"),
    (["SET", "loan:99", "x"], ["DEL", "loan:99"], f"{LOAN} has 41 keys and had 40"),
    (["RENAME", "word", "worD"], ["RENAME", "worD", "word"], REST),
    (["PEXPIRE", "text", 90_000_000], ["PERSIST", "text"], REST),
    (["HSET", "loan:3", "1", "-8"], ["HSET", "loan:3", "1", "-7"], f"{LOAN} has its 40" + CONTENT),
    (["HDEL", "table", "field1"], ["HSET", "table", "field1", str(1 / 7)], REST),
    (["SADD", "packed", "b"], ["SREM", "packed", "b"], REST),
    (["SADD", "integers", 51], ["SREM", "integers", 51], REST),
    (["ZINCRBY", "few", 1, "a"], ["ZINCRBY", "few", -1, "a"], REST),
    (["ZADD", "scores", 0.2, "member0"], ["ZADD", "scores", 0, "member0"], REST),
    (["LMOVE", "pair", "pair", "LEFT", "RIGHT"], ["LMOVE", "pair", "pair", "LEFT", "RIGHT"], REST),
    (["LSET", "list", 1500, "other"], ["LSET", "list", 1500, "item1500"], REST),
    (["XGROUP", "CREATE", "stream", "new", "0"], ["XGROUP", "DESTROY", "stream", "new"], REST),
    (["XGROUP", "CREATECONSUMER", "stream", "idle", "me"], ["XGROUP", "DELCONSUMER", "stream", "idle", "me"], REST),
    (["HPERSIST", "lives", "FIELDS", 1, "a"], [], REST),
]  # fmt: skip


def test_every_change_is_seen_and_nothing_else(filled: Valkey) -> None:
    was = proof(filled)
    with filled.admin() as client:
        for done, undone, said in CHANGES:
            client.execute_command(*done)
            assert differences(was, proof(filled)) == (said,), done
            if undone:
                client.execute_command(*undone)
                assert differences(was, proof(filled)) == (), undone


def test_the_same_content_in_another_encoding_is_the_same(filled: Valkey, cache: Valkey, admin: redis.Redis) -> None:
    limits = ("hash-max-listpack-entries", "zset-max-listpack-entries", "set-max-listpack-entries")
    every = (*limits, "set-max-intset-entries", "list-max-listpack-size")
    before = {name: admin.config_get(name)[name] for name in every}

    def put() -> tuple[CacheProof, list[str]]:
        admin.flushall()
        admin.hset("h", mapping={"a": "1", "b": "-7", "12": "x" * 20, "c": str(2**40)})
        admin.zadd("z", {"a": 1.5, "b": -1, "c": 0.1, "d": float("inf")})
        admin.sadd("s", "a", "12", "-70000")
        admin.sadd("i", 1, -5, 2**33)
        admin.rpush("l", *range(100), "y" * 100, b"\xff")
        return proof(cache), [admin.object("encoding", name) for name in "hzsil"]

    packed, encodings = put()
    try:
        for name in every:
            admin.config_set(name, 0 if name != "list-max-listpack-size" else 2)
        plain, others = put()
    finally:
        for name, value in before.items():
            admin.config_set(name, value)
    assert all(a != b for a, b in zip(encodings, others, strict=True)), (encodings, others)
    assert plain == packed


MINUTE, NOW = 60_000, 1_000_000 * 60_000


def shelf(**fields: int | None) -> bytes:
    """A hash as Valkey 9 saves one whose fields have lives, in milliseconds from now."""
    lives = ((name.encode(), -1 if life is None else NOW + life) for name, life in fields.items())
    each = [
        bytes([len(name)]) + name + b"\x01v" + expires.to_bytes(8, "little", signed=True) for name, expires in lives
    ]
    return bytes([len(each)]) + b"".join(each)


def kept(at: int, *values: bytes, expires: int | None = None) -> tuple[CacheProof, int]:
    """What is there some time after `at` of hashes that were looked at then."""
    made = Adder(LIBRARY, NOW + at)
    for number, value in enumerate(values):
        made.add(0, b"loan:%d" % number, expires, 22, value, 0)
    return made.living(NOW + at)


@pytest.mark.parametrize(
    ("copied", "at", "left", "keys", "expired"),
    [
        ({"a": None, "b": 5 * MINUTE}, 0, {"a": None, "b": 5 * MINUTE}, 1, 0),
        ({"a": None, "b": 5 * MINUTE}, 6 * MINUTE, {"a": None}, 1, 0),
        # Its last minute: the server may have taken it away, or not yet.
        ({"a": None, "b": 5 * MINUTE + 9}, 5 * MINUTE, {"a": None, "b": 5 * MINUTE + 9}, 1, 0),
        ({"a": None, "b": 5 * MINUTE + 9}, 5 * MINUTE + 10, {"a": None}, 1, 0),
        ({"a": 5 * MINUTE, "b": 9 * MINUTE}, 6 * MINUTE, {"b": 9 * MINUTE}, 1, 0),
        ({"a": 5 * MINUTE, "b": 9 * MINUTE}, 10 * MINUTE, None, 0, 1),
        ({"a": 5 * MINUTE, "b": 9 * MINUTE}, 3 * 24 * 60 * MINUTE, None, 0, 1),
        ({"a": -MINUTE, "b": None}, 0, {"b": None}, 1, 0),
    ],
)
def test_fields_that_have_expired_by_then_are_not_missed(
    copied: dict[str, int | None], at: int, left: dict[str, int | None] | None, keys: int, expired: int
) -> None:
    made = Adder(LIBRARY, NOW)
    made.add(0, b"loan:0", None, 22, shelf(**copied), 0)
    wanted, gone = made.living(NOW + at)
    assert (wanted.keys, gone) == (keys, expired)
    found, _ = kept(at, *([shelf(**left)] if left else []))
    assert differences(wanted, found) == ()
    assert made.proof().keys == 1


@pytest.mark.parametrize(
    "other",
    [
        {"a": None, "b": None},
        {"a": None, "b": 9 * MINUTE + 1},
        {"a": None, "c": 9 * MINUTE},
        {"a": None},
        {"a": None, "b": 9 * MINUTE, "c": 9 * MINUTE},
        {"a": 9 * MINUTE, "b": 9 * MINUTE},
    ],
)
def test_fields_that_are_other_than_they_were_are_seen(other: dict[str, int | None]) -> None:
    wanted, _ = kept(0, shelf(a=None, b=9 * MINUTE))
    assert differences(wanted, kept(0, shelf(**other))[0]) == (LOAN + " has its 1" + CONTENT,)


def test_fields_belong_to_their_hash() -> None:
    """Two that have changed places are not the same."""
    wanted, _ = kept(0, shelf(a=None, b=9 * MINUTE), shelf(a=None, c=9 * MINUTE))
    swapped, _ = kept(0, shelf(a=None, c=9 * MINUTE), shelf(a=None, b=9 * MINUTE))
    assert differences(wanted, swapped) == (LOAN + " has its 2" + CONTENT,)


def test_what_has_expired_by_then_is_left_out_on_both_sides() -> None:
    minute, now, text = MINUTE, NOW, b"\x01x"

    def of(*lives: int | None) -> Adder:
        made = Adder(LIBRARY, now)
        for number, life in enumerate(lives):
            made.add(0, b"loan:%d" % number, None if life is None else now + life, 0, text, 0)
        return made

    copied = of(None, minute // 2, 5 * minute, 3 * 24 * 60 * minute)
    wanted, expired = copied.living(now)
    assert ([each.keys for each in wanted.spaces], expired) == ([3], 1)
    wanted, expired = copied.living(now + 5 * minute)
    assert ([each.keys for each in wanted.spaces], expired) == ([2], 2)
    # The cache where the two are gone, and one where a third is.
    again = Adder(LIBRARY, now + 4 * minute)
    for number, life in ((0, None), (3, 3 * 24 * 60 * minute)):
        again.add(0, b"loan:%d" % number, None if life is None else now + life, 0, text, 0)
    assert differences(wanted, again.living(now + 5 * minute)[0]) == ()
    assert differences(wanted, of(None).living(now + 5 * minute)[0]) == (f"{LOAN} has 1 keys and had 2",)


def test_what_a_module_keeps_is_proved_by_its_name_alone() -> None:
    made = Adder(LIBRARY, 0)
    made.add(0, b"loan:1", None, 7, b"", 0)
    assert [(each.keys, each.unread) for each in made.proof().spaces] == [(1, 1)]


@pytest.mark.parametrize("expected", [0, 10_000])
def test_a_key_is_new_once(expected: int) -> None:
    seen = Seen(expected)
    names = [b"key:%d" % number for number in range(5000)]
    assert all(seen.new(0, name) for name in names)
    assert not any(seen.new(0, name) for name in names)
    assert seen.new(1, names[0])
