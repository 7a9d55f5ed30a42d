"""A run that would be felt: it breaks off, leaves nothing half done, and goes on when the trouble has passed."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from at_work import INDEX, REINDEX, TABLE, Work, action, invalid, line_items, meanwhile
from busy_server import Busy
from postgres_server import binaries
from real_servers import Postgres, replica_of

from bootstrap.migrate.lock import lock_keys
from bootstrap.postgres.lock import KEY, hold
from bootstrap.secrets import Secret
from maintain.run import run, session, trouble, watch
from observe.deadline import SilentError, cut
from observe.node import PostgresNode
from observe.nodes import postgres_nodes

pytestmark = pytest.mark.server
VACUUM = action("vacuum", f"VACUUM {TABLE}")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same rules with less patience."""
    monkeypatch.setattr(watch, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(trouble, "BLOCKED_SECONDS", 0.2)
    monkeypatch.setattr(trouble, "LAG_SECONDS", 0.2)
    monkeypatch.setattr(session, "LOCK_SECONDS", 0.3)
    monkeypatch.setattr(run, "PASSING_SECONDS", 0.5)


@pytest.fixture
def server(busy_of: Callable[[int], Busy]) -> Iterator[Busy]:
    with line_items(busy_of(max(binaries()))) as made:
        yield made


def old_snapshot(server: Busy) -> psycopg.Connection[object]:
    """A transaction that a REINDEX CONCURRENTLY waits for when it has built its index."""
    holder = server.connect(application="report")
    holder.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    holder.execute("SELECT 1")
    return holder


def until(server: Busy, condition: str) -> None:
    """Wait for what a query sees."""
    conn = server.connect()
    end = time.monotonic() + 30
    while conn.execute(f"SELECT {condition}".encode()).fetchone() != (True,):
        assert time.monotonic() < end, condition
        time.sleep(0.01)


REBUILDS = "EXISTS (SELECT FROM pg_stat_activity WHERE query LIKE 'REINDEX%' AND wait_event_type = 'Lock')"


def test_a_session_that_waits_for_it_has_it_stop(server: Busy) -> None:
    holder, work = old_snapshot(server), Work(server)

    def alter() -> None:
        until(server, REBUILDS)
        with psycopg.connect(server.url(), autocommit=True, application_name="migration") as conn:
            conn.execute(f"ALTER TABLE {TABLE} SET (fillfactor = 90)")

    with meanwhile(alter):
        report = work.do(action("reindex", REINDEX, INDEX), VACUUM)
    stopped, next_one = report.done
    assert (stopped.state, stopped.tries) == ("stopped", 1)
    assert "migration) has waited" in stopped.detail
    assert stopped.blocked_seconds >= 0.2
    assert invalid(server) == []
    assert next_one.state == "done"
    assert (report.stopped, report.ok) == ("", True)
    holder.close()


def test_a_lock_that_is_not_had_is_tried_again_and_then_left(server: Busy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "LOCK_SECONDS", 1.0)  # in which the watch looks at least once
    work = Work(server)
    with server.connect(application="nightly job").transaction() as held:
        held.connection.execute(f"LOCK TABLE {TABLE} IN SHARE MODE")
        report = work.do(VACUUM, action("vacuum", 'VACUUM "Shop Front"."Order Items"', '"Shop Front"."Order Items"'))
    other, left = report.done
    assert (other.object, other.state) == ('"Shop Front"."Order Items"', "done")
    assert (left.object, left.state, left.tries) == (TABLE, "left", 4)
    assert "nightly job), idle in transaction for" in left.detail
    assert report.ok


def test_a_lock_that_comes_free_is_had_at_the_next_try(server: Busy) -> None:
    holder = server.connect()
    holder.execute("BEGIN")
    holder.execute(f"LOCK TABLE {TABLE} IN SHARE MODE")
    done = Work(server, pause=lambda _: holder.rollback()).one(VACUUM)
    assert (done.state, done.tries) == ("done", 2)


def test_what_a_rebuild_left_is_dropped_as_its_owner(server: Busy) -> None:
    if server.major < 17:
        pytest.skip("pg_maintain is there from 17 on")
    conn, index = server.connect(), '"Shop Front"."Once"'
    conn.execute('CREATE ROLE "Stock %s"; CREATE ROLE upkeep LOGIN IN ROLE pg_maintain')
    conn.execute('GRANT "Stock %s" TO upkeep WITH INHERIT FALSE, SET TRUE')
    conn.execute('GRANT ALL ON SCHEMA "Shop Front" TO "Stock %s", upkeep')
    conn.execute(f'ALTER TABLE {TABLE} OWNER TO "Stock %s"')
    with pytest.raises(psycopg.errors.UniqueViolation):
        conn.execute(f'CREATE UNIQUE INDEX CONCURRENTLY "Once" ON {TABLE} (pad)')
    work = Work(server, user="upkeep")
    # As the login itself, which has MAINTAIN and so builds what it may not drop.
    done = work.one(action("reindex", f"REINDEX INDEX CONCURRENTLY {index}", index))
    assert (done.state, invalid(server)) == ("failed", [index])
    assert work.said == [f"reindex {index}", f"failed: {done.detail}"]
    conn.execute(f'DROP INDEX {index}; ALTER TABLE {TABLE} OWNER TO boss; DROP OWNED BY "Stock %s", upkeep')
    conn.execute('DROP ROLE "Stock %s", upkeep')


def test_somebody_who_cancels_it_has_all_of_it_stop(server: Busy) -> None:
    holder = old_snapshot(server)

    def cancel() -> None:
        until(server, REBUILDS)
        with psycopg.connect(server.url(), autocommit=True) as conn:
            conn.execute("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE 'REINDEX%'")

    with meanwhile(cancel):
        report = Work(server).do(action("reindex", REINDEX, INDEX), VACUUM)
    assert [each.state for each in report.done] == ["stopped", "left"]
    assert report.stopped == "somebody cancelled it: canceling statement due to user request"
    assert invalid(server) == []
    holder.close()


def test_a_connection_that_is_lost_leaves_the_rest(server: Busy) -> None:
    holder = old_snapshot(server)

    def end() -> None:
        until(server, REBUILDS)
        with psycopg.connect(server.url(), autocommit=True) as conn:
            conn.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'REINDEX%'")

    with meanwhile(end):
        report = Work(server).do(action("reindex", REINDEX, INDEX), VACUUM)
    assert [each.state for each in report.done] == ["stopped", "left"]
    assert report.stopped.startswith("the connection was lost: ")
    holder.close()


def test_a_client_that_is_gone_has_its_statement_ended(server: Busy) -> None:
    holder, work = old_snapshot(server), server.connect()
    session.begin(work)
    # Its end of the connection closes in the middle of the statement, as that of a process that is killed does.
    with pytest.raises(SilentError), cut(work, 1.0):
        work.execute(REINDEX)
    until(server, f"NOT {REBUILDS}")
    assert invalid(server) == ['"Shop Front"."By N_ccnew"']
    holder.close()
    server.connect().execute('DROP INDEX "Shop Front"."By N_ccnew"')


def test_how_far_a_statement_is_is_said(server: Busy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "SAY_SECONDS", 0.0)
    holder, told = old_snapshot(server), list[str]()

    def end() -> None:
        until(server, REBUILDS)
        over = time.monotonic() + 30
        while "waiting for old snapshots" not in " ".join(told) and time.monotonic() < over:
            time.sleep(0.01)
        holder.close()

    with meanwhile(end):
        assert Work(server, progress=told.append).one(action("reindex", REINDEX, INDEX)).state == "done"
    assert "waiting for old snapshots" in " ".join(told)


def test_a_statement_ends_with_the_budget(server: Busy) -> None:
    holder = old_snapshot(server)
    report = Work(server).do(action("reindex", REINDEX, INDEX), VACUUM, seconds=1.0)
    assert [each.state for each in report.done] == ["stopped", "left"]
    assert report.stopped == "the budget is used up"
    assert report.done[0].detail == "the budget is used up"
    assert invalid(server) == []
    holder.close()


def test_nothing_is_begun_that_does_not_fit(server: Busy) -> None:
    long = action("reindex", REINDEX, INDEX, seconds=3600.0)
    report = Work(server).do(long, VACUUM)
    assert [(each.state, each.detail.partition(",")[0]) for each in report.done] == [
        ("left", "it is estimated at 1 h"),
        ("done", ""),
    ]
    assert report.stopped == ""


def test_nothing_is_begun_while_a_bootstrap_is_under_way(server: Busy) -> None:
    with hold(server.connect(application="datatier-bootstrap")):
        report = Work(server, pause=time.sleep).do(VACUUM)
    assert [each.state for each in report.done] == ["left"]
    assert report.stopped.startswith("a bootstrap is under way (process ")
    migrator = server.connect()
    with closing(migrator):
        migrator.execute("SELECT pg_advisory_lock(%s)", (lock_keys("shop", "public", "schema_migrations")[0],))
        report = Work(server, pause=time.sleep).do(VACUUM)
    assert report.stopped.startswith("a migration is under way (process ")
    stranger = server.connect(user="nobody")
    with closing(stranger):
        stranger.execute(f"SELECT pg_advisory_lock({KEY})".encode())
        assert Work(server).one(VACUUM).state == "done"
    other, waited = server.connect(), list[float]()

    def over(seconds: float) -> None:
        waited.append(seconds)
        other.execute("SELECT pg_advisory_unlock_all()")

    with hold(other):
        assert Work(server, pause=over).one(VACUUM).state == "done"
    assert waited


@pytest.fixture(scope="module")
def replica(busy_of: Callable[[int], Busy]) -> Iterator[PostgresNode]:
    primary = busy_of(max(binaries()))
    with primary.scene(), tempfile.TemporaryDirectory(prefix="dt-replica-", dir="/tmp") as folder:
        # Copied with the data: a replica has to allow as many (PostgreSQL, Hot Standby, administrator's overview).
        primary.connect().execute("ALTER SYSTEM SET max_prepared_transactions = 5")
        with replica_of(Postgres(primary.port, primary.major), Path(folder)) as port:
            (made,) = postgres_nodes(Secret(f"postgres://monitor@127.0.0.1:{port}/shop"))
            yield replace(made, name="standby", replica=True)


def test_a_replica_that_lags_has_it_stop(server: Busy, replica: PostgresNode) -> None:
    holder = old_snapshot(server)
    url = f"postgres://boss@{replica.address}"
    with psycopg.connect(url, autocommit=True) as standby:

        def pause() -> None:
            until(server, REBUILDS)
            standby.execute("SELECT pg_wal_replay_pause()")
            server.connect().execute(f"UPDATE {TABLE} SET n = n WHERE id < 100")

        with meanwhile(pause):
            report = Work(server, replicas=[replica], pause=time.sleep).do(action("reindex", REINDEX, INDEX), VACUUM)
        standby.execute("SELECT pg_wal_replay_resume()")
        assert [each.state for each in report.done] == ["stopped", "left"]
        assert report.done[0].detail.startswith("standby is ")
        assert report.stopped.startswith("standby is ")
        assert report.done[0].lag_seconds > 0.2
        assert invalid(server) == []
        server.end(holder)
        # As soon as it has caught up, the same plan is done.
        again = Work(server, replicas=[replica], pause=time.sleep).do(VACUUM)
        assert [each.state for each in again.done] == ["done"]


def test_a_replica_that_is_gone_is_said_and_stops_nothing(server: Busy, replica: PostgresNode) -> None:
    gone = replace(replica, name="gone", connect=lambda _: psycopg.connect("postgres://nobody-yet@127.0.0.1:1/shop"))
    report = Work(server, replicas=[gone]).do(VACUUM)
    assert [each.state for each in report.done] == ["done"]
    (said,) = report.unseen
    assert said.startswith("gone: ")
