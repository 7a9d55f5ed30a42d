"""Clients in Python under the rules of their presets: what they do every day passes, and what must not is refused."""

from __future__ import annotations

import pytest
from real_client import IDENTITY, Case, RealClients, check, check_minimal

pytestmark = pytest.mark.server

NOPERM = "no permissions"
CASES = (
    Case(
        program="python/redis_py.py",
        client="redis-py",
        steps=(
            *("set", "transaction", "pubsub", "pattern", "narrower pattern", "lock", "unlock", "is unlocked", "script"),
            *("scan", "foreign key", "foreign channel", "flush", "keys"),
        ),
        refused={
            "narrower pattern": "No permissions to access a channel",
            "scan": NOPERM,
            "foreign key": "No permissions to access a key",
            "foreign channel": "No permissions to access a channel",
            "flush": NOPERM,
            "keys": NOPERM,
        },
        denied=frozenset(
            [
                f"channel {IDENTITY}:n*",
                "channel other:news",
                "command flushdb",
                "command keys",
                "command scan",
                "key other:key",
            ]
        ),
        without={
            f"&{IDENTITY}:*": {"pubsub": "channel", "pattern": "channel"},
            "+evalsha": {"unlock": NOPERM, "is unlocked": "gives 1", "script": NOPERM},
            "+script|load": {"unlock": NOPERM, "is unlocked": "gives 1", "script": NOPERM},
        },
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.client)
def test_a_client_works_by_its_preset_and_does_no_more(real_clients: RealClients, case: Case) -> None:
    check(real_clients, case)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.client)
def test_each_rule_of_a_preset_is_needed(real_clients: RealClients, case: Case) -> None:
    check_minimal(real_clients, case)
