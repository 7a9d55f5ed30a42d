"""Caches, sessions and rate limits in Python under their presets: daily work passes, what must not is refused, and no
rule of a preset could be left out."""

from __future__ import annotations

import pytest
from client_case import Case, check, check_minimal
from real_client import IDENTITY, RealClients

pytestmark = pytest.mark.server

NOPERM, KEY, CHANNEL = (
    "has no permissions to run",
    "No permissions to access a key",
    "No permissions to access a channel",
)
_LOCKED = {"unlock": NOPERM, "is unlocked": "gives"}
_LIMITED = {
    "fixed-window": "gives [500, 500, 500]",
    "moving-window": "gives [500, 500, 500]",
    "sliding-window-counter": "gives [500, 500, 500]",
    "errors swallowed": "gives [200, 200, 200]",
}
_LIMITS = {
    **dict.fromkeys((f"{name} is free" for name in ("moving-window", "sliding-window-counter")), NOPERM),
    **dict.fromkeys(("fixed-window", "moving-window", "sliding-window-counter"), NOPERM),
    **dict.fromkeys((f"{name} is full" for name in ("moving-window", "sliding-window-counter")), NOPERM),
    **dict.fromkeys((f"{name} window" for name in ("moving-window", "sliding-window-counter")), NOPERM),
    # It only reads a key that was never written.
    "fixed-window is full": "gives True",
    "fixed-window window": "gives 2",
    "reset": NOPERM,
    "other prefix": "",
}
_SWALLOWED = {"slice_incr": "gives None", "is unlocked": "gives True", "rate_limit": "gives [True, True, True]"}
CASES = (
    Case(
        program="python/redis_py.py",
        client="redis-py",
        steps=(
            *("set", "transaction", "pubsub", "pattern", "narrower pattern", "lock", "unlock", "is unlocked", "script"),
            *("scan", "foreign key", "foreign channel", "flush", "keys"),
        ),
        refused={
            "narrower pattern": CHANNEL,
            "scan": NOPERM,
            "foreign key": KEY,
            "foreign channel": CHANNEL,
            "flush": NOPERM,
            "keys": NOPERM,
        },
        denied=frozenset(
            [
                *(f"channel {IDENTITY}:n*", "channel other:news", "key other:key"),
                *("command flushdb", "command keys", "command scan"),
            ]
        ),
        without={
            f"&{IDENTITY}:*": {"pubsub": CHANNEL, "pattern": CHANNEL},
            "+evalsha": {**_LOCKED, "script": NOPERM},
            "+script|load": {**_LOCKED, "script": NOPERM},
        },
    ),
    Case(
        program="python/django_cache.py",
        client="django",
        steps=(
            *("set", "get", "add", "incr", "set_many", "get_many", "touch", "delete", "other prefix", "clear"),
            "still there",
        ),
        refused={"other prefix": KEY, "clear": NOPERM},
        denied=frozenset(["command flushdb", "key other:1:a"]),
    ),
    Case(
        program="python/django_redis_cache.py",
        client="django-redis",
        options={"scan": True},
        steps=(
            *(
                "set",
                "get",
                "incr",
                "incr beside another",
                "ttl",
                "set_many",
                "delete_many",
                "lock",
                "unlock",
                "is unlocked",
                "delete_pattern",
            ),
            *("keys", "other prefix", "clear", "still there"),
        ),
        refused={"keys": NOPERM, "other prefix": KEY, "clear": NOPERM},
        denied=frozenset(["command flushdb", "command keys", "key other:1:a"]),
        without={
            # It reads and writes instead, and loses what others add in between.
            "+eval": {"incr beside another": "gives 2"},
            "+evalsha": _LOCKED,
            "+script|load": _LOCKED,
            "+scan": {"delete_pattern": NOPERM},
        },
    ),
    Case(
        program="python/flask_sessions.py",
        client="flask-session",
        steps=("first visit", "second visit", "log out", "first visit again", "other prefix"),
        refused={"other prefix": KEY},
        denied=frozenset(["key other:..."]),
    ),
    Case(
        program="python/limits_all.py",
        client="limits",
        steps=(
            *(
                f"{name}{step}"
                for name in ("fixed-window", "moving-window", "sliding-window-counter")
                for step in ("", " is full", " window", " clear", " is free")
            ),
            *("reset", "other prefix"),
        ),
        refused={"reset": "has no permissions to run the 'keys' command script", "other prefix": KEY},
        denied=frozenset(["command keys", "key other:LIMITER/a/2/1/hour"]),
        without={"+evalsha": _LIMITS, "+script|load": _LIMITS},
    ),
    Case(
        program="python/flask_limits.py",
        client="flask-limiter",
        steps=(
            *("fixed-window", "moving-window", "sliding-window-counter", "errors swallowed"),
            *("other prefix", "other prefix, errors swallowed"),
        ),
        # Its steps say themselves what becomes of the pages.
        denied=frozenset(["key other:LIMITER/127.0.0.1/visit/2/1/hour"]),
        without={"+evalsha": _LIMITED, "+script|load": _LIMITED},
    ),
    Case(
        program="python/aiocache_all.py",
        client="aiocache",
        steps=(
            *("set", "get", "increment", "multi_set", "multi_get", "delete", "lock", "is unlocked", "compare and set"),
            *("clear a namespace", "clear", "still there", "other namespace"),
        ),
        refused={"clear a namespace": NOPERM, "clear": NOPERM, "other namespace": KEY},
        denied=frozenset(["command flushdb", "command keys", "key other:a"]),
        without={"+eval": {"lock": NOPERM, "is unlocked": "gives True", "compare and set": NOPERM}},
    ),
    Case(
        program="python/cashews_all.py",
        client="cashews",
        options={"scan": True},
        steps=(
            *("set", "get", "incr", "slice_incr", "lock", "is unlocked", "rate_limit", "transaction", "tagged"),
            *("delete_tags", "is gone", "delete_match", "is gone too", "clear", "still there", "other key"),
            "other key is there",
        ),
        # `clear` and `other key` are refused without a word.
        refused={"other key is there": "gives None"},
        denied=frozenset(["command flushdb", "key other:a"]),
        without={
            "+evalsha": _SWALLOWED,
            "+script|load": _SWALLOWED,
            "+scan": {"is gone too": "gives True"},
            f"~_tag:{IDENTITY}:*": {"is gone": "gives True"},
            f"~:tx_lock:{IDENTITY}:*": {"transaction": "probably deadlock"},
        },
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.client)
def test_a_client_works_by_its_preset_and_does_no_more(real_clients: RealClients, case: Case) -> None:
    check(real_clients, case)


@pytest.mark.parametrize("case", [case for case in CASES if case.without], ids=lambda case: case.client)
def test_each_rule_of_a_preset_is_needed(real_clients: RealClients, case: Case) -> None:
    check_minimal(real_clients, case)
