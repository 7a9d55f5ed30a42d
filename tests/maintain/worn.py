"""A database in which each trouble that maintenance mends was made for real, under names that have to be quoted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import psycopg
from busy_server import Busy

from bootstrap.access.load import load_access
from bootstrap.secrets import Secret
from maintain.action import Action, MaintenancePlan
from maintain.facts import DatabaseFacts
from maintain.look import of_node
from maintain.plan import IF_ASKED, OBSERVATIONS, plan
from observe.node import PostgresNode
from observe.nodes import postgres_nodes
from observe.observation import Observation
from observe.postgres.bloat import BLOAT, read, wasteful

DATABASE, OWNER = "worn", "stock_keeper"
S = '"Old Stock"'
LONG = "an_index_with_a_name_of_sixty_three_bytes_which_is_cut_at_the_e"
MEASURED = replace(
    BLOAT, read=lambda _: read(from_bytes=150_000), judge=lambda rows: wasteful(rows, from_bytes=150_000)
)
"""Bloat of a size that is made in a second."""
ACCESS = load_access({"owner": OWNER, "identities": {"app": {"postgres": "readwrite"}}})


@dataclass(frozen=True)
class Worn:
    """The database, as its superuser and as who watches."""

    server: Busy

    def connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.server.url("boss", DATABASE), autocommit=True)

    def run(self, *statements: str) -> None:
        """As the superuser, and what each counted is there for the next: a VACUUM counts before what was pending."""
        with closing(self.connect()) as conn:
            for each in statements:
                conn.execute(each.encode())
                conn.execute("SELECT pg_stat_force_next_flush()")

    def facts(self, *tables: str, **more: Any) -> DatabaseFacts:
        (node,) = self.seen_by("monitor")
        wanted: list[Observation] = [MEASURED if each is BLOAT else each for each in (*OBSERVATIONS, *IF_ASKED)]
        return replace(of_node(node, ACCESS, wanted, tables), **more)

    def seen_by(self, login: str) -> tuple[PostgresNode, ...]:
        """The server, by a login of it."""
        return postgres_nodes(Secret(self.server.url(login, DATABASE)))

    def plan(self, *tables: str, **more: Any) -> MaintenancePlan:
        return plan([self.facts(*tables, **more)])

    def send(self, action: Action) -> list[str]:
        """Do it as the role that it names; gives what the server warned of."""
        said: list[str] = []
        with closing(self.connect()) as conn:
            conn.add_notice_handler(lambda notice: said.append(str(notice.message_primary)))
            if action.role:
                conn.execute(f"""SET ROLE "{action.role}" """.encode())
            for each in action.statements:
                conn.execute(each.encode())
            conn.execute("RESET ROLE; SELECT pg_stat_force_next_flush()")
        return said

    def stopped(self, reindex: str, table: str) -> None:
        """A REINDEX CONCURRENTLY that does not get its lock after it has begun, as one that was cancelled."""
        with closing(self.connect()) as conn, closing(self.connect()) as other, other.transaction():
            other.execute(f"LOCK TABLE {table} IN ROW EXCLUSIVE MODE".encode())
            conn.execute("SET lock_timeout = '50ms'")
            try:
                conn.execute(reindex.encode())
            except psycopg.errors.LockNotAvailable:
                return
            raise AssertionError("it was not stopped")

    @contextmanager
    def table(self, name: str, columns: str, rows: str = "") -> Iterator[str]:
        """One of the owner's in the schema, gone afterwards."""
        table = f'{S}."{name}"'
        self.run(
            f'SET ROLE "{OWNER}"', f"CREATE TABLE {table} {columns}", *([f"INSERT INTO {table} {rows}"] if rows else [])
        )
        try:
            yield table
        finally:
            self.run(f"DROP TABLE {table}")


def made(server: Busy) -> Worn:
    """Make it, once for a server."""
    with psycopg.connect(server.url(database="postgres"), autocommit=True) as conn:
        conn.execute(f'CREATE ROLE "{OWNER}"'.encode())
        conn.execute(f"CREATE DATABASE {DATABASE}".encode())
        # What the tests count stays: autovacuum comes to no table here.
        conn.execute("ALTER SYSTEM SET autovacuum_naptime = '1d'")
        conn.execute("SELECT pg_reload_conf()")
    worn = Worn(server)
    worn.run(f'CREATE SCHEMA {S} AUTHORIZATION "{OWNER}"')
    with closing(worn.connect()) as conn:
        if conn.execute("SELECT FROM pg_available_extensions WHERE name = 'pgstattuple'").fetchone() is not None:
            conn.execute("CREATE EXTENSION pgstattuple")
    return worn
