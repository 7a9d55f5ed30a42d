"""A run of maintenance on a server of the tests: what a manifest would give it, by hand."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import psycopg
from busy_server import Busy

from maintain.action import Action, MaintenancePlan
from maintain.facts import DatabaseFacts
from maintain.plan import plan as planned
from maintain.report import Done, MaintenanceReport
from maintain.run.budget import Budget
from maintain.run.proof import Proof
from maintain.run.run import Means, run
from maintain.run.session import begin
from maintain.run.watch import Watch
from observe.node import PostgresNode
from observe.postgres.tables import TABLES
from observe.postgres.vacuum import VACUUM

TABLE = '"Shop Front"."Line Items"'
INDEX = '"Shop Front"."By N"'
REINDEX = f"REINDEX INDEX CONCURRENTLY {INDEX}"


@contextmanager
def line_items(server: Busy) -> Iterator[Busy]:
    """A table for a test, in a schema with a space, of which half the rows are dead."""
    with server.scene():
        conn = server.connect()
        conn.execute(f"CREATE TABLE {TABLE} (id int PRIMARY KEY, n int, pad text) WITH (autovacuum_enabled = off)")
        conn.execute(f"INSERT INTO {TABLE} SELECT i, i, repeat('x', 200) FROM generate_series(1, 40000) i")
        conn.execute(f'CREATE INDEX "By N" ON {TABLE} (n)')
        conn.execute(f"DELETE FROM {TABLE} WHERE id % 2 = 0")
        conn.execute("SELECT pg_stat_force_next_flush()")
        yield server
        conn.execute(f"DROP TABLE {TABLE}")


def action(kind: Any, statement: str, about: str = TABLE, **more: Any) -> Action:
    """One that needs no role."""
    usual = {"node": "database", "why": "a test", "lock": "SHARE UPDATE EXCLUSIVE", "needs": f"MAINTAIN on {about}"}
    return Action(**{"kind": kind, "object": about, "statements": (statement,), **usual, **more})


def refuse(wanted: Action) -> Done:
    raise AssertionError(f"not told of {wanted}")


@dataclass
class Work:
    """What a run is given; `said` is what it says."""

    server: Busy
    user: str = "boss"
    replicas: Sequence[PostgresNode] = ()
    pause: Callable[[float], None] = lambda _: None
    said: list[str] = field(default_factory=list)
    progress: Callable[[str], None] = lambda _: None

    def facts(self) -> DatabaseFacts:
        return DatabaseFacts(
            node="database",
            at=datetime.now(UTC),
            version=self.server.major * 10000,
            owner="boss",
            observed={each.id: self.server.see(each) for each in (TABLES, VACUUM)},
            database="shop",
        )

    def do(self, *actions: Action, seconds: float = 60.0) -> MaintenanceReport:
        """Carry them out."""
        facts = self.facts()
        node = self.server.node()
        url = self.server.url(self.user)
        with (
            psycopg.connect(url, autocommit=True) as conn,
            Watch(node, self.replicas, self.progress) as watch,
            closing(Proof(node, facts, lambda again: planned([again]))) as proof,
        ):
            begin(conn)
            means = Means(
                conn=conn,
                watch=watch,
                proof=proof,
                budget=Budget(seconds),
                cache=refuse,
                say=self.said.append,
                pause=self.pause,
            )
            return run(MaintenancePlan(actions=actions), means)

    def one(self, wanted: Action, seconds: float = 60.0) -> Done:
        """Carry one out."""
        (done,) = self.do(wanted, seconds=seconds).done
        return done


@contextmanager
def meanwhile(work: Callable[[], object]) -> Iterator[threading.Thread]:
    """Do it in a thread, and wait for it at the end; what it raises fails the test."""
    failed: list[BaseException] = []

    def do() -> None:
        try:
            work()
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=do)
    thread.start()
    try:
        yield thread
    finally:
        thread.join(60)
        assert not thread.is_alive()
        if failed:
            raise failed[0]


def invalid(server: Busy) -> list[str]:
    """Indexes that no query uses."""
    rows = server.connect().execute("SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid ORDER BY 1")
    return [row[0] for row in rows.fetchall()]
