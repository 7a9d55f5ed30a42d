"""What an identity can and cannot reach beyond its own keys, asked of a real server, and which clients that leaves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import redis
from real_servers import Valkey

from bootstrap.access import AccessError, RedisRules, analyse, load_access
from bootstrap.access.beyond import KEYED, SCRIPTING, TELLS, TOUCHES
from bootstrap.access.rules import INVENTORY, MONITORING, access_string
from bootstrap.acl.valkey import VALKEY
from bootstrap.redis import node
from bootstrap.redis.by_url import apply_client
from bootstrap.redis.users import User
from bootstrap.secrets import Secret

PASSWORD = "password-of-a-test"
# Each with arguments that pass its arity, on a key and a channel that the users below have.
BEYOND = {
    "names of keys": [
        "CLIENT TRACKING ON BCAST",
        "CLIENT CACHING YES",
        "CLIENT TRACKINGINFO",
        "CLIENT GETREDIR",
        "SCAN 0",
        "CLUSTERSCAN 0",
        "KEYS *",
        "RANDOMKEY",
        "CLUSTER GETKEYSINSLOT 0 10",
    ],
    "what others send": [
        "MONITOR",
        "SLOWLOG GET",
        "COMMANDLOG GET 1 slow",
        "ACL LOG",
        "ACL LIST",
        "PUBSUB CHANNELS",
        "PUBSUB SHARDCHANNELS",
        "SUBSCRIBE __keyspace@0__:shop:1",
        "SUBSCRIBE __redis__:invalidate",
        "SCRIPT SHOW x",
        "FUNCTION LIST",
        "FUNCTION DUMP",
        "CONFIG GET requirepass",
    ],
    "others' connections and scripts": [
        "CLIENT LIST",
        "CLIENT KILL ID 1",
        "CLIENT PAUSE 1",
        "CLIENT UNPAUSE",
        "CLIENT NO-EVICT on",
        "CLIENT UNBLOCK 1",
        "SCRIPT FLUSH",
        "SCRIPT KILL",
        "SCRIPT DEBUG YES",
        "FUNCTION LOAD x",
        "FUNCTION DELETE x",
        "FUNCTION FLUSH",
        "FUNCTION KILL",
        "FUNCTION RESTORE x",
        "FCALL f 0",
        "SLOWLOG RESET",
        "LATENCY RESET",
        "MEMORY PURGE",
    ],
    "others' data": [
        "FLUSHALL",
        "FLUSHDB",
        "SWAPDB 0 1",
        "MIGRATE h 1 shop:1 0 1",
        "RESTORE shop:1 0 x",
        "DUMP other:1",
        "OBJECT ENCODING other:1",
        "MEMORY USAGE other:1",
        "TYPE other:1",
        "SORT shop:1 BY other:*",
        "DEBUG HELP",
        "SHUTDOWN",
        "REPLICAOF NO ONE",
    ],
}
# What the clients of the least-privilege trials send by themselves: ioredis, redis-py, node-redis, go-redis, BullMQ.
CLIENTS = [
    *("HELLO 3", "AUTH x", "PING", "ECHO x", "SELECT 1", "QUIT", "RESET", "READONLY", "READWRITE", "ASKING"),
    *("CLIENT SETINFO lib-name x", "CLIENT SETNAME x", "CLIENT GETNAME", "CLIENT ID", "CLIENT INFO", "CLIENT REPLY ON"),
    *("COMMAND", "COMMAND DOCS", "COMMAND COUNT", "CLUSTER SLOTS", "CLUSTER SHARDS", "CLUSTER INFO", "WAIT 0 1"),
]
KEYS = ["DEL shop:1", "EXISTS shop:1", "EXPIRE shop:1 1", "TTL shop:1", "TYPE shop:1", "DUMP shop:1", "UNLINK shop:1"]
KEYS += ["RENAME shop:1 shop:2", "COPY shop:1 shop:2", "OBJECT ENCODING shop:1", "PERSIST shop:1", "TOUCH shop:1"]
DATA = [
    "GET shop:1",
    "SET shop:1 x",
    "HGETALL shop:1",
    "LPUSH shop:1 x",
    "BLPOP shop:1 1",
    "XADD shop:1 * a b",
    "DBSIZE",
]
SCRIPTS = ["EVAL x 0", "EVALSHA x 0", "EVAL_RO x 0", "EVALSHA_RO x 0", "SCRIPT LOAD x", "SCRIPT EXISTS x"]
PUBSUB = ["PUBLISH shop:c x", "SUBSCRIBE shop:c", "PSUBSCRIBE shop:*", "PUBSUB NUMSUB shop:c", "PUBSUB NUMPAT"]
ASKED = [*(each for group in BEYOND.values() for each in group), *CLIENTS, *KEYS, *DATA, *SCRIPTS, *PUBSUB, "INFO"]
OWN = {"keys": ["shop:*"], "channels": ["shop:*"]}


@pytest.fixture(scope="module")
def server(valkey_server: Valkey) -> Iterator[redis.Redis]:
    with valkey_server.admin() as client:
        client.response_callbacks.clear()
        yield client
        client.execute_command("ACL", "DELUSER", "till", node.MARKER)


def allowed(server: redis.Redis, rules: dict[str, Any]) -> set[str]:
    """Which of all those commands the server lets a user of these rules run."""
    made = access_string(RedisRules.model_validate(rules))
    apply_client(server, [User(name="till", rules=made, password=Secret(PASSWORD))])
    pipe = server.pipeline(transaction=False)
    for command in ASKED:
        pipe.execute_command("ACL", "DRYRUN", "till", *command.split())
    answers = dict(zip(ASKED, pipe.execute(raise_on_error=False), strict=True))
    assert not {c: str(a) for c, a in answers.items() if isinstance(a, Exception)}
    return {command for command, answer in answers.items() if answer == "OK"}


@pytest.mark.server
@pytest.mark.parametrize(
    ("rules", "more"),
    [
        ({"commands": ["@read", "@write", "@pubsub", "@transaction"]}, [*KEYS, *DATA, *PUBSUB]),
        ({"commands": ["@read", "@write", "@scripting", "@pubsub", "info"]}, [*KEYS, *DATA, *SCRIPTS, *PUBSUB, "INFO"]),
        ({"commands": ["@connection"]}, []),
        ({"commands": ["@scripting"]}, SCRIPTS),
        ({"commands": ["@keyspace"]}, [*KEYS, "DBSIZE"]),
        # Classes of speed, which hold something of everything.
        ({"commands": ["@fast", "@slow", "@blocking"]}, [*KEYS, *DATA, *PUBSUB]),
        ({"commands": ["ping"], "selectors": [{"keys": ["shop:*"], "commands": ["@keyspace", "@scripting"]}]}, None),
        ({"role": "monitoring"}, ["CLIENT LIST", "DBSIZE", "INFO"]),
        ({"role": "inventory"}, ["INFO", "SCAN 0", "TYPE shop:1", "TYPE other:1", "MEMORY USAGE other:1"]),
    ],
    ids=lambda value: " ".join(value.get("commands", value)) if isinstance(value, dict) else "",
)
def test_no_preset_and_no_category_reaches_beyond_its_own_keys(
    server: redis.Redis, rules: dict[str, Any], more: list[str] | None
) -> None:
    expected = {*CLIENTS, *([*KEYS, *SCRIPTS, "DBSIZE"] if more is None else more)}
    assert allowed(server, rules if "role" in rules else OWN | rules) == expected


@pytest.mark.server
def test_a_client_that_asks_to_track_keys_is_refused_and_learns_no_name(
    server: redis.Redis, valkey_server: Valkey
) -> None:
    allowed(server, OWN | {"commands": ["@read", "@write", "@pubsub"]})
    with redis.Redis(port=valkey_server.port, username="till", password=PASSWORD, protocol=3) as client:
        for attempt in ("CLIENT TRACKING ON BCAST", "SCAN 0", "RANDOMKEY", "PUBSUB CHANNELS"):
            with pytest.raises(redis.exceptions.NoPermissionError):
                client.execute_command(*attempt.split())
        assert client.set("shop:1", "x")


@pytest.mark.parametrize(
    ("command", "rule"),
    [
        ("client", "`client` reaches beyond its own keys with .*`client|kill`.*; name what is needed of it one by one"),
        ("script", "`script` reaches beyond its own keys with `script|debug`"),
        ("pubsub", "`pubsub` reaches beyond its own keys with `pubsub|channels`, `pubsub|shardchannels`"),
        ("slowlog", "`slowlog` reaches beyond its own keys with"),
        ("memory", "`memory` reaches beyond its own keys with `memory|purge`"),
        ("client|kill", "`client|kill` ends, stops or forgets something of others; no identity gets it"),
        ("client|no-evict", "no identity gets it"),
        ("script|flush", "no identity gets it"),
        ("function|load", "`function|load` destroys data or governs the server"),
        ("monitor", "governs the server"),
        ("keys", "governs the server"),
        ("acl|log", "governs the server"),
        ("cluster|getkeysinslot", "governs the server"),
    ],
)
@pytest.mark.parametrize("within", ["rules", "selector"])
def test_what_touches_others_is_refused_by_name(command: str, rule: str, within: str) -> None:
    rules = {"keys": ["shop:*"], "commands": [command]}
    given = rules if within == "rules" else {"commands": ["get"], "selectors": [rules]}
    with pytest.raises(AccessError, match=rule.replace("|", r"\|")):
        load_access({"owner": "o", "identities": {"till": {"redis": {"main": given}}}})


@pytest.mark.parametrize(
    ("rules", "messages"),
    [
        ({"commands": ["get", "scan"]}, ["reaches beyond its own keys with scan: the names of all keys"]),
        (
            {"commands": ["get", "client|tracking", "client|list"]},
            [
                "reaches beyond its own keys with client|list, client|tracking: address, name and last command of "
                "every client; client tracking tells the names of all keys that change"
            ],
        ),
        ({"commands": ["get", "client|setname", "script|load", "cluster|info"]}, ["runs scripts"]),
        ({"commands": ["get"], "selectors": [{"keys": ["x"], "commands": ["randomkey"]}]}, ["reaches beyond"]),
        ({"commands": ["@pubsub"], "channels": ["__keyevent@0__:*"]}, ["`__keyevent@0__:*`: the server tells"]),
        ({"commands": ["@pubsub"], "channels": ["__redis__:invalidate"]}, ["`__redis__:invalidate`: the server tells"]),
        ({"commands": ["@pubsub"], "channels": ["__*"]}, ["`__*`: the server tells"]),
        ({"commands": ["@pubsub"], "channels": ["_shop:*", "shop__*"]}, []),
        ({"rules": "~shop:* +get +@connection"}, ["reaches client|kill", "reaches beyond its own keys with client|"]),
        (
            {"rules": "~shop:* +get +@scripting"},
            ["runs scripts", "reaches function|delete, function|flush, function|kill", "reaches beyond its own keys"],
        ),
        ({"rules": "~shop:* +get +script|flush"}, ["runs scripts", "reaches script|flush, which end, stop or forget"]),
        ({"rules": "~shop:* +get +memory|purge"}, ["reaches memory|purge, which end, stop or forget"]),
        ({"rules": "~shop:* +get +eval +evalsha +script|load"}, ["runs scripts"]),
        ({"rules": "~shop:* +get +slowlog"}, ["reaches slowlog|get", "reaches beyond its own keys with slowlog|get"]),
    ],
)
def test_what_tells_of_others_is_told_by_name(rules: dict[str, Any], messages: list[str]) -> None:
    given = rules if "rules" in rules else {"keys": ["shop:*"]} | rules
    access = load_access({"owner": "o", "identities": {"till": {"redis": {"main": given}}}})
    found = [finding.message for finding in analyse(access)]
    assert [f"{text}"[: len(start)] for text, start in zip(found, messages, strict=True)] == messages


def test_every_command_named_here_is_one_and_the_key_space_is_complete() -> None:
    assert {*TELLS, *TOUCHES, *KEYED, *SCRIPTING, *MONITORING, *INVENTORY} <= VALKEY.commands
    dangerous = VALKEY.holdings["dangerous"] | VALKEY.holdings["admin"]
    # What the category holds beyond that lists keys, and one of TELLS for each of them.
    assert VALKEY.categories["keyspace"] - dangerous - KEYED - {"object|help"} == {"clusterscan", "randomkey", "scan"}
    assert {"clusterscan", "randomkey", "scan"} <= TELLS.keys()
