"""Clients in Node under the rules of their presets: what they do every day passes, and what must not is refused."""

from __future__ import annotations

import pytest
from real_client import IDENTITY, Case, RealClients, check, check_minimal

pytestmark = pytest.mark.server

NOPERM = "no permissions"
KEY = "No permissions to access a key"
CHANNEL = "No permissions to access a channel"
BY_PATTERN = ("active", "debounced", "duplicated", "stalled", "waiting")
SOCKET_IO = (
    *(
        f"{each} {what}"
        for each in ("/", "/admin")
        for what in ("subscribe", "servers", "join", "sockets", "broadcast")
    ),
    "default prefix",
)
CASES = (
    Case(
        program="node/bullmq.mjs",
        client="bullmq",
        steps=(
            *("connect", "add", "add for later", "work", "logs", "add in bulk", "retry", "schedule", "flow"),
            *("who works", "pause", "count", "clean", "obliterate", "default prefix"),
        ),
        refused={"who works": NOPERM, "default prefix": KEY},
        denied=frozenset(["command client|list", "key bull:mail:meta", "key bull:mail:wait"]),
        without={"+info": {"connect": NOPERM}, "+eval": {"add": NOPERM}, "+evalsha": {"work": NOPERM}},
    ),
    Case(
        program="node/bull.mjs",
        client="bull",
        options={"queues": ["mail"]},
        steps=(
            *("connect", "subscribe", "add", "work", "event", "delay", "retry", "repeat"),
            *(f"{each} by pattern" for each in BY_PATTERN),
            *("who works", "pause", "empty", "obliterate", "default prefix"),
        ),
        refused={"who works": NOPERM, "empty": "EXECABORT", "default prefix": KEY},
        denied=frozenset(["command client|list", "command keys", "key bull:mail:wait"]),
        without={
            "+eval": {"add": NOPERM},
            "+evalsha": {"delay": NOPERM},
            "+info": {},
            f"&{IDENTITY}:*": {"subscribe": CHANNEL},
            **{f"&{IDENTITY}:mail:{each}*": {f"{each} by pattern": CHANNEL} for each in BY_PATTERN},
        },
    ),
    Case(
        program="node/bee_queue.mjs",
        client="bee-queue",
        steps=("connect", "work", "retry", "delay", "progress", "health", "stalled", "destroy", "default prefix"),
        refused={"default prefix": CHANNEL},
        denied=frozenset(["channel bq:mail:earlierDelayed", "channel bq:mail:events"]),
        without={
            "+evalsha": {"work": NOPERM},
            "+info": {"connect": NOPERM},
            "+script|exists": {"connect": NOPERM},
            "+script|load": {"connect": NOPERM},
            f"&{IDENTITY}:*": {"connect": CHANNEL},
        },
    ),
    Case(
        program="node/ioredis.mjs",
        client="ioredis",
        steps=(
            *("connect", "set", "its key", "transaction", "stream", "script", "script again", "channel", "pattern"),
            *("narrower pattern", "prefix of channels", "scan", "names", "foreign key", "flush"),
        ),
        refused={
            "narrower pattern": CHANNEL,
            "prefix of channels": CHANNEL,
            "scan": NOPERM,
            "names": NOPERM,
            "foreign key": KEY,
            "flush": NOPERM,
        },
        denied=frozenset(
            [
                *("command flushdb", "command keys", "command scan"),
                *("channel news", f"channel {IDENTITY}:n*", "key other:key"),
            ]
        ),
        without={
            "+eval": {"script": NOPERM, "script again": NOPERM},
            "+evalsha": {"script again": NOPERM},
            "+info": {},
            f"&{IDENTITY}:*": {"channel": CHANNEL, "pattern": CHANNEL},
        },
    ),
    Case(
        program="node/node_redis.mjs",
        client="node-redis",
        options={"scan": True, "tracking": True},
        steps=(
            *("connect", "set", "transaction", "stream", "eval", "script", "channel", "pattern", "shard channel"),
            *("narrower pattern", "client-side cache", "scan", "names", "foreign key", "foreign channel", "flush"),
        ),
        refused={
            "narrower pattern": CHANNEL,
            "names": NOPERM,
            "foreign key": KEY,
            "foreign channel": CHANNEL,
            "flush": NOPERM,
        },
        denied=frozenset(
            [
                *("command flushdb", "command keys"),
                *(f"channel {IDENTITY}:n*", "channel other:news", "key other:key"),
            ]
        ),
        without={
            "+client|tracking": {"client-side cache": NOPERM},
            "+eval": {"eval": NOPERM, "script": NOPERM},
            "+evalsha": {"script": NOPERM},
            "+scan": {"scan": NOPERM},
            f"&{IDENTITY}:*": {"channel": CHANNEL, "pattern": CHANNEL, "shard channel": CHANNEL},
        },
    ),
    Case(
        program="node/connect_redis.mjs",
        client="connect-redis",
        options={"scan": True},
        steps=(
            *("connect", "sign in", "come back", "sign out", "after it", "length", "all", "clear"),
            *("default prefix", "default prefix, next"),
        ),
        refused={"default prefix, next": KEY},
        denied=frozenset(["key sess:session3"]),
        without={"+scan": {"length": NOPERM, "all": NOPERM, "clear": NOPERM}},
    ),
    Case(
        program="node/rate_limiter_flexible.mjs",
        client="rate-limiter-flexible",
        steps=(
            *("connect", "consume", "consume again", "limit", "get", "reward", "block", "delete"),
            *("without scripts", "insured", "default prefix", "default prefix, insured"),
        ),
        refused={"default prefix": KEY, "default prefix, insured": "gives 999"},
        denied=frozenset(["key rlflx:a"]),
        without={
            "+eval": {
                **dict.fromkeys(("consume", "consume again", "limit", "reward", "default prefix"), NOPERM),
                "get": "null",
                "delete": "gives false",
                "insured": "gives 999",
                "default prefix, insured": "gives 998",
            },
            "+evalsha": {**dict.fromkeys(("consume again", "limit", "reward"), NOPERM), "get": "gives 1"},
        },
    ),
    Case(
        program="node/socket_io.mjs",
        client="socket-io",
        options={"namespaces": ["/", "/admin"]},
        steps=SOCKET_IO,
        refused={"default prefix": CHANNEL},
        denied=frozenset(["channel socket.io#/#*", "channel socket.io-request#/#"]),
        without={
            f"&{IDENTITY}:*": {"/ subscribe": CHANNEL, "/ servers": ""},
            f"&{IDENTITY}:socket.io#/#*": {"/ subscribe": CHANNEL, "/ broadcast": "gives []"},
            f"&{IDENTITY}:socket.io#/admin#*": {"/admin subscribe": CHANNEL, "/admin broadcast": "gives []"},
        },
    ),
    Case(
        program="node/socket_io.mjs",
        client="socket-io-sharded",
        steps=SOCKET_IO,
        refused={"default prefix": CHANNEL},
        denied=frozenset(["channel socket.io#/#", "channel socket.io#/#...#"]),
        without={f"&{IDENTITY}:*": {"/ subscribe": CHANNEL, "/ servers": ""}},
    ),
    Case(
        program="node/socket_io.mjs",
        client="socket-io-streams",
        steps=SOCKET_IO,
        denied=frozenset(["key socket.io"]),
        without={f"&{IDENTITY}:*": {"/ subscribe": CHANNEL, "/ servers": ""}},
    ),
    Case(
        program="node/keyv.mjs",
        client="keyv",
        options={"scan": True},
        steps=(
            *("set", "get", "has", "many", "get many", "delete", "wrap", "wrapped", "clear", "is cleared"),
            *("foreign namespace", "foreign namespace, next", "clear without namespace"),
        ),
        refused={"foreign namespace, next": "gives null"},
        denied=frozenset(["command flushdb", "key other::key"]),
        without={"+scan": {"is cleared": "gives"}},
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.client)
def test_a_client_works_by_its_preset_and_does_no_more(real_clients: RealClients, case: Case) -> None:
    check(real_clients, case)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.client)
def test_each_rule_of_a_preset_is_needed(real_clients: RealClients, case: Case) -> None:
    check_minimal(real_clients, case)
