"""The rules of a run, as tables: when it stops, what fits its budget, what it says of rights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from at_work import action

from bootstrap.errors import AskedError
from knowledge.thresholds.nodes import SLOT_LOST, SLOT_WAL
from knowledge.thresholds.postgres import CONNECTIONS, TRANSACTION_IDS
from knowledge.thresholds.postgres_storage import VACUUM_HELD_TRANSACTIONS
from knowledge.thresholds.threshold import Threshold
from maintain.action import MaintenancePlan
from maintain.postgres.held import follows
from maintain.run.budget import Budget, check
from maintain.run.carry_out import still_wanted
from maintain.run.trouble import Held, Positions, held, judge
from maintain.run.words import refused
from observe.observation import Finding, judged


def session(pid: int, blocked_by: Sequence[int] = (), waiting: float | None = None, **more: Any) -> Mapping[str, Any]:
    """A row of `blocked`."""
    usual = {
        "user": "web",
        "application": "shop",
        "backend_type": "client backend",
        "state": "active",
        "state_seconds": 3.0,
        "blocked_by_prepared": [],
        "prepared": None,
    }
    return {"pid": pid, "blocked_by": list(blocked_by), "waiting_seconds": waiting, **usual, **more}


HELD: dict[str, tuple[list[Mapping[str, Any]], Held]] = {
    "nobody waits": ([], Held()),
    "others wait for each other": ([session(1), session(2, [1], 60.0)], Held()),
    "the longest counts": (
        [session(9), session(2, [9], 1.0), session(3, [9, 2], 7.0)],
        Held(seconds=7.0, why="session 3 (web, shop) has waited 7.0 s for it"),
    ),
    "autovacuum may wait": ([session(9), session(2, [9], 60.0, backend_type="autovacuum worker")], Held()),
    "whom it waits for itself": (
        [session(1, state="idle in transaction", state_seconds=300.0), session(9, [1], 1.5)],
        Held(behind="session 1 (web, shop), idle in transaction for 5 min"),
    ),
    "a prepared transaction that it waits for": (
        [
            session(9, [0], 1.5, blocked_by_prepared=["order-1"]),
            session(0, prepared="order-1", state="prepared", state_seconds=60.0),
            session(0, prepared="order-2", state="prepared", state_seconds=60.0),
        ],
        Held(behind="prepared transaction order-1 (web), prepared for 1 min"),
    ),
}


@pytest.mark.parametrize("case", HELD)
def test_who_waits_for_whom(case: str) -> None:
    rows, expected = HELD[case]
    assert held(rows, 9) == expected


def finding(threshold: Threshold, value: float, about: str = "") -> Finding:
    return judged(threshold, value, f"{about or threshold.id} at {value:g}", object=about)


# What is seen: held, lags, limits -> what a vacuum and a reindex stop for
STOPS: dict[str, tuple[Held, list[tuple[str, float]], list[Finding], str, str]] = {
    "all well": (Held(), [("standby", 0.0)], [finding(CONNECTIONS, 50)], "", ""),
    "on a limit is not beyond it": (Held(seconds=5.0, why="w"), [("standby", 10.0)], [], "", ""),
    "somebody waits": (Held(seconds=5.1, why="w has waited"), [], [], "w has waited", "w has waited"),
    "a replica lags": (
        Held(),
        [("one", 1.0), ("two", 75.0)],
        [],
        "two is 1 min 15 s behind in the WAL",
        "two is 1 min 15 s behind in the WAL",
    ),
    "who waits is said first": (Held(seconds=9.0, why="w"), [("one", 99.0)], [finding(CONNECTIONS, 99)], "w", "w"),
    "a warning is no reason": (Held(), [], [finding(CONNECTIONS, 85)], "", ""),
    "connections run out": (Held(), [], [finding(CONNECTIONS, 99)], "connections at 99", "connections at 99"),
    "a login at its own limit": (Held(), [], [finding(CONNECTIONS, 100, "login app")], "", ""),
    "vacuum mends what is nearly wrapped around": (
        Held(),
        [],
        [finding(TRANSACTION_IDS, 2_000_000_000)],
        "",
        "transaction-ids at 2e+09",
    ),
    "a slot would be lost": (Held(), [], [finding(SLOT_WAL, 99)], "slot-wal at 99", "slot-wal at 99"),
    "a slot that is lost already": (Held(), [], [finding(SLOT_LOST, 1)], "", ""),
}


@pytest.mark.parametrize("case", STOPS)
def test_what_makes_it_stop(case: str) -> None:
    blocked, lags, limits, vacuum, reindex = STOPS[case]
    found = judge(blocked, lags, limits)
    assert next((each.why for each in found if each.concerns("vacuum")), "") == vacuum
    assert next((each.why for each in found if each.concerns("reindex")), "") == reindex


# Kind, age in transactions, open for, in use -> whether it only follows
FOLLOWS = [
    ("replica", 10, None, True, True),
    ("replica", int(VACUUM_HELD_TRANSACTIONS.warn or 0) + 1, None, True, False),
    ("slot", 10, None, True, True),
    ("slot", 10, None, False, False),
    ("slot", 10, 60.0, False, False),
    ("transaction", 10, 0.1, True, False),
]


@pytest.mark.parametrize(("kind", "age", "open_for", "active", "expected"), FOLLOWS)
def test_who_follows(kind: str, age: int, open_for: float | None, active: bool, expected: bool) -> None:
    row = {"kind": kind, "id": "one", "transactions": age, "open_seconds": open_for, "active": active}
    assert follows(row) is expected


def test_a_lag_is_known_without_a_commit() -> None:
    positions = Positions()
    for at, written in ((0.0, 100), (1.0, 100), (2.0, 250), (3.0, 300), (4.0, 300)):
        positions.wrote(at, written)
    assert [positions.behind(12.0, replayed) for replayed in (0, 99, 100, 249, 250, 299, 300, 400)] == [
        12.0,
        12.0,
        10.0,
        10.0,
        9.0,
        9.0,
        0.0,
        0.0,
    ]
    assert Positions().behind(12.0, 0) == 0.0


def test_what_fits_a_budget() -> None:
    now = [0.0]
    budget = Budget(60.0, clock=lambda: now[0])
    unknown, short, long = (action("vacuum", f"VACUUM {n}", seconds=n) for n in (None, 30.0, 3600.0))
    fits = []
    for now[0] in (0.0, 29.0, 30.0, 60.0, 99.0):
        fits.append([budget.fits(each) for each in (unknown, short, long)])
    assert fits == [[True, True, False]] * 2 + [[True, False, False]] + [[False, False, False]] * 2
    assert budget.left == 0.0


def test_a_budget_that_is_too_short_for_anything_is_refused() -> None:
    check(Budget(1.0), [])
    check(Budget(60.0), [action("vacuum", "VACUUM a", seconds=30.0), action("vacuum", "VACUUM b", seconds=90.0)])
    with pytest.raises(AskedError) as caught:
        check(Budget(5.0), [action("vacuum", "VACUUM a", seconds=30.0), action("vacuum", "VACUUM b", seconds=20.0)])
    assert str(caught.value) == (
        "a budget of 5.0 s is too short for anything that is planned: the shortest is `VACUUM b`, estimated at 20 s; "
        "give it more with --budget."
    )


DENIED = 'permission denied to vacuum "t", skipping it'
# Server's words, what the action needs, its role, version -> what is said
SAID: list[tuple[str, str, str, int, str]] = [
    ("division by zero", "MAINTAIN on t", "", 170000, "division by zero"),
    (
        DENIED,
        "MAINTAIN on t",
        "",
        170000,
        f'{DENIED}; it takes MAINTAIN on t: GRANT pg_maintain TO "o""dd"',
    ),
    (
        "must be owner of index i",
        "ownership of t",
        "shop owner",
        160000,
        'must be owner of index i; it takes ownership of t: GRANT "shop owner" TO "o""dd" WITH INHERIT FALSE, SET TRUE',
    ),
    (
        'permission denied to set role "shop owner"',
        "ownership of t",
        "shop owner",
        150000,
        'permission denied to set role "shop owner"; it takes ownership of t: GRANT "shop owner" TO "o""dd"',
    ),
]


@pytest.mark.parametrize(("said", "needs", "role", "version", "expected"), SAID)
def test_a_right_that_is_missing_is_said_with_its_grant(
    said: str, needs: str, role: str, version: int, expected: str
) -> None:
    assert refused(said, action("vacuum", "VACUUM t", needs=needs, role=role), 'o"dd', version) == expected


def test_what_another_run_has_left_is_done_as_it_is_due_now() -> None:
    """An expiry's statement has the present time in it."""
    before, later = (f"DELETE FROM carts WHERE ends_at < timestamptz '{at}'" for at in ("10:00", "10:30"))
    purge = action("purge", "MEMORY PURGE", "main/1", node="main/1")
    wanted = [action("expire", before, "carts"), action("vacuum", "VACUUM orders", "orders"), purge]
    now = [action("vacuum", "VACUUM stock", "stock"), action("expire", later, "carts")]
    found = still_wanted(MaintenancePlan(actions=tuple(wanted)), MaintenancePlan(actions=tuple(now)), "database")
    assert found.actions == (now[1], purge)
