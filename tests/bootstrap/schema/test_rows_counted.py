"""Counting and estimating rows: each row once, whatever kind of table it is in and whoever analyzed it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from real_servers import Postgres
from schema_server import make_database

from bootstrap import schema

pytestmark = pytest.mark.server
Connection = psycopg.Connection[Any]

SHOP = """
SET ROLE clinic_owner;
CREATE TABLE plain (id bigint);
CREATE TABLE log (id bigint, at date) PARTITION BY RANGE (at);
CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE log_rest PARTITION OF log DEFAULT PARTITION BY RANGE (id);
CREATE TABLE log_rest_low PARTITION OF log_rest FOR VALUES FROM (0) TO (100);
CREATE TABLE bare (id bigint) PARTITION BY HASH (id);
CREATE TABLE parent (id bigint);
CREATE TABLE child (more text) INHERITS (parent);
CREATE UNLOGGED TABLE "Odd name" (id bigint);
INSERT INTO plain SELECT generate_series(1, 5);
INSERT INTO log SELECT n, '2026-01-10' FROM generate_series(1, 7) n;
INSERT INTO log SELECT n, '2026-03-10' FROM generate_series(1, 4) n;
INSERT INTO parent VALUES (1), (2);
INSERT INTO child VALUES (3);
INSERT INTO "Odd name" VALUES (1);
CREATE MATERIALIZED VIEW filled_view AS SELECT * FROM plain;
CREATE MATERIALIZED VIEW never_filled AS SELECT * FROM plain WITH NO DATA;
CREATE VIEW looked_at AS SELECT * FROM plain;
RESET ROLE;
CREATE SCHEMA archive AUTHORIZATION clinic_owner;
SET ROLE clinic_owner;
CREATE TABLE archive.log (id bigint) PARTITION BY LIST (id);
CREATE TABLE archive.log_a PARTITION OF archive.log FOR VALUES IN (1);
INSERT INTO archive.log VALUES (1), (1);
CREATE TABLE archive.log_2 PARTITION OF log FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
INSERT INTO log VALUES (1, '2026-02-02');
CREATE TEMPORARY TABLE passing AS SELECT 1;
RESET ROLE;
CREATE TABLE archive.nobodys (id bigint);
INSERT INTO archive.nobodys VALUES (1);
ALTER TABLE archive.nobodys OWNER TO clinic_app;
"""
ROWS = {
    "Odd name": 1,
    "archive.log": 2,
    "bare": 0,
    "child": 1,
    "filled_view": 5,
    "log": 12,
    "parent": 2,
    "plain": 5,
}


@pytest.fixture(scope="module")
def shop(schema_server: Postgres) -> Iterator[Connection]:
    with make_database(schema_server, "rows_of_a_shop") as connection:
        connection.execute(SHOP)
        yield connection


def test_every_row_is_counted_once_and_what_the_role_may_not_read_is_named(shop: Connection) -> None:
    with shop.transaction(force_rollback=True):
        shop.execute("SET LOCAL ROLE clinic_owner")
        counted = schema.count(shop)
    assert counted == schema.Counted(rows=ROWS, unread=("archive.nobodys",))


def test_a_row_of_another_server_is_not_asked_for(shop: Connection) -> None:
    """A foreign partition of a server that is not there: reading it would fail."""
    with shop.transaction(force_rollback=True):
        shop.execute("""CREATE FOREIGN DATA WRAPPER nowhere; CREATE SERVER away FOREIGN DATA WRAPPER nowhere;
            GRANT USAGE ON FOREIGN SERVER away TO clinic_owner; SET LOCAL ROLE clinic_owner;
            CREATE FOREIGN TABLE log_away PARTITION OF log FOR VALUES FROM ('2025-01-01') TO ('2026-01-01') SERVER away;
            CREATE FOREIGN TABLE alone (id bigint) SERVER away""")
        assert schema.count(shop).rows == ROWS


def test_a_table_is_estimated_by_what_postgresql_knows_of_its_heaps(shop: Connection) -> None:
    """A partitioned table's own reltuples is -1 until somebody analyzes it by name; autovacuum never does."""
    shop.execute("ANALYZE plain, log_1, log_rest_low, archive.log_2, child, parent, archive.log_a, archive.nobodys")
    row = shop.execute("SELECT reltuples FROM pg_class WHERE oid = 'log'::regclass").fetchone()
    assert row == (-1,)
    found = schema.estimate(shop)
    known = {name: rows for name, rows in ROWS.items() if name not in ("Odd name", "filled_view")}
    assert found.items() >= {**known, "archive.nobodys": 1}.items()


def test_a_table_that_was_never_analyzed_is_estimated_by_its_counters_and_never_as_empty(shop: Connection) -> None:
    shop.execute("CREATE TABLE fresh AS SELECT generate_series(1, 30) AS id; CREATE TABLE hollow (id bigint)")
    try:
        shop.execute("SELECT pg_stat_force_next_flush()")
        row = shop.execute("SELECT reltuples FROM pg_class WHERE oid = 'fresh'::regclass").fetchone()
        assert row == (-1,)
        found = schema.estimate(shop)
        assert (found["fresh"], found["hollow"]) == (30, 0)
        # As after a crash, which loses the counters.
        shop.execute("SELECT pg_stat_reset_single_table_counters('fresh'::regclass)")
        assert "fresh" not in schema.estimate(shop)
    finally:
        shop.execute("DROP TABLE fresh, hollow")
