"""A primary, its replica and a server that is down, asked together: replication, conflicts, and who did not answer."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from busy_server import Busy, busy
from postgres_server import free_port
from real_servers import Postgres, replica_of

from bootstrap.secrets import Secret
from knowledge.thresholds.postgres_storage import UNUSED_INDEX
from observe.ask import ask, whole
from observe.node import PostgresNode
from observe.nodes import postgres_nodes
from observe.observation import Observed
from observe.postgres.index_usage import INDEX_USAGE, unused
from observe.postgres.replication import REPLICATION
from observe.postgres.sessions import SESSIONS

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def primary() -> Iterator[Busy]:
    with busy(18) as made:
        yield made


@pytest.fixture(scope="module")
def replica(primary: Busy) -> Iterator[int]:
    """Port of a replica that cancels at once what is in the way of replay."""
    with primary.scene(), tempfile.TemporaryDirectory(prefix="dt-replica-", dir="/tmp") as folder:
        conn = primary.connect()
        # Copied with the data: a replica has to allow as many (PostgreSQL, Hot Standby, administrator's overview).
        conn.execute("ALTER SYSTEM SET max_prepared_transactions = 5")
        conn.execute("ALTER SYSTEM SET max_standby_streaming_delay = 0")
        with replica_of(Postgres(primary.port, primary.major), Path(folder)) as port:
            yield port


def node(name: str, port: int) -> PostgresNode:
    (made,) = postgres_nodes(Secret(f"postgres://monitor@127.0.0.1:{port}/shop"))
    return replace(made, name=name, replica=name != "primary")


def of(answers: tuple[Observed, ...], observation: str, name: str) -> Observed:
    (found,) = [each for each in answers if (each.observation.id, each.node) == (observation, name)]
    return found


def test_replication_from_both_ends(primary: Busy, replica: int) -> None:
    with primary.scene():
        conn = primary.connect()
        conn.execute("SELECT pg_create_physical_replication_slot('left_behind', true)")
        try:
            _conflict(conn, replica)
            answers = ask([node("primary", primary.port), node("standby", replica)], whole(REPLICATION))
        finally:
            conn.execute("SELECT pg_drop_replication_slot('left_behind')")
    (sender,) = of(answers, "replication", "primary").rows
    assert (sender["user"], sender["application"], sender["state"]) == ("rdsadmin", "walreceiver", "streaming")
    assert of(answers, "replication", "standby").rows == ()
    (slot,) = of(answers, "slots", "primary").rows
    assert (slot["slot"], slot["active"]) == ("left_behind", False)
    (receiver,) = of(answers, "receiver", "standby").rows
    assert (receiver["status"], receiver["paused"]) == ("streaming", False)
    assert of(answers, "receiver", "primary").rows == ()
    (conflict,) = of(answers, "conflicts", "standby").rows
    assert (conflict["database"], conflict["snapshots"]) == ("shop", 1)
    assert of(answers, "conflicts", "primary").rows == ()


def _conflict(primary: psycopg.Connection[tuple[object, ...]], replica: int) -> None:
    """Have replay cancel a statement that looks at rows which vacuum removes."""
    with psycopg.connect(f"postgres://boss@127.0.0.1:{replica}/shop", autocommit=True) as reader:
        reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        reader.execute('SELECT count(*) FROM "Shop Front"."Order Items"')
        primary.execute('DELETE FROM "Shop Front"."Order Items" WHERE id = 2')
        primary.execute('VACUUM "Shop Front"."Order Items"')
        with pytest.raises(psycopg.OperationalError, match="conflict with recovery"):
            _ask_on(reader)


def _ask_on(conn: psycopg.Connection[tuple[object, ...]]) -> None:
    for _ in range(1000):
        conn.execute("SELECT 1")
        time.sleep(0.01)


def test_a_server_that_is_down_is_one_line_and_the_others_answer(primary: Busy, replica: int) -> None:
    nodes = [node("primary", primary.port), node("standby", replica), node("gone", free_port())]
    answers = ask(nodes, [SESSIONS])
    assert [(each.node, each.reached, bool(each.rows)) for each in answers] == [
        ("primary", True, True),
        ("standby", True, True),
        ("gone", False, False),
    ]
    (found,) = answers[2].findings
    assert (found.status, found.mend) == ("skipped", "datatier health")
    assert "Connection refused" in found.message


def test_replicas_are_left_out_of_what_only_the_primary_knows(primary: Busy, replica: int) -> None:
    nodes = [node("primary", primary.port), node("standby", replica)]
    answers = ask(nodes, [replace(SESSIONS, on_replica=False)])
    assert [each.node for each in answers] == ["primary"]


def test_an_index_is_unused_only_where_no_server_scans_it(primary: Busy, replica: int) -> None:
    table, both = '"Shop Front"."Order Items"', [node("primary", primary.port), node("standby", replica)]
    gone = [both[0], node("standby", free_port())]
    question = replace(INDEX_USAGE, together=lambda rows: unused(rows, threshold=replace(UNUSED_INDEX, warn=0), days=0))

    def said(nodes: list[PostgresNode]) -> list[tuple[str, str]]:
        found = ask(nodes, [question])[0].findings
        return [(str(each.status), each.object) for each in found if each.check == "unused-index"]

    with primary.scene():
        conn = primary.connect()
        conn.execute(f"CREATE INDEX by_n ON {table} (n)".encode())
        with psycopg.connect(f"postgres://boss@127.0.0.1:{replica}/shop", autocommit=True) as reader:
            while not (reader.execute("SELECT to_regclass('\"Shop Front\".by_n')").fetchone() or (None,))[0]:
                time.sleep(0.01)
            assert said(both) == [("warn", '"Shop Front".by_n')]
            # One server of two says nothing about an index.
            assert said(gone) == [("skipped", "")]
            assert said(both[:1]) == [("skipped", "")]
            assert said(both[1:]) == [("skipped", "")]
            reader.execute("SET enable_seqscan = off")
            reader.execute(f"SELECT FROM {table} WHERE n = 1".encode())
            reader.execute("SELECT pg_stat_force_next_flush()")
        assert said(both) == []
        conn.execute('DROP INDEX "Shop Front".by_n')
