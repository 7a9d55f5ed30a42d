"""A database with one of each trouble of what is stored, under names that have to be quoted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from real_servers import Postgres

from observe.node import PostgresNode
from observe.observation import Finding, Observation, Observed
from observe.read import look

DATABASE = "stored"
"""The tests of other folders have databases of their own on the same server."""
PASSWORD = "who-looks-in-a-test"
_ROLES = f"""
CREATE ROLE watcher LOGIN PASSWORD '{PASSWORD}' IN ROLE pg_monitor;
CREATE ROLE clerk LOGIN PASSWORD '{PASSWORD}';
"""
_SHOP = """
CREATE SCHEMA "Shop Front";
SET search_path = "Shop Front";
CREATE TABLE customers (id int PRIMARY KEY, name text);
INSERT INTO customers SELECT g, 'customer ' || g FROM generate_series(1, 100) g;
CREATE TABLE orders (id serial PRIMARY KEY, customer int CONSTRAINT "of Customer" REFERENCES customers, note text);
INSERT INTO orders (customer, note) SELECT 1 + g % 100, 'note ' || g % 500 FROM generate_series(1, 10001) g;
CREATE INDEX by_note ON orders (note);
CREATE INDEX by_note_again ON orders (note);
CREATE INDEX "by note, id" ON orders (note, id);
CREATE TABLE "Order Items" (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text);
INSERT INTO "Order Items" (body) SELECT 'x' FROM generate_series(1, 12000);
DELETE FROM "Order Items";
CREATE SEQUENCE tickets_numbers;
CREATE TABLE tickets (id int DEFAULT nextval('tickets_numbers'));
CREATE TABLE events (id bigint, at date, customer int, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE "events 2" PARTITION OF events FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
INSERT INTO events SELECT g, date '2026-01-01' + g % 59, g FROM generate_series(1, 3000) g;
CREATE INDEX events_at ON events (at);
CREATE INDEX events_at_again ON events (at);
"""


@dataclass(frozen=True)
class Shop:
    """The database, as its superuser and as others see it."""

    server: Postgres

    def run(self, *statements: str) -> None:
        """As the superuser, one after the other; what they counted is there for others afterwards."""
        with closing(self.server.superuser(DATABASE)) as conn:
            for statement in (*statements, "SELECT pg_stat_force_next_flush()"):
                conn.execute(statement.encode())

    @contextmanager
    def session(self, user: str = "watcher") -> Iterator[psycopg.Connection[Any]]:
        """As this tool opens it."""

        def connect(_: int) -> psycopg.Connection[Any]:
            return psycopg.connect(
                host="127.0.0.1", port=self.server.port, dbname=DATABASE, user=user, password=PASSWORD, autocommit=True
            )

        node = PostgresNode(name="only", address="", replica=False, connect=connect)
        with node.session() as session:
            yield session

    def look(self, observation: Observation, user: str = "watcher") -> Observed:
        with self.session(user) as session:
            return look(session, "only", observation)

    def mended(self, find: Callable[[], tuple[Finding, ...]]) -> list[str]:
        """Run what each finding says, and see that nothing is found; gives what was run."""
        mends = [each.mend for each in find()]
        for mend in mends:
            self.run(*mend.split("; "))
        assert find() == ()
        return mends


def made(server: Postgres) -> Shop:
    """Make it, once for a server."""
    with closing(server.superuser()) as conn:
        conn.execute(_ROLES)
        conn.execute(f"CREATE DATABASE {DATABASE}")
    shop = Shop(server)
    shop.run(_SHOP)
    shop.run("ANALYZE")
    return shop
