"""Drivers, sessions, limits and caches in Node under the rules of their presets."""

from __future__ import annotations

import pytest
from client_case import CHANNEL, KEY, NOPERM, Case, check, check_minimal
from real_client import IDENTITY, RealClients

pytestmark = pytest.mark.server

CASES = (
    Case(
        program="node/ioredis.mjs",
        client="ioredis",
        options={"scripts": True, "scan": True},
        steps=(
            *("connect", "set", "its key", "transaction", "stream", "script", "script again", "channel", "pattern"),
            *("narrower pattern", "prefix of channels", "scan", "names", "foreign key", "flush"),
        ),
        refused={
            "narrower pattern": CHANNEL,
            "prefix of channels": CHANNEL,
            "names": NOPERM,
            "foreign key": KEY,
            "flush": NOPERM,
        },
        denied=frozenset(
            [
                *("command flushdb", "command keys"),
                *("channel news", f"channel {IDENTITY}:n*", "key other:key"),
            ]
        ),
        without={
            "+eval": {"script": NOPERM, "script again": NOPERM},
            "+evalsha": {"script again": NOPERM},
            "+info": {},
            "+scan": {"scan": NOPERM},
            f"&{IDENTITY}:*": {"channel": CHANNEL, "pattern": CHANNEL},
        },
    ),
    Case(
        program="node/node_redis.mjs",
        client="node-redis",
        options={"client_side_cache": True, "scan": True, "scripts": True},
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
            *("connect", "sign in", "come back", "sign out", "after it", "length", "all", "clear", "is cleared"),
            *("default prefix", "default prefix, next"),
        ),
        refused={"default prefix, next": f'gives [500,"NOPERM {KEY}"]'},
        denied=frozenset(["key sess:session4"]),
        without={"+scan": {"length": NOPERM, "all": NOPERM, "clear": NOPERM, "is cleared": "gives [200,2]"}},
    ),
    Case(
        program="node/rate_limiter_flexible.mjs",
        client="rate-limiter-flexible",
        steps=(
            *("connect", "consume", "consume again", "limit", "get", "reward", "block", "delete"),
            *("without scripts", "insured", "default prefix", "default prefix, insured"),
        ),
        # Of 1,000 points in the memory of the process 999 are left.
        refused={"default prefix": KEY, "default prefix, insured": "gives 999"},
        denied=frozenset(["key rlflx:a"]),
        without={
            "+eval": {
                **dict.fromkeys(("consume", "consume again", "limit", "reward", "default prefix"), NOPERM),
                **{"get": "null", "delete": "gives false", "insured": "gives 999"},
                "default prefix, insured": "gives 998",
            },
            "+evalsha": {**dict.fromkeys(("consume again", "limit", "reward"), NOPERM), "get": "gives 1"},
        },
    ),
    Case(
        program="node/keyv.mjs",
        client="keyv",
        options={"scan": True},
        steps=(
            *("set", "get", "has", "many", "get many", "delete", "clear", "is cleared"),
            *("foreign namespace", "foreign namespace, next", "clear without namespace"),
        ),
        refused={"foreign namespace, next": "gives null"},
        denied=frozenset(["command flushdb", "key other::key"]),
        without={"+scan": {"is cleared": 'gives {"a":1}'}},
    ),
    Case(
        program="node/keyv.mjs",
        client="cache-manager",
        options={"scan": True},
        steps=(
            *("wrap", "wrapped", "many", "delete", "clear", "is cleared"),
            *("foreign namespace", "foreign namespace, next"),
        ),
        refused={"foreign namespace, next": "gives null"},
        denied=frozenset(["key other::key"]),
        without={"+scan": {"is cleared": 'gives "made"'}},
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.client)
def test_a_client_works_by_its_preset_and_does_no_more(real_clients: RealClients, case: Case) -> None:
    check(real_clients, case)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.client)
def test_each_rule_of_a_preset_is_needed(real_clients: RealClients, case: Case) -> None:
    check_minimal(real_clients, case)
