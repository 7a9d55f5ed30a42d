"""Who waits for whom as a tree, and what of it is wrong: tables without a server."""

from __future__ import annotations

from typing import Any

import pytest

from observe.postgres.blocked import BLOCKED, tree


def session(pid: int, *by: int, waiting: float | None = None, **more: Any) -> dict[str, Any]:
    row = {
        "pid": pid,
        "user": "web",
        "application": "shop",
        "backend_type": "client backend",
        "state": "active" if by else "idle in transaction",
        "state_seconds": 90.0,
        "blocked_by": list(by),
        "blocked_by_prepared": [],
        "waiting_seconds": (1.0 if waiting is None else waiting) if by else None,
        "target": "public.orders" if by else None,
        "own": False,
        "database": "shop",
        "prepared": None,
    }
    return row | more


PREPARED = session(0, prepared="order '12", state="prepared", backend_type=None, application=None, state_seconds=60.0)


@pytest.mark.parametrize(
    ("rows", "shown"),
    [
        ([], []),
        (
            [session(3, 2, waiting=5), session(2, 1, waiting=9), session(1), session(4, 1, waiting=30)],
            ["1", "└─ 4", "└─ 2", "└── 3"],
        ),
        ([session(9), session(5, 9), session(1), session(2, 1), session(3, 1)], ["1", "└─ 2", "└─ 3", "9", "└─ 5"]),
        # Who waits for two stands once, below the first.
        ([session(1), session(2), session(3, 1, 2)], ["1", "└─ 3", "2"]),
        # A ring has no root: the one with the lowest id stands for one.
        ([session(7, 8), session(8, 7)], ["7", "└─ 8"]),
        ([session(4, 0, blocked_by_prepared=["order '12"]), PREPARED], ["prepared order '12", "└─ 4"]),
        # A leader that pg_stat_activity no longer has.
        ([session(5, 99)], ["5"]),
    ],
)
def test_the_tree(rows: list[dict[str, Any]], shown: list[str]) -> None:
    assert [row["tree"] for row in tree(rows)] == shown


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        (
            [],
            [
                ("blocked-sessions", "ok", "", 0, "no session waits for a lock", ""),
                ("blocked-for", "ok", "", 0, "no session waits for a lock", ""),
            ],
        ),
        (
            [session(1), session(2, 1, waiting=31)],
            [
                ("blocked-sessions", "ok", "", 1, "1 session waits for a lock", ""),
                (
                    "blocked-for",
                    "warn",
                    "1",
                    31,
                    "session 1 (web, shop), idle in transaction for 1 min 30 s, holds up 1 session at public.orders, "
                    "the longest for 31 s",
                    "datatier queries kill 1",
                ),
            ],
        ),
        (
            [session(1, state="active"), session(2, 1, waiting=301), *(session(pid, 2) for pid in (3, 4, 5))],
            [
                ("blocked-sessions", "warn", "", 4, "4 sessions wait for a lock", "datatier queries kill 1 --cancel"),
                (
                    "blocked-for",
                    "critical",
                    "1",
                    301,
                    "session 1 (web, shop), active for 1 min 30 s, holds up 4 sessions at public.orders, "
                    "the longest for 5 min 1 s",
                    "datatier queries kill 1 --cancel",
                ),
            ],
        ),
        (
            [session(4, 0, waiting=40, blocked_by_prepared=["order '12"]), PREPARED],
            [
                ("blocked-sessions", "ok", "", 1, "1 session waits for a lock", ""),
                (
                    "blocked-for",
                    "warn",
                    "prepared order '12",
                    40,
                    "prepared transaction order '12 (web), prepared for 1 min, holds up 1 session at public.orders, "
                    "the longest for 40 s",
                    "ROLLBACK PREPARED 'order ''12', or COMMIT PREPARED if its coordinator says so; in shop",
                ),
            ],
        ),
        (
            [session(7, 8, waiting=50), session(8, 7, waiting=2)],
            [
                ("blocked-sessions", "ok", "", 2, "2 sessions wait for a lock", ""),
                (
                    "blocked-for",
                    "warn",
                    "7",
                    50,
                    "session 7 (web, shop), active for 1 min 30 s, holds up 1 session at public.orders, "
                    "the longest for 50 s",
                    "datatier queries kill 7 --cancel",
                ),
            ],
        ),
        (
            [session(1, backend_type="autovacuum worker", state="active", application=""), session(2, 1, waiting=60)],
            [
                ("blocked-sessions", "ok", "", 1, "1 session waits for a lock", ""),
                (
                    "blocked-for",
                    "warn",
                    "1",
                    60,
                    "session 1 (web), active for 1 min 30 s, holds up 1 session at public.orders, "
                    "the longest for 1 min",
                    "datatier queries kill 1 --autovacuum --cancel, unless it prevents a wraparound: then wait",
                ),
            ],
        ),
        # This tool's own sessions wait 200 ms at most, and are nobody's trouble.
        (
            [session(1), session(2, 1, own=True)],
            [
                ("blocked-sessions", "ok", "", 0, "no session waits for a lock", ""),
                ("blocked-for", "ok", "", 0, "no session waits for a lock", ""),
            ],
        ),
    ],
)
def test_what_is_wrong(rows: list[dict[str, Any]], found: list[tuple[object, ...]]) -> None:
    said = BLOCKED.judge(tree(rows))
    assert [(each.check, each.status, each.object, each.value, each.message, each.mend) for each in said] == found
