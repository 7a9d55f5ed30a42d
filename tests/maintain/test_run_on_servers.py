"""A plan carried out on real servers: what helps, what does not, and what makes it stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from at_work import INDEX, REINDEX, TABLE, Work, action, invalid, line_items
from busy_server import Busy
from postgres_server import binaries

from maintain.run import proof

pytestmark = pytest.mark.server
MAJORS = sorted({max(binaries(), default=18), min(binaries(), default=18)})


@pytest.fixture(params=MAJORS)
def server(request: pytest.FixtureRequest, busy_of: Callable[[int], Busy]) -> Iterator[Busy]:
    with line_items(busy_of(request.param)) as made:
        yield made


def test_a_vacuum_that_helps_is_done(server: Busy) -> None:
    done = Work(server).one(action("vacuum", f"VACUUM (ANALYZE) {TABLE}"))
    assert (done.state, done.detail, done.tries) == ("done", "", 1)
    (row,) = server.connect().execute("SELECT n_dead_tup FROM pg_stat_user_tables WHERE relname = 'Line Items'")
    assert row == (0,)


def test_a_vacuum_that_removes_nothing_says_who_holds_it_back(server: Busy) -> None:
    server.connect().execute(f"VACUUM {TABLE}")
    holder = server.connect(user="nobody", application="report")
    holder.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    holder.execute("SELECT 1")
    server.connect().execute(f"DELETE FROM {TABLE} WHERE id % 3 > 0; SELECT pg_stat_force_next_flush()")
    done = Work(server).one(action("vacuum", f"VACUUM {TABLE}"))
    assert done.state == "failed"
    pid = holder.info.backend_pid
    assert f"transaction {pid} of nobody in shop holds vacuum back" in done.detail
    assert done.detail.endswith(f"datatier queries kill {pid}")


def test_who_reads_a_slot_may_be_back_in_a_moment(server: Busy, monkeypatch: pytest.MonkeyPatch) -> None:
    server.connect().execute(f"VACUUM {TABLE}")
    holder = server.connect(user="nobody")
    holder.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    holder.execute("SELECT 1")
    server.connect().execute(f"DELETE FROM {TABLE} WHERE id % 3 > 0; SELECT pg_stat_force_next_flush()")
    # A transaction in its place: only a replica that feeds back has a slot hold rows.
    row = {"kind": "slot", "id": "standby", "transactions": 9, "open_seconds": 4.0, "active": False, "user": None}
    monkeypatch.setattr(proof.Proof, "_holder", lambda *_: {"database": None, **row})
    failed = Work(server).one(action("vacuum", f"VACUUM {TABLE}"))
    assert failed.state == "failed"
    assert failed.detail.endswith(
        ": bring back who reads it, or where nobody will again SELECT pg_drop_replication_slot('standby')"
    )


def test_a_vacuum_that_a_replica_held_back_has_another_turn(server: Busy, monkeypatch: pytest.MonkeyPatch) -> None:
    server.connect().execute(f"VACUUM {TABLE}")
    holder = server.connect(user="nobody")
    holder.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    holder.execute("SELECT 1")
    server.connect().execute(f"DELETE FROM {TABLE} WHERE id % 3 > 0; SELECT pg_stat_force_next_flush()")
    # A transaction in its place: a replica's feedback takes ten seconds (test_who_follows has what tells them apart).
    monkeypatch.setattr(proof, "follows", lambda _: True)
    left = Work(server).one(action("vacuum", f"VACUUM {TABLE}"))
    assert (left.state, left.tries, left.detail.endswith(", and is about to follow")) == ("left", 2, True)
    done = Work(server, pause=lambda _: server.end(holder)).one(action("vacuum", f"VACUUM {TABLE}"))
    assert (done.state, done.tries, done.detail) == ("done", 2, "")


def test_a_reindex_leaves_a_smaller_index(server: Busy) -> None:
    server.connect().execute(f"VACUUM {TABLE}")
    done = Work(server).one(action("reindex", REINDEX, INDEX))
    assert done.state == "done", done.detail
    assert done.bytes_before
    assert done.bytes_after
    assert done.bytes_after < done.bytes_before
    again = Work(server).one(action("reindex", REINDEX, INDEX))
    assert (again.state, again.detail.partition(" than")[0]) == ("failed", f"{INDEX} is not smaller")


@pytest.mark.parametrize("seconds", [1000000 * 3600.0, float("inf")])
def test_a_budget_may_be_longer_than_a_statement(server: Busy, seconds: float) -> None:
    assert Work(server).one(action("vacuum", f"VACUUM {TABLE}"), seconds=seconds).detail == ""


def test_rows_are_deleted_in_batches_until_none_is_left(server: Busy) -> None:
    batch = f"DELETE FROM {TABLE} WHERE ctid IN (SELECT ctid FROM {TABLE} WHERE id < 9000 LIMIT 1000)"
    done = Work(server).one(action("expire", batch, repeat=True, lock="ROW EXCLUSIVE"))
    assert (done.state, done.rows) == ("done", 4500)
    assert Work(server).one(action("expire", batch, repeat=True, lock="ROW EXCLUSIVE")).rows == 0


def test_all_of_a_transaction_or_none(server: Busy) -> None:
    statements = (f"UPDATE {TABLE} SET n = -1 WHERE id = 1", "SELECT 1/0")
    done = Work(server).one(action("partition", "", statements=statements, transaction=True))
    assert (done.state, done.detail) == ("failed", "division by zero")
    assert server.connect().execute(f"SELECT n FROM {TABLE} WHERE id = 1").fetchone() == (1,)


def test_what_is_gone_is_left(server: Busy) -> None:
    done = Work(server).one(action("vacuum", 'VACUUM "Shop Front".gone', '"Shop Front".gone'))
    assert (done.state, done.detail) == (
        "left",
        'it is no longer as it was planned: relation "Shop Front.gone" does not exist',
    )


def test_without_the_right_it_fails_with_the_grant(server: Busy) -> None:
    done = Work(server, user="nobody").one(action("vacuum", f"VACUUM {TABLE}"))
    assert done.state == "failed"
    assert "permission denied" in done.detail or "only table or database owner can vacuum" in done.detail
    want = 'GRANT pg_maintain TO "nobody"' if server.major >= 17 else 'GRANT the owner TO "nobody"'
    assert want in done.detail
    assert invalid(server) == []
