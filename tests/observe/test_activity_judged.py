"""What long transactions, slow statements, locks, and a cache's clients and commands mean: tables without a server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from observe.observation import Finding
from observe.postgres.faults import FAULTS
from observe.postgres.locks import LOCKS
from observe.postgres.statements import SLOW
from observe.postgres.transactions import LONG
from observe.redis.client_list import CLIENT_LIST, clients, groups
from observe.redis.slow_log import COMMANDS, ERRORS, SLOW_LOG

MIB = 1024**2


def brief(findings: Sequence[Finding]) -> list[tuple[object, ...]]:
    return [
        (
            each.check,
            str(each.status),
            each.object,
            each.threshold and (each.threshold.warn, each.threshold.critical),
            each.mend,
        )
        for each in findings
    ]


def transaction(**more: Any) -> dict[str, Any]:
    row = {
        "pid": 47,
        "user": "web",
        "database": "shop",
        "application": "till",
        "backend_type": "client backend",
        "state": "active",
        "open_seconds": 10.0,
        "state_seconds": 10.0,
        "statement_seconds": 10.0,
        "idle_timeout_seconds": None,
        "prepared": None,
        "own": False,
    }
    return row | more


KILL, CANCEL = "datatier queries kill 47", "datatier queries kill 47 --cancel"
STATEMENT, TRANSACTION, IDLE = (60, 1800), (1800, 3600), (300, 900)


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (
            transaction(),
            [("long-statements", "ok", "", STATEMENT, ""), ("long-transactions", "ok", "", TRANSACTION, "")],
        ),
        # On a threshold is not beyond it.
        (
            transaction(statement_seconds=60.0),
            [("long-statements", "ok", "", STATEMENT, ""), ("long-transactions", "ok", "", TRANSACTION, "")],
        ),
        (transaction(statement_seconds=61.0), [("long-statements", "warn", "47", STATEMENT, CANCEL)]),
        (transaction(statement_seconds=1801.0), [("long-statements", "critical", "47", STATEMENT, CANCEL)]),
        # Many short statements in one transaction.
        (
            transaction(open_seconds=4000.0),
            [("long-transactions", "critical", "47", TRANSACTION, KILL), ("long-statements", "ok", "", STATEMENT, "")],
        ),
        (
            transaction(state="idle in transaction", state_seconds=301.0, open_seconds=301.0),
            [("idle-in-transaction", "warn", "47", IDLE, KILL)],
        ),
        (
            transaction(state="idle in transaction (aborted)", state_seconds=901.0, open_seconds=901.0),
            [("idle-in-transaction", "critical", "47", IDLE, KILL)],
        ),
        # Half of the session's own timeout, as the alarm has it.
        (
            transaction(state="idle in transaction", state_seconds=31.0, idle_timeout_seconds=60.0),
            [("idle-in-transaction", "warn", "47", (30, None), KILL)],
        ),
        (
            transaction(state="idle in transaction", state_seconds=301.0, idle_timeout_seconds=0.0),
            [("idle-in-transaction", "warn", "47", IDLE, KILL)],
        ),
        (
            transaction(pid=None, prepared="it's", state="prepared", backend_type=None, open_seconds=901.0),
            [
                (
                    "idle-in-transaction",
                    "critical",
                    "it's",
                    IDLE,
                    "ROLLBACK PREPARED 'it''s', or COMMIT PREPARED if its coordinator says so; in shop",
                )
            ],
        ),
        (transaction(own=True, statement_seconds=9999.0), []),
        (transaction(backend_type="autovacuum worker", statement_seconds=9999.0), []),
        # One that is logging in.
        (transaction(state=None, state_seconds=None, statement_seconds=None), []),
        (transaction(state="starting", state_seconds=None, statement_seconds=None), []),
        (transaction(backend_type="parallel worker", statement_seconds=9999.0), []),
    ],
)
def test_long(row: dict[str, Any], found: list[tuple[object, ...]]) -> None:
    assert brief(LONG.judge([row])) == found


def statement(**more: Any) -> dict[str, Any]:
    row = {
        "id": "-7",
        "user": "web",
        "database": "shop",
        "calls": 100,
        "mean_ms": 5.0,
        "share_percent": 10.0,
        "all_ms": 60_000.0,
        "logged_from_ms": 500.0,
    }
    return row | more


EXPLAIN = "datatier queries explain -7"


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (
            statement(),
            [("slow-statements", "ok", "", (20, 500), ""), ("statement-share", "ok", "", (33, None), "")],
        ),
        (
            statement(mean_ms=21.0, share_percent=34.0),
            [
                ("slow-statements", "warn", "-7", (20, 500), EXPLAIN),
                ("statement-share", "warn", "-7", (33, None), EXPLAIN),
            ],
        ),
        (statement(mean_ms=501.0, all_ms=0.0), [("slow-statements", "critical", "-7", (20, 500), EXPLAIN)]),
        # -1 logs nothing, 0 everything: neither says what is slow.
        (
            statement(mean_ms=9999.0, logged_from_ms=-1, all_ms=0),
            [("slow-statements", "warn", "-7", (20, None), EXPLAIN)],
        ),
        (
            statement(mean_ms=9999.0, logged_from_ms=0, all_ms=0),
            [("slow-statements", "warn", "-7", (20, None), EXPLAIN)],
        ),
        # Too few calls for a mean, too little time of all for a share.
        (statement(mean_ms=9999.0, calls=99, all_ms=59_999.0, share_percent=90.0), []),
    ],
)
def test_slow(row: dict[str, Any], found: list[tuple[object, ...]]) -> None:
    assert brief(SLOW.judge([row])) == found


def test_locks_count_what_takes_a_place() -> None:
    held = {"granted": True, "mode": "AccessShareLock", "fast": False, "places": 10}
    rows = [{**held, "granted": False, "mode": "ShareLock"}, held, held, {**held, "fast": True}]
    (found,) = LOCKS.judge(rows)
    assert (found.status, found.value, found.message) == ("warn", 30, "3 of 10 places in the table of locks are taken")
    assert LOCKS.summary
    assert LOCKS.summary(rows) == "1 waited for; held: 3 AccessShareLock"
    assert LOCKS.judge([]) == ()


def client(**more: Any) -> dict[str, Any]:
    row = {
        "id": "3",
        "user": "till",
        "name": "",
        "addr": "10.0.0.3:5000",
        "age": "90",
        "idle": "5",
        "flags": "N",
        "sub": "0",
        "psub": "0",
        "omem": "0",
        "tot-mem": "1000",
        "cmd": "get",
    }
    return row | more


def test_clients_of_a_cache() -> None:
    rows = [
        client(),
        client(id="4", addr="10.0.0.3:5001", idle="80"),
        client(id="5", addr="[::1]:9", omem=str(9 * MIB)),
    ]
    assert [row["id"] for row in clients(rows)] == ["5", "4", "3"]
    assert groups(rows) == [
        {
            "clients": 2,
            "user": "till",
            "name": None,
            "address": "10.0.0.3",
            "oldest_seconds": 90,
            "longest_idle_seconds": 80,
            "output_bytes": 0,
        },
        {
            "clients": 1,
            "user": "till",
            "name": None,
            "address": "::1",
            "oldest_seconds": 90,
            "longest_idle_seconds": 5,
            "output_bytes": 9 * MIB,
        },
    ]


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (client(omem=str(8 * MIB)), ["ok"]),
        (client(omem=str(8 * MIB + 1)), ["warn"]),
        (client(omem=str(33 * MIB)), ["critical"]),
        # A replica's has a limit of its own.
        (client(omem=str(99 * MIB), flags="S"), []),
    ],
)
def test_a_client_that_does_not_read(row: dict[str, Any], found: list[str]) -> None:
    assert [str(each.status) for each in CLIENT_LIST.judge(clients([row]))] == found


def test_the_slow_log_shows_keys_and_no_values() -> None:
    entry = {"id": 1, "start_time": 0, "duration": 1500, "client_address": b"10.0.0.3:1"}
    rows = [
        {**entry, "command": b"SET session:9 hunter2 EX 60"},
        {**entry, "id": 2, "duration": 9000, "command": "EVAL return('hunter2') 0"},
        {**entry, "id": 3, "duration": 10, "command": b"KEYS *", "client_address": None},
        # An empty key, and one of a space: the value does not move into its place.
        {**entry, "id": 4, "duration": 9, "command": b"SET  hunter2"},
        {**entry, "id": 5, "duration": 8, "command": b"SET   hunter2"},
    ]
    assert SLOW_LOG.arrange
    shown = [(row["took_ms"], row["command"], row["client"]) for row in SLOW_LOG.arrange(rows)]
    assert shown == [
        (9.0, "EVAL ... (2 more)", "10.0.0.3:1"),
        (1.5, "SET session:9 ... (3 more)", "10.0.0.3:1"),
        (0.01, "KEYS *", None),
        (0.009, "SET  ... (1 more)", "10.0.0.3:1"),
        (0.008, "SET  ... (2 more)", "10.0.0.3:1"),
    ]


def test_how_long_commands_take() -> None:
    stats = {"calls": 100, "usec": 3000, "usec_per_call": 30.0, "rejected_calls": 1, "failed_calls": 2}
    rows = [
        {"cmdstat_get": stats, "cmdstat_keys": {**stats, "calls": 99, "usec": 9000}},
        {"latency_percentiles_usec_get": {"p50": 20.0, "p99": 10_001.0, "p99.9": 20_000.0}},
    ]
    assert COMMANDS.arrange
    made = COMMANDS.arrange(rows)
    assert made[1] == {
        "command": "get",
        "calls": 100,
        "total_ms": 3.0,
        "share_percent": 25.0,
        "mean_ms": 0.03,
        "p50_ms": 0.02,
        "p99_ms": 10.001,
        "p99_9_ms": 20.0,
        "rejected": 1,
        "failed": 2,
    }
    assert [(each.object, str(each.status), each.value) for each in COMMANDS.judge(made)] == [("get", "warn", 10.001)]


def test_of_what_is_well_only_the_nearest_to_its_threshold_is_told() -> None:
    rows = [transaction(), transaction(pid=48, statement_seconds=50.0, open_seconds=1700.0), transaction(pid=49)]
    found = [(each.check, each.object, each.value) for each in LONG.judge(rows)]
    assert found == [("long-statements", "", 50.0), ("long-transactions", "", 1700.0)]


@pytest.mark.parametrize(
    ("failures", "seconds", "found"),
    [
        (None, None, []),
        (0, None, [("ok", "shop: 0 pages did not match their checksum")]),
        (2, 7500.0, [("critical", "shop: 2 pages did not match their checksum, the last 2 h 5 min ago")]),
    ],
)
def test_damaged_pages(failures: int | None, seconds: float | None, found: list[tuple[str, str]]) -> None:
    row = {"database": "shop", "checksum_failures": failures, "failed_seconds": seconds}
    assert [(each.status, each.message) for each in FAULTS.judge([row])] == found


def test_errors_of_a_cache() -> None:
    rows = [{"errorstat_NOPERM": {"count": 2}, "errorstat_OOM": {"count": 9}, "other": 1}]
    assert ERRORS.arrange
    assert ERRORS.arrange(rows) == [{"error": "OOM", "count": 9}, {"error": "NOPERM", "count": 2}]
    assert ERRORS.arrange([]) == []
