"""One PostgreSQL server over many scrapes: what it refuses, and what becomes of a session that ends or stops."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from time import monotonic

import psycopg
import pytest
from postgres_states import DATABASE, LOGIN, PASSWORD, PLAIN, url
from real_servers import Postgres

from bootstrap.secrets import LoginError, Secret
from observe.metrics.postgres.catalogue import readings
from observe.metrics.postgres.source import PostgresSource
from observe.metrics.source import shown
from observe.metrics.text import render
from observe.node import PostgresNode
from observe.nodes import postgres_nodes

pytestmark = pytest.mark.server


def _source(server: Postgres, login: str = LOGIN, **options: object) -> PostgresSource:
    made = readings(**options)  # type: ignore[arg-type]
    return PostgresSource(lambda: postgres_nodes(Secret(url(server, login)))[0], made)


def scraped(source: PostgresSource, seconds: float = 10) -> dict[str, float]:
    text = render([(None, shown(source.scrape(monotonic() + seconds)))])
    lines = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
    return {series: float(value) for series, _, value in lines}


@pytest.fixture
def server(measured: Callable[[int], Postgres]) -> Postgres:
    return measured(18)


@pytest.fixture
def source(server: Postgres) -> Iterator[PostgresSource]:
    made = _source(server)
    yield made
    made.close()


def _refused(found: dict[str, float]) -> set[tuple[str, ...]]:
    pattern = r'datatier_metric_refused\{metric="(.*)",reason="(.*)",grant="(.*)"\}'
    every = [re.fullmatch(pattern, each) for each in found]
    return {tuple(part.replace(r"\"", '"') for part in each.groups()) for each in every if each}


def _pid(server: Postgres, login: str = LOGIN) -> int:
    with server.superuser() as conn:
        row = conn.execute(
            "SELECT pid FROM pg_stat_activity WHERE usename = %s AND application_name = 'datatier-ops'", [login]
        ).fetchone()
    assert row
    return int(row[0])


def test_a_right_that_is_lacking_is_said_and_seen_again_once_it_is_given(server: Postgres) -> None:
    source = _source(server, PLAIN)
    before = scraped(source)
    lacking = f'"{PLAIN}" lacks '
    grant = f'GRANT pg_monitor TO "{PLAIN}"'
    refused = _refused(before)
    assert {each for each in refused if not each[0].startswith("pg_stat")} == {
        ("pg_wal_segments", f"{lacking}EXECUTE ON FUNCTION pg_ls_waldir", grant),
        ("pg_wal_size_bytes", f"{lacking}EXECUTE ON FUNCTION pg_ls_waldir", grant),
        (
            "pg_database_size_bytes",
            f"{lacking}pg_read_all_stats: databases that it may not connect to have no size",
            grant,
        ),
        ("pg_settings", f"{lacking}pg_read_all_settings: settings that only superusers see are hidden", grant),
    }
    assert {re.split("_(?=count|max|phase|heap|index|num|pg_)", each[0])[0] for each in refused} == {
        "pg_wal_segments",
        "pg_wal_size_bytes",
        "pg_database_size_bytes",
        "pg_settings",
        "pg_stat_activity",
        "pg_stat_progress_vacuum",
        "pg_stat_replication",
    }
    assert before['pg_scrape_collector_success{collector="wal"}'] == 0
    assert 'pg_database_size_bytes{datname="closed"}' not in before
    assert before[f'pg_database_size_bytes{{datname="{DATABASE}"}}'] > 0
    with server.superuser() as conn:
        conn.execute(f"GRANT pg_monitor TO {PLAIN}")
        try:
            scraped(source)  # sees it, and asks for what was missing next time
            after = scraped(source)
        finally:
            conn.execute(f"REVOKE pg_monitor FROM {PLAIN}")
    assert _refused(after) == set()
    assert after["pg_wal_segments"] > 0
    assert after['pg_database_size_bytes{datname="closed"}'] > 0
    scraped(source)
    assert _refused(scraped(source)) == refused
    source.close()


def test_sizes_are_kept_and_their_age_grows(source: PostgresSource, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("observe.metrics.postgres.source.monotonic", lambda: now)
    size = f'pg_stat_user_tables_table_size_bytes{{datname="{DATABASE}",schemaname="public",relname="lines"}}'

    def look() -> tuple[float, float]:
        found = scraped(source)
        return found['datatier_group_age_seconds{group="sizes"}'], found[size]

    first = look()
    assert first[0] == 0
    assert first[1] > 1_000_000
    now += 299
    assert look() == (299, first[1])
    now += 1
    assert look()[0] == 0


def test_a_session_that_was_ended_is_replaced_within_the_scrape(server: Postgres, source: PostgresSource) -> None:
    assert scraped(source)["pg_up"] == 1
    with server.superuser() as conn:
        conn.execute("SELECT pg_terminate_backend(%s)", [_pid(server)])
    found = scraped(source)
    assert (found["pg_up"], found["pg_exporter_last_scrape_error"], found["pg_exporter_scrapes_total"]) == (1, 0, 2)


@contextmanager
def _stopped(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def test_a_silent_server_is_cut_at_the_deadline(server: Postgres, source: PostgresSource) -> None:
    scraped(source)
    with _stopped(_pid(server)):
        assert {name: value for name, value in scraped(source, 0.2).items() if name != _TOOK} == {
            "pg_up": 0,
            "datatier_up": 0,
            "pg_exporter_last_scrape_error": 1,
            "pg_exporter_scrapes_total": 2,
        }
        # Only its process was stopped: the server takes a new login.
        assert scraped(source)["pg_up"] == 1


_TOOK = "pg_exporter_last_scrape_duration_seconds"


def test_a_renewed_password_is_read_again(server: Postgres) -> None:
    passwords = [PASSWORD, "renewed-of-a-test"]
    found: list[str] = []

    def find() -> PostgresNode:
        found.append(passwords[0])
        return postgres_nodes(Secret(url(server, "gauge_rotated").replace(PASSWORD, passwords[0])))[0]

    with server.superuser() as conn:
        conn.execute(f"CREATE ROLE gauge_rotated LOGIN PASSWORD '{PASSWORD}' IN ROLE pg_monitor")
        source = PostgresSource(find, readings())
        assert scraped(source)["pg_up"] == 1
        passwords.pop(0)
        conn.execute(f"ALTER ROLE gauge_rotated PASSWORD '{passwords[0]}'")
        conn.execute("SELECT pg_terminate_backend(%s)", [_pid(server, "gauge_rotated")])
        assert scraped(source)["pg_up"] == 1
        source.close()
        conn.execute("DROP ROLE gauge_rotated")
    assert found == [PASSWORD, "renewed-of-a-test"]


def test_a_server_that_is_down_is_asked_again_after_a_pause_that_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    now, tried = 0.0, []
    monkeypatch.setattr("observe.metrics.postgres.source.monotonic", lambda: now)
    monkeypatch.setattr("observe.metrics.login.monotonic", lambda: now)

    def refuse(seconds: int) -> psycopg.Connection:
        tried.append(now)
        raise LoginError("nobody is there", refused=False)

    node = PostgresNode(name="primary", address="127.0.0.1:1", replica=False, connect=refuse)
    source = PostgresSource(lambda: node, readings())
    for _ in range(60):
        assert {each.name: each.samples[0].value for each in source.scrape(now + 5).families}["pg_up"] == 0
        now += 0.5
    assert tried == [0, 1, 3, 7, 15, 25]


def test_the_largest_tables_are_shown_and_the_rest_is_counted(server: Postgres) -> None:
    with server.superuser(DATABASE) as conn:
        for each in ("bins", "racks"):
            conn.execute(f"CREATE TABLE {each} (id int)")
        conn.execute("ANALYZE lines")
        try:
            source = _source(server, cap=1)
            found = scraped(source)
            source.close()
        finally:
            conn.execute("DROP TABLE bins, racks")
    shown_ = {name for name in found if "_user_tables_" in name and "datatier" not in name}
    assert {re.findall('relname="(.*?)"', each)[0] for each in shown_} == {"lines"}
    assert len(shown_) == 29
    assert found[f'datatier_series_dropped{{collector="stat_user_tables",datname="{DATABASE}"}}'] == 58


def test_a_name_is_shown_whatever_is_in_it(server: Postgres) -> None:
    with server.superuser(DATABASE) as conn:
        conn.execute('CREATE TABLE "a ""b\\\n" (id int)')
        try:
            source = _source(server)
            found = scraped(source)
            source.close()
        finally:
            conn.execute('DROP TABLE "a ""b\\\n"')
    label = f'datname="{DATABASE}",schemaname="public",relname="a \\"b\\\\\\n"'
    assert found[f"pg_stat_user_tables_n_live_tup{{{label}}}"] == 0


def test_the_label_server_is_the_address(server: Postgres, source: PostgresSource) -> None:
    (static,) = (each for each in scraped(source) if each.startswith("pg_static"))
    with server.superuser() as conn:
        version = conn.execute("SELECT version()").fetchone()
    assert version
    short = re.findall(r"PostgreSQL ([\d.]+)", version[0])[0] + ".0"
    assert static == (f'pg_static{{version="{version[0]}",short_version="{short}",server="127.0.0.1:{server.port}"}}')


def test_a_url_without_a_port_means_the_usual_one(server: Postgres) -> None:
    node = replace(postgres_nodes(Secret(url(server)))[0], address="this computer")
    source = PostgresSource(lambda: node, readings())
    assert any('server="localhost:5432"' in each for each in scraped(source))
    source.close()


def test_a_pooler_that_forgets_names_is_borne(server: Postgres) -> None:
    opened: list[psycopg.Connection] = []

    def connect(seconds: int) -> psycopg.Connection:
        opened.append(postgres_nodes(Secret(url(server)))[0].connect(seconds))
        return opened[-1]

    source = PostgresSource(lambda: replace(postgres_nodes(Secret(url(server)))[0], connect=connect), readings())
    series = set(scraped(source))
    opened[0].execute("DEALLOCATE ALL")  # as where another session of the server answers
    assert set(scraped(source)) == series
    assert _refused(scraped(source)) == set()
    assert len(opened) == 1
    source.close()


def test_a_statement_that_failed_is_not_missed_for_good(server: Postgres) -> None:
    with server.superuser(DATABASE) as conn:
        source = _source(server)
        scraped(source)
        conn.execute("REVOKE SELECT ON pg_stat_archiver FROM PUBLIC")
        try:
            found = scraped(source)
        finally:
            conn.execute("GRANT SELECT ON pg_stat_archiver TO PUBLIC")
    reason = "permission denied for view pg_stat_archiver"
    assert _refused(found) == {(f"pg_stat_archiver_{name}", reason, "") for name in ARCHIVER}
    assert found['pg_scrape_collector_success{collector="stat_archiver"}'] == 0
    assert found["pg_up"] == 1
    assert _refused(scraped(source)) == set()
    source.close()


ARCHIVER = ("archived_count", "failed_count", "last_archive_age")
