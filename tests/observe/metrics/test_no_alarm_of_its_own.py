"""What the exporter costs the server that it watches: next to nothing in its statements, and no lock is waited for."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from time import monotonic

import psycopg
import pytest
from postgres_server import binaries, initdb, running
from postgres_states import DATABASE, LOGIN, prepare, url
from real_servers import SUPERUSER_PASSWORD, Postgres

from bootstrap.secrets import Secret
from observe.metrics.family import Family
from observe.metrics.postgres.catalogue import readings
from observe.metrics.postgres.source import PostgresSource
from observe.nodes import postgres_nodes

pytestmark = pytest.mark.server
SCRAPES = 20


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    """One that counts statements."""
    with tempfile.TemporaryDirectory(prefix="dt-pg-", dir="/tmp") as folder:
        data = Path(folder) / "data"
        initdb(binaries()[18], data, "rdsadmin", SUPERUSER_PASSWORD)
        with running(binaries()[18], data, ["shared_preload_libraries=pg_stat_statements"]) as port:
            made = Postgres(port, 18)
            prepare(made, {LOGIN: "pg_monitor"})
            with made.superuser(DATABASE) as conn:
                conn.execute("CREATE EXTENSION pg_stat_statements")
            yield made


def _source(server: Postgres) -> PostgresSource:
    return PostgresSource(lambda: postgres_nodes(Secret(url(server)))[0], readings(["stat_statements"]))


def _scrape(source: PostgresSource) -> dict[str, Family]:
    found = {each.name: each for each in source.scrape(monotonic() + 10).families}
    assert found["pg_up"].samples[0].value == 1
    return found


def test_statements_are_seen_and_the_exporters_own_are_few_and_short(server: Postgres) -> None:
    source = _source(server)
    with server.superuser(DATABASE) as conn:
        conn.execute("SELECT pg_stat_statements_reset()")
        conn.execute("SELECT count(*) FROM lines a, lines b WHERE a.id < 400")
        found = _scrape(source)
        (busiest,) = (
            sample
            for sample in found["pg_stat_statements_seconds_total"].samples
            if sample.value == max(each.value for each in found["pg_stat_statements_seconds_total"].samples)
        )
        assert dict(busiest.labels)["user"] == "rdsadmin"
        for _ in range(SCRAPES - 1):
            _scrape(source)
        own = conn.execute(
            "SELECT count(*), sum(total_exec_time) / 1000 FROM pg_stat_statements WHERE userid = %s::regrole",
            [LOGIN],
        ).fetchone()
    source.close()
    assert own is not None
    statements, seconds = own
    assert statements <= len(readings(["stat_statements"])) + 10  # one each, and the settings of a session
    assert seconds / (SCRAPES * 60) < 0.01  # of one processor, where Prometheus asks once a minute (its default)


@pytest.mark.parametrize("statement", ["ALTER TABLE lines ADD COLUMN kind text", "REINDEX INDEX lines_pkey"])
def test_no_lock_is_waited_for(server: Postgres, statement: str) -> None:
    """The size of a table that somebody alters would be."""
    source = _source(server)
    waited: list[int] = []
    done = Event()

    def watch() -> None:
        with server.superuser() as conn:
            while not done.is_set():
                row = conn.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone()
                waited.append(row[0] if row else 1)

    watching = Thread(target=watch)
    with server.superuser(DATABASE) as conn, conn.transaction():
        conn.execute(statement)
        watching.start()
        try:
            found = _scrape(source)
        finally:
            done.set()
            watching.join()
            source.close()
        raise psycopg.Rollback
    assert waited
    assert max(waited) == 0
    assert [dict(each.labels)["relname"] for each in found["pg_stat_user_tables_n_live_tup"].samples] == ["lines"]
    assert list(found["pg_stat_user_tables_table_size_bytes"].samples) == []
