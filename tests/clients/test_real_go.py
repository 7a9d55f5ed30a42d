"""Clients in Go under the rules of their presets; `make clients-go` compiles them, which is no part of the gate."""

from __future__ import annotations

import pytest
from client_case import CHANNEL, KEY, NOPERM, Case, check, check_minimal, ends
from real_client import IDENTITY, RealClients

pytestmark = pytest.mark.server

ASYNQ = ("enqueue", "start", "work", "add for later", "late", "add again", "retry", "inspect", "empty")
CASES = (
    Case(
        program="go/redis-clients",
        client="go-redis",
        options={"scan": True, "scripts": True},
        steps=(
            *(
                "set",
                "transaction",
                "script",
                "script again",
                "channel",
                "pattern",
                "narrower pattern",
                "scan",
                "names",
            ),
            *("foreign key", "foreign channel", "flush"),
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
            "+eval": {"script": NOPERM, "script again": NOPERM},
            "+evalsha": {"script": NOPERM, "script again": NOPERM},
            "+scan": {"scan": NOPERM},
            f"&{IDENTITY}:*": {"channel": CHANNEL, "pattern": CHANNEL},
        },
    ),
    Case(
        program="go/redis-clients",
        client="rueidis",
        options={"client_side_cache": True, "scripts": True},
        steps=(
            *("connect", "set", "transaction", "script", "script again", "channel", "pattern"),
            *("connect with a cache", "cached", "changed", "foreign key", "flush"),
        ),
        refused={"foreign key": KEY, "flush": NOPERM},
        denied=frozenset(["command flushdb", "key other:key"]),
        without={
            # It goes on with what it has, which nothing makes invalid any more.
            "+client|caching": {"changed": "gives old"},
            "+client|tracking": {"connect with a cache": NOPERM, "cached": "not done", "changed": "not done"},
            "+eval": {"script": NOPERM, "script again": NOPERM},
            "+evalsha": {"script": NOPERM, "script again": NOPERM},
            f"&{IDENTITY}:*": {"channel": CHANNEL, "pattern": CHANNEL},
        },
    ),
    Case(
        program="go/redis-clients",
        client="asynq",
        steps=ASYNQ,
        denied=frozenset(),
        without={
            "+eval": ends(ASYNQ, "enqueue", NOPERM),
            "+evalsha": ends(ASYNQ, "enqueue", NOPERM),
            "&asynq:cancel": ends(ASYNQ, "work", CHANNEL),
        },
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.client)
def test_a_client_works_by_its_preset_and_does_no_more(real_clients: RealClients, case: Case) -> None:
    check(real_clients, case)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.client)
def test_each_rule_of_a_preset_is_needed(real_clients: RealClients, case: Case) -> None:
    check_minimal(real_clients, case)
