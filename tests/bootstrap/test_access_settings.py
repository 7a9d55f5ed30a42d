"""Settings of any name and spelling: applied once, then nothing differs; equal values are equal however written."""

from __future__ import annotations

from typing import Any

import pytest
from own_database import Database

from bootstrap.access import load_access
from bootstrap.postgres.settings import Form, same, value

TIME = Form(kind="integer", unit="ms")
FORMS = {
    "statement_timeout": TIME,
    "work_mem": Form(kind="integer", unit="kB"),
    "temp_buffers": Form(kind="integer", unit="8kB"),
    "jit": Form(kind="bool", unit=None),
    "intervalstyle": Form(kind="enum", unit=None),
    "seq_page_cost": Form(kind="real", unit=None),
    "vacuum_cost_delay": Form(kind="real", unit="ms"),
    "datestyle": Form(kind="string", unit=None),
}


@pytest.mark.parametrize(
    ("name", "one", "other", "equal"),
    [
        ("statement_timeout", "5min", "300000", True),
        ("statement_timeout", "300s", "5 min", True),
        ("statement_timeout", "0.5h", "1800s", True),
        ("statement_timeout", "5min", "300001", False),
        ("Statement_Timeout", "1d", "24h", True),
        ("work_mem", "8MB", "8192", True),
        ("work_mem", "8MB", "8192kB", True),
        ("work_mem", "8MB", "8Mb", False),
        ("temp_buffers", "8MB", "1024", True),
        ("jit", "off", "false", True),
        ("jit", "of", "0", True),
        ("jit", "o", "off", False),
        ("jit", "on", "off", False),
        ("IntervalStyle", "ISO_8601", "iso_8601", True),
        ("seq_page_cost", "1.0", "1", True),
        ("vacuum_cost_delay", "2ms", "2000us", True),
        ("DateStyle", "ISO, DMY", "iso, dmy", False),
        ("app.user", "A", "a", False),
        ("app.user", "", "", True),
        ("search_path", '"$user",public', '"$user", public', True),
        ("search_path", "App, public", "app, public", True),
        ("search_path", '"App", public', "app, public", False),
        ("search_path", "", '""', True),
        ("search_path", "public, app", "app, public", False),
        ("unknown_here", "5min", "300000", False),
    ],
)
def test_values_are_compared_by_what_they_mean(name: str, one: str, other: str, equal: bool) -> None:
    assert same(name, one, other, FORMS) is equal
    assert same(name, other, one, FORMS) is equal


@pytest.mark.parametrize(
    ("name", "text", "sql"),
    [
        ("search_path", '"a,b", "c""d", E', "'a,b', 'c\"d', 'e'"),
        ("Search_Path", "app", "'app'"),
        ("search_path", "", "''"),
        ("app.x", "a, b", "'a, b'"),
        ("session_preload_libraries", "auto_explain", "'auto_explain'"),
    ],
)
def test_values_as_set_takes_them(name: str, text: str, sql: str) -> None:
    assert value(name, text) == sql


def test_values_that_yaml_reads_otherwise_are_taken() -> None:
    settings = {"jit": False, "Statement_Timeout": 0, "app.Tenant.id": 7, "seq_page_cost": 1.5, "row_security": True}
    data = {"owner": "o", "identities": {"app": {"postgres": {"privileges": "readwrite", "settings": settings}}}}
    assert load_access(data).postgres_users["app"].settings == {
        "jit": "off",
        "statement_timeout": "0",
        "app.tenant.id": "7",
        "seq_page_cost": "1.5",
        "row_security": "on",
    }


SETTINGS: dict[str, Any] = {
    "timezone": "UTC",
    "DATESTYLE": "ISO, DMY",
    "IntervalStyle": "postgres_verbose",
    "statement_timeout": "300000",
    "work_mem": "8MB",
    "jit": False,
    "search_path": '"Odd, one", "$user", App',
    "row_security": "on",
}
# What somebody wrote by hand before, under other capitals and in other units: the same or not.
BEFORE = """ALTER ROLE {n}_app_a SET "TimeZone" TO 'Asia/Tokyo'; ALTER ROLE {n}_app_a SET STATEMENT_TIMEOUT TO '5min';
    ALTER ROLE {n}_app_a SET Work_Mem TO '8192kB'"""


@pytest.mark.server
def test_a_second_apply_changes_nothing_whatever_the_capitals(database: Database) -> None:
    identities = {"{n}_app": {"postgres": {"privileges": "readwrite", "settings": SETTINGS}}}
    access = database.access(identities=identities)
    database.apply(database.access())
    database.execute(BEFORE)
    done = [change.text for change in database.apply(access).changes if "_app_a" in change.text]
    assert [sql for sql in done if "statement_timeout" in sql or "work_mem" in sql or "RESET" in sql] == []
    assert database.plan(access) == []  # `apply` has seen it too; a third look
    kept = database.ask("SELECT rolconfig FROM pg_roles WHERE rolname = '{n}_app_a'")
    assert {"TimeZone=UTC", "IntervalStyle=postgres_verbose", "statement_timeout=5min", "work_mem=8192kB"} <= set(kept)
    assert 'search_path="Odd, one", "$user", app' in kept


@pytest.mark.server
def test_a_setting_that_is_no_longer_declared_is_reset_once(database: Database) -> None:
    identities = {"{n}_app": {"postgres": {"privileges": "readwrite", "settings": {"timezone": "UTC"}}}}
    database.apply(database.access(identities=identities))
    done = [change.text for change in database.apply(database.access()).changes]
    n = database.n
    assert done == [f'ALTER ROLE "{n}_app_{sibling}" RESET "TimeZone"' for sibling in "ab"]
