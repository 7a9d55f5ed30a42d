"""What is not ended and what is not planned: tables without a server."""

from __future__ import annotations

from typing import Any

import pytest

from observe.errors import QuestionError
from observe.postgres.explain import folded, options
from observe.postgres.kill import described, refusal


def session(**more: Any) -> dict[str, Any]:
    row = {
        "pid": 47,
        "user": "web",
        "application": "till",
        "address": "10.0.0.3",
        "database": "shop",
        "backend_type": "client backend",
        "state": "idle in transaction",
        "age_seconds": 7500.0,
        "state_seconds": 200.0,
        "open_seconds": 200.0,
        "holds_up": 2,
        "query": "UPDATE stock SET n = 1",
        "leader_pid": None,
        "prepared": None,
        "this": False,
        "of_superuser": False,
        "superuser": False,
        "sees": True,
        "may": True,
        "me": "master",
    }
    return row | more


WORKER = session(backend_type="autovacuum worker", user=None, application="", may=False)


@pytest.mark.parametrize(
    ("row", "autovacuum", "why"),
    [
        (session(), False, None),
        (session(superuser=True, of_superuser=True), False, None),
        (session(this=True), False, "47 is a session of this tool, and ends by itself."),
        (session(application="datatier-ops"), False, "47 is a session of this tool, and ends by itself."),
        (
            session(user="rdsadmin", superuser=True),
            False,
            "47 is a session of rdsadmin: AWS needs it to run the instance.",
        ),
        (
            session(user="boss", of_superuser=True),
            False,
            "47 is a session of the superuser boss, which only a superuser may end.",
        ),
        (
            session(backend_type=None, sees=False),
            False,
            'what 47 is, is hidden from "master": GRANT pg_read_all_stats TO "master".',
        ),
        (session(may=False), False, '"master" may not end sessions of web: GRANT pg_signal_backend TO "master".'),
        (
            session(backend_type="walsender", application="standby"),
            False,
            "47 sends WAL to standby, whose replication would break off: stop that one.",
        ),
        (
            session(backend_type="walsender", application=""),
            True,
            "47 sends WAL to a replica, whose replication would break off: stop that one.",
        ),
        (WORKER, False, "47 is an autovacuum worker, which would begin again: say --autovacuum."),
        (WORKER, True, None),
        (
            session(backend_type="parallel worker", leader_pid=40),
            False,
            "47 is a parallel worker of 40: end that one.",
        ),
        (session(backend_type="walwriter", user=None), True, "47 is a process of the server itself (walwriter)."),
    ],
)
def test_what_is_not_ended(row: dict[str, Any], autovacuum: bool, why: str | None) -> None:
    assert refusal(row, autovacuum=autovacuum) == why


def test_what_is_said_before_a_session_ends() -> None:
    assert described(session()) == (
        "session 47 (web, till) from 10.0.0.3, in shop, connected for 2 h 5 min, idle in transaction for 3 min 20 s, "
        "its transaction open for 3 min 20 s, with 2 waiting for it: UPDATE stock SET n = 1"
    )
    bare = session(application="", address=None, database=None, state=None, open_seconds=None, holds_up=0, query="")
    assert described(bare) == "session 47 (web), connected for 2 h 5 min"


PLAIN, GENERIC = ("VERBOSE", "SETTINGS"), ("VERBOSE", "SETTINGS", "GENERIC_PLAN")


@pytest.mark.parametrize(
    ("statement", "version", "wanted"),
    [
        ("SELECT 1", 150020, PLAIN),
        ("SELECT $1", 160000, GENERIC),
        ("  -- why\n/* what */ (select $1)", 180006, GENERIC),
        ("with x as (select 1) table x", 150020, PLAIN),
        (
            "SELECT $1",
            150020,
            "PostgreSQL 15 plans no statement without the values of its parameters ($1), which 16 does: give it with "
            "values, --query 'SELECT ...'.",
        ),
        (
            "ALTER TABLE x ADD y int",
            180006,
            "PostgreSQL plans SELECT, INSERT, UPDATE, DELETE, MERGE and VALUES, not ALTER.",
        ),
        ("", 180006, "PostgreSQL plans SELECT, INSERT, UPDATE, DELETE, MERGE and VALUES, not nothing."),
        (
            "<insufficient privilege>",
            180006,
            "the statement is hidden from who looks: GRANT pg_read_all_stats TO them.",
        ),
    ],
)
def test_how_a_statement_is_planned(statement: str, version: int, wanted: tuple[str, ...] | str) -> None:
    if isinstance(wanted, tuple):
        assert options(statement, version) == wanted
        return
    with pytest.raises(QuestionError) as found:
        options(statement, version)
    assert str(found.value) == wanted


def test_a_folded_list() -> None:
    assert folded("SELECT FROM x WHERE y IN ($1 /*, ... */)")
    assert not folded("SELECT FROM x WHERE y IN ($1, $2)")
