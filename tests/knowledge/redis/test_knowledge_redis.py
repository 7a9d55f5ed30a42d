"""Redis and Valkey parameters as whole tables by family, and every refusal in its words."""

from __future__ import annotations

import pytest

from knowledge.classes import CACHE_CLASSES, cache_class
from knowledge.parameters import Parameter, ParameterError, Value
from knowledge.redis import abilities
from knowledge.redis.catalogue import REDIS_VERSIONS, check, version_problem
from knowledge.redis.parameters import redis_family, redis_parameters

BASE = {
    "acl-pubsub-default": "resetchannels",
    "maxmemory-policy": "volatile-lru",
    "reserved-memory-percent": "25",
    "slowlog-log-slower-than": "10000",
    "slowlog-max-len": "128",
    "tcp-keepalive": "300",
    "timeout": "300",
}
LAZY = {f"lazyfree-lazy-{what}": "yes" for what in ("eviction", "expire", "server-del", "user-del")}
ALL = [(engine, version) for engine, versions in REDIS_VERSIONS.items() for version in versions]


def values(engine: str, version: str, **options: object) -> dict[str, str]:
    defaults: dict[str, object] = {"eviction": "volatile-lru", "cluster_mode": False}
    memory = cache_class("cache.r7g.large").memory_bytes
    made = redis_parameters(memory, engine, version, **(defaults | options))  # type: ignore[arg-type]
    assert [one.name for one in made] == sorted({one.name for one in made})
    assert {one.apply_method for one in made} <= {"immediate"}
    return {one.name: one.value for one in made}


@pytest.mark.parametrize(
    ("engine", "version", "family"),
    [
        ("redis", "7.0", "redis7"),
        ("redis", "7.1", "redis7"),
        ("valkey", "7.2", "valkey7"),
        ("valkey", "8.0", "valkey8"),
        ("valkey", "8.1", "valkey8"),
        ("valkey", "8.2", "valkey8"),
        ("valkey", "9.0", "valkey9"),
        ("valkey", "9.1", "valkey9"),
    ],
)
def test_families(engine: str, version: str, family: str) -> None:
    assert redis_family(engine, version) == family
    lazy = LAZY if family in ("redis7", "valkey7") else {}
    assert values(engine, version) == BASE | lazy | {"databases": "16"}
    assert values(engine, version, cluster_mode=True) == BASE | lazy | {"cluster-enabled": "yes"}


LAZY_5 = {name: value for name, value in LAZY.items() if name != "lazyfree-lazy-user-del"}
NO_CHANNELS = {name: value for name, value in BASE.items() if name != "acl-pubsub-default"}


@pytest.mark.parametrize(
    ("version", "family", "expected"),
    [
        ("5.0.6", "redis5.0", NO_CHANNELS | LAZY_5),
        ("6.0", "redis6.x", NO_CHANNELS | LAZY),
        ("6.2", "redis6.x", BASE | LAZY),
    ],
)
def test_versions_of_before(version: str, family: str, expected: dict[str, str]) -> None:
    assert redis_family("redis", version) == family
    assert values("redis", version) == expected | {"databases": "16"}
    # In a group that a cache has, `databases` cannot be set any more.
    assert values("redis", version, in_use=True) == expected
    assert version_problem("redis", version, running=True) is None
    said = f"{version!r} is only for a cache that runs it already; a new one of redis: 7.0, 7.1"
    assert version_problem("redis", version) == said


@pytest.mark.parametrize(
    ("engine", "version", "name", "value", "problem"),
    [
        ("redis", "5.0.6", "lua-replicate-commands", "no", None),
        ("redis", "6.2", "hash-max-ziplist-entries", 1024, None),
        ("redis", "6.2", "activerehashing", False, None),
        ("redis", "6.2", "proto-max-bulk-len", 1048576, None),
        ("redis", "6.2", "acl-pubsub-default", "allchannels", None),
        (
            "redis",
            "6.2",
            "hash-max-listpack-entries",
            1024,
            "hash-max-listpack-entries: version 6.2 (redis6.x) does not have it; it exists in redis7, valkey7, "
            "valkey8, valkey9",
        ),
        (
            "redis",
            "6.0",
            "acl-pubsub-default",
            "allchannels",
            "acl-pubsub-default: version 6.0 (redis6.x) does not have it; it exists in redis6.x, redis7, valkey7, "
            "valkey8, valkey9 from 6.2",
        ),
        (
            "redis",
            "7.1",
            "hash-max-ziplist-entries",
            1024,
            "hash-max-ziplist-entries: version 7.1 (redis7) does not have it; it exists in redis5.0, redis6.x",
        ),
        (
            "redis",
            "7.1",
            "activerehashing",
            False,
            "activerehashing: cannot be set on ElastiCache: it is on and no longer adjustable since version 7",
        ),
    ],
)
def test_parameters_of_a_family(engine: str, version: str, name: str, value: Value, problem: str | None) -> None:
    assert check(name, value, redis_family(engine, version), version)[1] == problem


@pytest.mark.parametrize(
    ("engine", "version", "users", "tokens", "tls_mode"),
    [
        ("redis", "5.0.6", False, False, False),
        ("redis", "6.0", True, False, False),
        ("redis", "6.2", True, False, False),
        ("redis", "7.0", True, True, True),
        ("redis", "7.1", True, True, True),
        ("valkey", "7.2", True, True, True),
        ("valkey", "9.1", True, True, True),
    ],
)
def test_abilities(engine: str, version: str, users: bool, tokens: bool, tls_mode: bool) -> None:
    can = abilities.takes_users, abilities.takes_iam, abilities.has_tls_mode
    assert tuple(each(engine, version) for each in can) == (users, tokens, tls_mode)


def test_every_version_is_in_the_table() -> None:
    assert len(ALL) == 11


@pytest.mark.parametrize(
    ("engine", "version", "message"),
    [
        ("redis", "7.2", "ElastiCache has no redis '7.2'; choose one of 5.0.6, 6.0, 6.2, 7.0, 7.1"),
        ("valkey", "8", "ElastiCache has no valkey '8'; choose one of 7.2, 8.0, 8.1, 8.2, 9.0, 9.1"),
        ("memcached", "1.6", "engine 'memcached' is not offered; choose one of redis, valkey"),
    ],
)
def test_unknown_versions(engine: str, version: str, message: str) -> None:
    with pytest.raises(ParameterError) as caught:
        redis_family(engine, version)
    assert caught.value.problems == (message,)


def test_a_queue_with_events() -> None:
    changed = values("valkey", "8.0", eviction="noeviction", keyspace_events="Ex")
    assert changed == BASE | {"maxmemory-policy": "noeviction", "notify-keyspace-events": "Ex", "databases": "16"}


@pytest.mark.parametrize("name", CACHE_CLASSES)
def test_small_nodes_reserve_more(name: str) -> None:
    size = cache_class(name)
    made = redis_parameters(size.memory_bytes, "valkey", "8.0", eviction="allkeys-lru", cluster_mode=False)
    expected = "30" if size.memory_gib < 2 else "25"
    assert Parameter("reserved-memory-percent", expected, "immediate") in made


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ({"timeout": 0}, {"timeout": "0"}),
        ({"activedefrag": True}, {"activedefrag": "yes"}),
        ({"databases": 4}, {"databases": "4"}),
        ({"maxmemory-samples": "10"}, {"maxmemory-samples": "10"}),
        ({"rename-commands": "FLUSHALL no_all KEYS no_keys"}, {"rename-commands": "FLUSHALL no_all KEYS no_keys"}),
    ],
    ids=str,
)
def test_overrides(overrides: dict[str, object], expected: dict[str, str]) -> None:
    made = values("valkey", "8.0", overrides=overrides)
    assert {name: value for name, value in made.items() if values("valkey", "8.0").get(name) != value} == expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"overrides": {"*": "default"}}, {}),
        ({"overrides": {"*": "default", "timeout": 60}}, {"timeout": "60"}),
        ({"overrides": {"*": "default"}, "eviction": "noeviction"}, {"maxmemory-policy": "noeviction"}),
        ({"overrides": {"*": "default"}, "keyspace_events": "Ex"}, {"notify-keyspace-events": "Ex"}),
        ({"overrides": {"*": "default"}, "cluster_mode": True}, {"cluster-enabled": "yes"}),
        (
            {"overrides": dict.fromkeys((*BASE, "databases"), "default") | {"maxmemory-policy": "volatile-ttl"}},
            {"maxmemory-policy": "volatile-ttl"},
        ),
    ],
    ids=str,
)
def test_what_is_left_to_the_engine(options: dict[str, object], expected: dict[str, str]) -> None:
    assert values("valkey", "8.0", **options) == expected


def test_databases_of_a_valkey_9_cluster() -> None:
    assert values("valkey", "9.0", cluster_mode=True, overrides={"cluster-databases": 4})["cluster-databases"] == "4"


AOF = (
    "ElastiCache has no append-only file; daily snapshots with a retention and replicas in other zones keep the data,"
    " and `durability` of Valkey 9 in cluster mode keeps every acknowledged write"
)
RDB = (
    "ElastiCache schedules the dumps itself: daily snapshots with a retention and replicas in other zones keep the"
    " data; set the snapshot window and retention of the cache"
)
REFUSALS = [
    (
        {"eviction": "allkeys-lur"},
        "maxmemory-policy: 'allkeys-lur' is refused: it takes one of allkeys-lfu, allkeys-lru, allkeys-"
        "random, noeviction, volatile-lfu, volatile-lru, volatile-random, volatile-ttl",
    ),
    (
        {"keyspace_events": "x"},
        "notify-keyspace-events: 'x' is refused: without K (by key) or E (by event) nothing is ever delivered",
    ),
    (
        {"keyspace_events": "K"},
        "notify-keyspace-events: 'K' is refused: K and E say how events are delivered; add which ones, "
        "e.g. x for expired keys or A for all",
    ),
    (
        {"keyspace_events": "Eq"},
        "notify-keyspace-events: 'Eq' is refused: q is not a class of events; the classes are KEg$lshzxeA",
    ),
    (
        {"overrides": {"appendonly": "yes"}},
        f"appendonly: cannot be set on ElastiCache: {AOF}",
    ),
    (
        {"overrides": {"appendfsync": "always"}},
        f"appendfsync: cannot be set on ElastiCache: {AOF}",
    ),
    (
        {"overrides": {"save": "900 1"}},
        f"save: cannot be set on ElastiCache: {RDB}",
    ),
    (
        {"overrides": {"maxmemory": "1gb"}},
        "maxmemory: cannot be set on ElastiCache: it follows from the node type; reserved-memory-percent"
        " says how much of it is not for data",
    ),
    (
        {"overrides": {"lazyfree-lazy-expire": True}},
        "lazyfree-lazy-expire: version 8.0 (valkey8) does not have it; it exists in redis5.0, redis6.x, redis7, "
        "valkey7",
    ),
    (
        {"overrides": {"commandlog-reply-larger-than": 1}},
        "commandlog-reply-larger-than: version 8.0 (valkey8) does not have it; it exists in valkey8, valkey9 from 8.1",
    ),
    (
        {"overrides": {"maxmemory-polcy": "x"}},
        "maxmemory-polcy: valkey8 has no such parameter; did you mean 'maxmemory-policy'?",
    ),
    ({"overrides": {"*": 5}}, "*: for every other parameter say default"),
    (
        {"overrides": {"maxmemory-polcy": "default"}},
        "maxmemory-polcy: valkey8 has no such parameter; did you mean 'maxmemory-policy'?",
    ),
    (
        {"overrides": {"timeout": 5}},
        "timeout: '5' is refused: it is 0 (never) or at least 20 seconds",
    ),
    (
        {"overrides": {"timeout": "soon"}},
        "timeout: 'soon' is refused: it takes a whole number",
    ),
    (
        {"overrides": {"tcp-keepalive": True}},
        "tcp-keepalive: 'True' is refused: it takes a whole number",
    ),
    (
        {"overrides": {"reserved-memory-percent": 101}},
        "reserved-memory-percent: '101' is refused: it must be from 0 to 100",
    ),
    (
        {"overrides": {"activedefrag": "perhaps"}},
        "activedefrag: 'perhaps' is refused: it is a switch: yes or no",
    ),
    (
        {"overrides": {"rename-commands": "config x"}},
        "rename-commands: 'config x' is refused: ElastiCache does not let config be renamed",
    ),
    (
        {"overrides": {"rename-commands": "flushall"}},
        "rename-commands: 'flushall' is refused: it takes pairs of a command and its new name, e.g. "
        "'flushall hidden_flushall keys hidden_keys'",
    ),
    (
        {"overrides": {"rename-commands": "flushall get"}},
        "rename-commands: 'flushall get' is refused: every command and every new name may occur once, "
        "and a new name may not be a command",
    ),
    (
        {"cluster_mode": True, "overrides": {"databases": 16}},
        "databases: in cluster mode there is database 0 only: leave it out, or Valkey 9 with cluster-databases",
    ),
]


@pytest.mark.parametrize(("options", "message"), REFUSALS, ids=str)
def test_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(ParameterError) as caught:
        values("valkey", "8.0", **options)
    assert caught.value.problems == (message,)


def test_all_problems_at_once() -> None:
    with pytest.raises(ParameterError) as caught:
        values("valkey", "9.0", eviction="never", keyspace_events="x", overrides={"save": "", "cluster-databases": 4})
    assert [problem.partition(":")[0] for problem in caught.value.problems] == [
        "maxmemory-policy",
        "notify-keyspace-events",
        "save",
        "cluster-databases",
    ]
