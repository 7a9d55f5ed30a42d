"""Connections that are used up and a dirty migration are seen by whoever looks, whatever is declared."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import psycopg
import pytest
from real_servers import Postgres

from bootstrap.postgres.pressure import migration, used_up
from bootstrap.report import MigrationReached

pytestmark = pytest.mark.server
NAME = "pressed_shop"


@pytest.fixture
def conn(postgres18: Postgres) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    with postgres18.superuser() as admin:
        admin.execute(f"CREATE DATABASE {NAME}")
        admin.execute(f"CREATE ROLE {NAME}_web LOGIN PASSWORD 'web' CONNECTION LIMIT 2")
        admin.execute(f"CREATE ROLE {NAME}_shut LOGIN CONNECTION LIMIT 0")
        with postgres18.superuser(NAME) as made:
            yield made
        admin.execute(f"DROP DATABASE {NAME} WITH (FORCE)")
        admin.execute(f"DROP ROLE {NAME}_web, {NAME}_shut")


@pytest.mark.parametrize(
    ("sessions", "limit", "says"),
    [
        (1, -1, []),
        (2, -1, [f"login {NAME}_web holds all 2 connections that it may (2 are in use)"]),
        (
            2,
            3,
            [
                f"database {NAME} holds all 3 connections that it may (3 are in use)",
                f"login {NAME}_web holds all 2 connections that it may (2 are in use)",
            ],
        ),
    ],
)
def test_limits_that_are_reached(
    postgres18: Postgres, conn: psycopg.Connection[tuple[object, ...]], sessions: int, limit: int, says: list[str]
) -> None:
    conn.execute(f"ALTER DATABASE {NAME} CONNECTION LIMIT {limit}")
    with ExitStack() as stack:
        for _ in range(sessions):
            where = {"host": "127.0.0.1", "port": postgres18.port, "dbname": NAME}
            stack.enter_context(psycopg.connect(**where, user=f"{NAME}_web", password="web"))
        assert [str(each) for each in used_up(conn)] == says
        if says:
            with pytest.raises(psycopg.OperationalError, match="too many connections"):
                psycopg.connect(**where, user=f"{NAME}_web", password="web")


def test_where_the_schema_is(conn: psycopg.Connection[tuple[object, ...]]) -> None:
    assert migration(conn) is None
    conn.execute("CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL)")
    assert migration(conn) is None
    conn.execute("INSERT INTO schema_migrations VALUES (7, true)")
    assert migration(conn) == MigrationReached(version=7, dirty=True)
    conn.execute("ALTER TABLE schema_migrations RENAME COLUMN dirty TO clean")
    assert migration(conn) is None
