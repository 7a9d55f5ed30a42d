"""Rows whose time is over, on real servers: deleted by batches, and what keys, triggers and policies mean for it."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from kept_shop import NEW_YEAR, Shop

from knowledge.thresholds.upkeep import BATCH_ROWS
from maintain.action import Skipped
from maintain.facts import DatabaseFacts
from maintain.postgres.expiry import actions
from observe.observation import Observed
from observe.postgres.kept_tables import kept_tables

TOKENS = """
CREATE SCHEMA "Sign in";
CREATE TABLE "Sign in"."Token" (id int PRIMARY KEY, "until" timestamptz);
CREATE INDEX ON "Sign in"."Token" ("until");
INSERT INTO "Sign in"."Token" SELECT g, '2026-12-24 23:30+00' FROM generate_series(1, 2500) g;
INSERT INTO "Sign in"."Token" VALUES (3001, '2026-12-24 23:29:59+00'), (3002, '2026-12-24 23:30:01+00'), (3003, NULL),
    (3004, 'infinity'), (3005, '-infinity');
"""
TOKEN: dict[str, Any] = {"schema": "Sign in", "table": "Token", "expire": {"column": "until", "after": "7d"}}


def test_tokens_a_week_after_their_end(shop: Shop) -> None:
    with shop.owner() as conn:
        conn.execute(TOKENS)
        conn.execute('UPDATE "Sign in"."Token" SET "until" = "until" - interval \'1s\' WHERE id <= 2500; ANALYZE')
    (action,) = shop.plan(TOKEN).actions
    assert (action.kind, action.object, action.lock, action.needs, action.repeat, action.transaction) == (
        "expire",
        '"Sign in"."Token"',
        "ROW EXCLUSIVE",
        'ownership of "Sign in"."Token"',
        True,
        False,
    )
    assert action.why == '2,502 rows of "Sign in"."Token" are over since timestamptz \'2026-12-24 23:30:00+00\''
    assert action.bytes
    with shop.connect() as busy, shop.owner() as conn:
        busy.execute('BEGIN; SELECT FROM "Sign in"."Token" WHERE id = 1 FOR UPDATE')
        sizes = []
        while (changed := conn.execute(action.statement.encode()).rowcount) > 0:
            sizes.append(changed)
        assert sizes == [BATCH_ROWS, BATCH_ROWS, 501], "the row that somebody holds is passed over"
        busy.execute('UPDATE "Sign in"."Token" SET "until" = \'2027-01-01 00:00+00\' WHERE id = 1; COMMIT')
    assert shop.plan(TOKEN).actions == ()
    assert shop.rows('SELECT id FROM "Sign in"."Token" ORDER BY 1') == [(1,), (3002,), (3003,), (3004,)]


def test_a_batch_reads_the_oldest_by_the_index(newest: Shop) -> None:
    with newest.owner() as conn:
        conn.execute(TOKENS)
        later = "SELECT g, '2027-06-01 00:00+00' FROM generate_series(9000, 40000) g"
        conn.execute(f'INSERT INTO "Sign in"."Token" {later}'.encode())
        conn.execute("ANALYZE")
        (action,) = newest.plan(TOKEN).actions
        plan = "\n".join(row[0] for row in conn.execute(b"EXPLAIN " + action.statement.encode()).fetchall())
    assert "Seq Scan" not in plan
    assert 'Index Scan using "Token_until_idx"' in plan
    assert "Tid Scan" in plan


@pytest.mark.parametrize(
    ("kind", "kept", "expected"),
    [
        ("timestamptz", ["2026-12-31 22:30:01+00"], "timestamptz '2026-12-31 22:30:00+00'"),
        ("timestamp", ["2026-12-31 22:30:01"], "timestamp '2026-12-31 22:30:00'"),
        ("date", ["2026-12-31"], "date '2026-12-31'"),  # a day is past when it is over
    ],
)
def test_every_type_counts_in_utc(newest: Shop, kind: str, kept: list[str], expected: str) -> None:
    values = ["2026-12-30", *(["2026-12-31 22:29:59+00"] if kind != "date" else []), *kept]
    with newest.owner() as conn:
        conn.execute(f"SET timezone = 'UTC'; CREATE TABLE job (at {kind})".encode())
        for each in values:
            conn.execute("INSERT INTO job VALUES (%s)", (each,))
    given = {"table": "job", "expire": {"column": "at", "after": "1h"}}
    (action,) = newest.plan(given).actions
    gone = len(values) - len(kept)
    assert (
        action.why == f"{gone} row{'s' * (gone > 1)} of public.job {'are' if gone > 1 else 'is'} over since {expected}"
    )
    newest.do(newest.plan(given))
    assert newest.rows("SELECT at::text FROM job") == [(each,) for each in kept]


KEYS = """
CREATE TABLE cart (id int PRIMARY KEY, at timestamptz);
CREATE TABLE line (cart int REFERENCES cart ON DELETE CASCADE);
CREATE TABLE visit (cart int REFERENCES cart ON DELETE SET NULL);
CREATE TABLE invoice (cart int REFERENCES cart);
CREATE TABLE audit (cart int);
CREATE FUNCTION audited() RETURNS trigger LANGUAGE plpgsql
    AS 'BEGIN INSERT INTO audit VALUES (OLD.id); RETURN OLD; END';
CREATE TRIGGER "Audit" AFTER DELETE ON cart FOR EACH ROW EXECUTE FUNCTION audited();
INSERT INTO cart SELECT g, '2026-01-01' FROM generate_series(1, 3) g;
INSERT INTO line VALUES (1); INSERT INTO visit VALUES (2); INSERT INTO invoice VALUES (3);
"""


def test_keys_and_triggers_are_said_and_a_refused_row_stays(shop: Shop) -> None:
    with shop.owner() as conn:
        conn.execute(KEYS)
    given = {"table": "cart", "expire": {"column": "at", "after": "30d"}}
    planned = shop.plan(given)
    assert [each.why for each in planned.actions] == [
        "3 rows of public.cart are over since timestamptz '2026-12-01 23:30:00+00'; rows of line go with them; "
        'references in visit are cleared; those that invoice refers to stay; "Audit" fires'
    ]
    shop.do(planned)
    everything = "SELECT array(SELECT id FROM cart), array(SELECT cart FROM line), array(SELECT cart FROM visit)"
    assert shop.rows(everything) == [([3], [], [None])]
    assert shop.rows("SELECT cart FROM audit ORDER BY 1") == [(1,), (2,)]


def test_a_partitioned_table_partition_by_partition(shop: Shop) -> None:
    with shop.owner() as conn:
        conn.execute(
            "CREATE TABLE event (id int, made date, at timestamptz) PARTITION BY RANGE (made);"
            "CREATE TABLE event_2026 PARTITION OF event FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');"
            "CREATE TABLE event_rest PARTITION OF event DEFAULT; CREATE INDEX ON event (at);"
            "INSERT INTO event SELECT g, date '2026-12-30' + g, '2026-12-01' FROM generate_series(1, 3) g;"
            "INSERT INTO event VALUES (4, '2026-12-31', '2026-12-31')"
        )
    given = {"table": "event", "expire": {"column": "at", "after": "2d"}}
    planned = shop.plan(given)
    assert [(each.object, each.why) for each in planned.actions] == [
        (name, "3 rows of public.event are over since timestamptz '2026-12-29 23:30:00+00'")
        for name in ("public.event_2026", "public.event_rest")
    ]
    shop.do(planned)
    assert shop.rows("SELECT id FROM event") == [(4,)]
    assert shop.plan(given).actions == ()


REFUSED = """
CREATE TABLE cart (id int, "At" timestamptz, name text);
ALTER TABLE cart ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE TABLE filled (at timestamptz, pad text DEFAULT repeat('x', 3000));
ALTER TABLE filled ALTER pad SET STORAGE PLAIN;
INSERT INTO filled SELECT '2026-12-31' FROM generate_series(1, 4000);
"""
_CART = "access.yaml lets rows of public.cart expire by "


@pytest.mark.parametrize(
    ("table", "column", "expected"),
    [
        ("cart", "at", Skipped(object="public.cart", why=f"{_CART}`at`, which is none of its columns")),
        ("cart", "name", Skipped(object="public.cart", why=f"{_CART}`name`, which is text, no point in time")),
        (
            "cart",
            "At",
            Skipped(
                object="public.cart",
                why=f"{_CART}`At`, but row security is forced on it: its owner would delete only what its policies "
                "show",
                mend="ALTER TABLE public.cart NO FORCE ROW LEVEL SECURITY",
            ),
        ),
        (
            "filled",
            "at",
            Skipped(
                object="public.filled",
                why="access.yaml lets rows of public.filled expire by `at`, and no index begins with it: each batch "
                "would read 15.6 MiB",
                mend="CREATE INDEX CONCURRENTLY ON public.filled (at)",
            ),
        ),
        (
            "crat",
            "at",
            Skipped(
                object="public.crat",
                why="access.yaml's upkeep.0 names public.crat, which is no table of the database: nearest is `cart`",
            ),
        ),
    ],
)
def test_what_does_not_expire_and_why(newest: Shop, table: str, column: str, expected: Skipped) -> None:
    with newest.owner() as conn:
        conn.execute(REFUSED)
    planned = newest.plan({"table": table, "expire": {"column": column, "after": "1d"}})
    assert (planned.actions, planned.skipped) == ((), (expected,))


def test_who_may_not_see_the_rows_says_so(newest: Shop) -> None:
    with newest.owner() as conn:
        conn.execute(TOKENS)
        conn.execute('GRANT USAGE ON SCHEMA "Sign in" TO watcher')
    (action,) = newest.plan(TOKEN, user="watcher").actions
    assert action.why == (
        'rows (permission denied for table Token) of "Sign in"."Token" are over since timestamptz '
        "'2026-12-24 23:30:00+00'"
    )
    newest.do(newest.plan(TOKEN))
    assert newest.plan(TOKEN).actions == ()


def test_nothing_is_planned_of_what_was_not_seen() -> None:
    observation = kept_tables((), NEW_YEAR)
    refused = Observed(node="primary", observation=observation, rows=(), findings=(), refused=True)
    facts = DatabaseFacts(node="primary", at=NEW_YEAR, version=180000, owner="o", observed={observation.id: refused})
    assert list(actions(facts)) == []


def test_an_insert_beside_it_waits_for_nothing(newest: Shop) -> None:
    with newest.owner() as conn, newest.connect() as writer:
        conn.execute(TOKENS)
        (action,) = newest.plan(TOKEN).actions
        writer.execute("SET lock_timeout = '1ms'")
        conn.execute("BEGIN")
        conn.execute(action.statement.encode())
        writer.execute('INSERT INTO "Sign in"."Token" VALUES (5000, now())')
        with pytest.raises(psycopg.errors.LockNotAvailable):
            writer.execute('DELETE FROM "Sign in"."Token" WHERE id = 3005')
        conn.execute("ROLLBACK")
