"""Partitions on real servers of every version: made, filled from the default one, taken away; then nothing is left."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from kept_shop import NEW_YEAR, OWNER, Shop

from maintain.action import MaintenancePlan


def told(planned: MaintenancePlan) -> list[tuple[str, str, str]]:
    return [(each.object, each.lock, each.why) for each in planned.actions]


def skipped(planned: MaintenancePlan) -> list[str]:
    return [each.why for each in planned.skipped]


DAILY: dict[str, Any] = {
    "schema": "Metering",
    "table": "Reading",
    "partitions": {"every": "day", "ahead": 8, "keep": 30},
}
# Names that need quotes, a column that is a keyword, an identity, a generated column, rights by default.
READINGS = """
CREATE SCHEMA "Metering";
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO teller;
CREATE TABLE "Metering"."Reading" (
    id int NOT NULL, meter int, "on" date NOT NULL, twice int GENERATED ALWAYS AS (meter * 2) STORED, dropped int,
    CHECK (meter >= 0), UNIQUE (id, "on")
) PARTITION BY RANGE ("on");
ALTER TABLE "Metering"."Reading" DROP COLUMN dropped;
CREATE INDEX ON "Metering"."Reading" (meter);
ALTER TABLE "Metering"."Reading" ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON "Metering"."Reading" FOR SELECT TO teller USING (meter > 10);
CREATE TABLE "Metering"."The rest" PARTITION OF "Metering"."Reading" DEFAULT;
ALTER TABLE "Metering"."The rest" ENABLE ROW LEVEL SECURITY;
CREATE TABLE "Metering".tomorrow PARTITION OF "Metering"."Reading" FOR VALUES FROM ('2027-01-01') TO ('2027-01-02');
CREATE TABLE "Metering".nov PARTITION OF "Metering"."Reading" FOR VALUES FROM ('2026-11-30') TO ('2026-12-01');
CREATE TABLE "Metering"."old ones" PARTITION OF "Metering"."Reading" FOR VALUES FROM ('2020-01-01') TO ('2026-11-28');
INSERT INTO "Metering"."Reading" (id, meter, "on")
  SELECT g, g, date '2026-12-31' - g % 3 FROM generate_series(1, 30) g;
INSERT INTO "Metering"."Reading" (id, meter, "on")
  VALUES (31, 1, '2026-11-29'), (32, 1, '2099-01-01'), (33, 1, 'infinity'), (34, 1, '2025-06-01');
"""


def test_days_with_a_default_partition(shop: Shop) -> None:
    with shop.owner() as conn:
        conn.execute(READINGS)
    planned = shop.plan(DAILY)
    quoted = [f'"Metering"."Reading_2027_01_{day:02}"' for day in range(2, 9)]
    drained = [f'"Metering"."Reading_2026_12_{day}"' for day in (30, 29)]
    rest = '"Metering"."The rest" has 10 rows of it to move there'
    assert told(planned) == [
        (
            '"Metering"."Reading_2026_12_31"',
            "ACCESS EXCLUSIVE",
            f"no partition holds the day of 2026-12-31, the present one: {rest}",
        ),
        *(
            (name, "ACCESS EXCLUSIVE", f"no partition holds the day of 2027-01-{day:02}, which begins in {day} days")
            for day, name in enumerate(quoted, 2)
        ),
        *(
            (name, "ACCESS EXCLUSIVE", f"no partition holds the day of 2026-12-{day}: {rest}")
            for day, name in zip((30, 29), drained, strict=True)
        ),
        (
            '"Metering"."old ones"',
            "ACCESS EXCLUSIVE",
            '"Metering"."old ones" ends before the day of 2026-12-01, the oldest that stays',
        ),
        (
            '"Metering".nov',
            "ACCESS EXCLUSIVE",
            '"Metering".nov ends before the day of 2026-12-01, the oldest that stays',
        ),
        (
            '"Metering"."The rest"',
            "ROW EXCLUSIVE",
            '"Metering"."The rest" has 1 row from before the day of 2026-12-01, the oldest that stays',
        ),
    ]
    assert skipped(planned) == []
    assert {each.role for each in planned.actions} == {OWNER}
    shop.do(planned)
    again = shop.plan(DAILY)
    assert told(again) == []
    place = 'SELECT tableoid::regclass::text, count(*), sum(twice) FROM "Metering"."Reading" GROUP BY 1 ORDER BY 1'
    assert shop.rows(place) == [
        ('"Metering"."Reading_2026_12_29"', 10, 310),
        ('"Metering"."Reading_2026_12_30"', 10, 290),
        ('"Metering"."Reading_2026_12_31"', 10, 330),
        ('"Metering"."The rest"', 2, 4),
    ]
    made = """SELECT c.relrowsecurity, c.relforcerowsecurity, c.relacl::text[] <@ ARRAY[]::text[] OR
              (SELECT bool_and(grantee = c.relowner) FROM aclexplode(c.relacl)) AS own,
              (SELECT count(*) FROM pg_inherits JOIN pg_index ON indexrelid = inhrelid WHERE indrelid = c.oid),
              (SELECT count(*) FROM pg_constraint WHERE conrelid = c.oid AND contype = 'c' AND coninhcount = 1)
              FROM pg_class c WHERE c.relname ~ '^Reading_20.._.._..$' AND c.relkind = 'r' GROUP BY 1, 2, 3, 4, 5"""
    assert shop.rows(made) == [(True, False, True, 2, 1)]


def test_a_detached_one_stays_and_forced_policies_hold(newest: Shop) -> None:
    with newest.owner() as conn:
        conn.execute(READINGS)
        conn.execute('ALTER TABLE "Metering"."Reading" FORCE ROW LEVEL SECURITY')
        conn.execute('ALTER TABLE "Metering"."The rest" FORCE ROW LEVEL SECURITY')
    given = {**DAILY, "partitions": {**DAILY["partitions"], "then": "detach"}}
    planned = newest.plan(given)
    unseen = [why for why in skipped(planned) if why.startswith("what is in")]
    assert unseen == [
        'what is in "Metering"."The rest" was not to be seen: query would be affected by row-level security policy for '
        'table "The rest"'
    ]
    newest.do(planned)
    assert told(newest.plan(given)) == []
    assert newest.rows('SELECT count(*) FROM "Metering"."Reading_2026_12_31"') == [(10,)]
    assert newest.rows('SELECT count(*) FROM "Metering"."old ones"') == [(1,)]
    forced = (
        """SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relrowsecurity AND NOT relforcerowsecurity"""
    )
    assert newest.rows(forced) == []


WEEKS = """
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO teller;
CREATE TABLE visits (at timestamp(3) NOT NULL, id int) PARTITION BY RANGE (at);
CREATE TABLE visits_2026_w40 PARTITION OF visits FOR VALUES FROM ('2026-09-28') TO ('2026-10-05');
CREATE TABLE visits_2026_w53 PARTITION OF visits FOR VALUES FROM ('2026-12-28 00:00') TO ('2027-01-04');
"""


def test_weeks_without_a_default_partition_lock_nobody_out(shop: Shop) -> None:
    """`timestamp` is UTC, whatever the session's time zone; nobody waits for what is attached."""
    with shop.owner() as conn:
        conn.execute(WEEKS)
    weekly = {"table": "visits", "partitions": {"every": "week", "ahead": 2, "keep": 4}}
    planned = shop.plan(weekly)
    assert told(planned) == [
        (
            "public.visits_2027_w01",
            "SHARE UPDATE EXCLUSIVE",
            "no partition holds the week of 2027-01-04, which begins in 4 days",
        ),
        (
            "public.visits_2027_w02",
            "SHARE UPDATE EXCLUSIVE",
            "no partition holds the week of 2027-01-11, which begins in 11 days",
        ),
        (
            "public.visits_2026_w40",
            "ACCESS EXCLUSIVE",
            "public.visits_2026_w40 ends before the week of 2026-11-30, the oldest that stays",
        ),
    ]
    assert skipped(planned) == [
        "no partition of public.visits holds 2026-11-30 00:00 to 2026-12-28 00:00: rows of that time are refused"
    ]
    ahead, old = MaintenancePlan(actions=planned.actions[:2]), MaintenancePlan(actions=planned.actions[2:])
    with shop.connect() as writer:
        writer.execute("BEGIN; INSERT INTO visits VALUES ('2026-12-31 23:59:59.999', 1)")
        shop.do(ahead)
        writer.execute("INSERT INTO visits VALUES ('2027-01-04', 2); COMMIT")
    shop.do(old)
    assert shop.plan(weekly).actions == ()
    reads = "SELECT has_table_privilege('teller', 'visits_2027_w01', 'SELECT')"
    assert shop.rows(reads) == [(True,)], "rights by default, as no policy stands before the parent"
    place = "SELECT tableoid::regclass::text, id FROM visits ORDER BY 2"
    assert shop.rows(place) == [("visits_2026_w53", 1), ("visits_2027_w01", 2)]


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (NEW_YEAR, ["log_2026_12", "log_2027_01", "log_2027_02"]),
        (datetime(2027, 1, 1, tzinfo=UTC), ["log_2027_01", "log_2027_02", "log_2027_03"]),
        (datetime(2028, 2, 29, 12, tzinfo=UTC), ["log_2028_02", "log_2028_03", "log_2028_04"]),
    ],
)
def test_months_begin_and_end_in_utc(newest: Shop, at: datetime, expected: list[str]) -> None:
    with newest.owner() as conn:
        conn.execute("CREATE TABLE log (at timestamptz NOT NULL) PARTITION BY RANGE (at)")
    planned = newest.plan({"table": "log", "partitions": {"ahead": 2}}, at=at)
    assert [each.object for each in planned.actions] == [f"public.{name}" for name in expected]
    newest.do(planned)
    with newest.connect() as conn:
        conn.execute("SET timezone = 'America/New_York'")
    first = f"{expected[0][4:8]}-{expected[0][9:]}-01"
    bounds = "SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE relispartition ORDER BY relname LIMIT 1"
    assert newest.rows(bounds)[0][0].startswith(f"FOR VALUES FROM ('{first} 00:00:00+00') TO (")
    assert newest.plan({"table": "log", "partitions": {"ahead": 2}}, at=at).actions == ()


REFUSED = """
CREATE TABLE plain (at timestamptz);
CREATE VIEW seen AS SELECT 1 AS at;
CREATE TABLE listed (at date) PARTITION BY LIST (at);
CREATE TABLE by_month (at timestamp NOT NULL) PARTITION BY RANGE (date_trunc('month', at));
CREATE TABLE by_two (at date, id int) PARTITION BY RANGE (at, id);
CREATE TABLE by_number (id bigint) PARTITION BY RANGE (id);
CREATE TABLE tree (at date, id int) PARTITION BY RANGE (at);
CREATE TABLE branch PARTITION OF tree FOR VALUES FROM ('2026-01-01') TO ('2027-01-01') PARTITION BY LIST (id);
CREATE TABLE taken (at date) PARTITION BY RANGE (at);
CREATE TABLE taken_2026 (at date);
CREATE TABLE taken_from PARTITION OF taken FOR VALUES FROM (MINVALUE) TO ('2021-01-01');
CREATE TABLE taken_half PARTITION OF taken FOR VALUES FROM ('2027-01-01') TO ('2027-07-01');
"""
_DECLARED = "access.yaml declares partitions for public."


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {"table": "plane"},
            ["access.yaml's upkeep.0 names public.plane, which is no table of the database: nearest is `plain`"],
        ),
        (
            {"table": "zzz"},
            ["access.yaml's upkeep.0 names public.zzz, which is no table of the database: migrate, or take it out"],
        ),
        (
            {"table": "seen"},
            [
                "access.yaml's upkeep.0 names public.seen, which is no table of the database, but a view, a foreign "
                "table or the like"
            ],
        ),
        (
            {"table": "plain"},
            [f"{_DECLARED}plain, but it is not partitioned: a table is partitioned by a migration that makes it again"],
        ),
        (
            {"table": "listed"},
            [f"{_DECLARED}listed, but it is partitioned by LIST (at): only a RANGE of one column is kept"],
        ),
        (
            {"table": "by_month"},
            [
                f"{_DECLARED}by_month, but it is partitioned by RANGE (date_trunc('month'::text, at)): only a RANGE of "
                "one column is kept"
            ],
        ),
        (
            {"table": "by_two"},
            [f"{_DECLARED}by_two, but it is partitioned by RANGE (at, id): only a RANGE of one column is kept"],
        ),
        ({"table": "by_number"}, [f"{_DECLARED}by_number, but its key id is bigint, no point in time"]),
        (
            {"table": "tree"},
            ["public.branch of public.tree is partitioned itself: what its like is made of is not declared"],
        ),
        (
            {"table": "taken", "partitions": {"every": "year", "keep": 1}},
            [
                "no partition holds the year of 2026-01-01, the present one, and public.taken_2026 is something else: "
                "attach it, or give it another name",
                "a part of the year of 2027-01-01 is held by a partition of public.taken, and the rest of it by none",
                "no partition of public.taken holds 2025-01-01 00:00 to 2026-01-01 00:00: rows of that time are "
                "refused",
                "public.taken_from ends before the year of 2025-01-01, the oldest that stays, but it has no beginning: "
                "it goes by hand",
            ],
        ),
    ],
)
def test_what_is_not_kept_and_why(newest: Shop, given: dict[str, Any], expected: list[str]) -> None:
    with newest.owner() as conn:
        conn.execute(REFUSED)
    planned = newest.plan({"partitions": {}, **given})
    assert (told(planned), skipped(planned)) == ([], expected)


def test_a_table_of_somebody_else(newest: Shop) -> None:
    with newest.connect() as boss:
        boss.execute("CREATE TABLE log (at date) PARTITION BY RANGE (at)")
    (found,) = newest.plan({"table": "log", "partitions": {}, "expire": {"column": "at", "after": "1d"}}).skipped
    assert (found.why, found.mend) == (
        "access.yaml's upkeep.0 names public.log; it belongs to boss, not to shop owner, the owner by access.yaml",
        'ALTER TABLE public.log OWNER TO "shop owner"',
    )


def test_a_name_that_would_be_cut(newest: Shop) -> None:
    name = "a" * 56
    with newest.owner() as conn:
        conn.execute(f"CREATE TABLE {name} (at date) PARTITION BY RANGE (at)".encode())
    planned = newest.plan({"table": name, "partitions": {"ahead": 1}})
    assert skipped(planned)[0] == (
        f"no partition holds the month of 2026-12-01, the present one, and the name {name}_2026_12 would be longer "
        "than the 63 bytes that PostgreSQL takes"
    )


REFERENCED = """
CREATE TABLE customers (id int PRIMARY KEY);
INSERT INTO customers VALUES (1);
CREATE TABLE orders (id int, at timestamptz, customer int REFERENCES customers, PRIMARY KEY (id, at))
    PARTITION BY RANGE (at);
CREATE TABLE orders_rest PARTITION OF orders DEFAULT;
CREATE TABLE orders_2025 PARTITION OF orders FOR VALUES FROM ('2025-01-01 00:00+00') TO ('2025-02-01 00:00+00');
CREATE TABLE lines (id int, at timestamptz, FOREIGN KEY (id, at) REFERENCES orders ON DELETE CASCADE);
INSERT INTO orders VALUES (1, '2026-12-24', 1), (2, '2025-01-06', 1);
INSERT INTO lines VALUES (1, '2026-12-24');
"""


def test_a_key_that_refers_to_it_stops_moves_and_drops(shop: Shop) -> None:
    with shop.owner() as conn:
        conn.execute(REFERENCED)
    planned = shop.plan({"table": "orders", "partitions": {"ahead": 1, "keep": 1}})
    assert told(planned) == [
        (
            "public.orders_2027_01",
            "ACCESS EXCLUSIVE",
            "no partition holds the month of 2027-01-01, which begins in 1 day",
        )
    ]
    assert skipped(planned) == [
        "no partition holds the month of 2026-12-01, the present one: public.orders_rest has 1 row of it to move "
        "there; lines would take the move for a deletion, so it has to be done by hand",
        "public.orders_2025 ends before the month of 2026-11-01, the oldest that stays, but lines refers to "
        "public.orders: PostgreSQL drops no partition of it",
    ]
    shop.do(planned)
    assert shop.rows("SELECT (SELECT count(*) FROM orders), (SELECT count(*) FROM lines)") == [(2, 1)]


AUDITED = """
CREATE TABLE log (at date) PARTITION BY RANGE (at);
CREATE TABLE log_rest PARTITION OF log DEFAULT;
CREATE FUNCTION audited() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION $$deleted$$; END';
CREATE TRIGGER audit AFTER DELETE ON log FOR EACH ROW EXECUTE FUNCTION audited();
INSERT INTO log VALUES ('2026-12-05');
"""


def test_a_trigger_that_would_take_the_move_for_a_deletion(newest: Shop) -> None:
    with newest.owner() as conn:
        conn.execute(AUDITED)
    planned = newest.plan({"table": "log", "partitions": {"ahead": 1}})
    assert [each.object for each in planned.actions] == ["public.log_2027_01"]
    assert skipped(planned) == [
        "no partition holds the month of 2026-12-01, the present one: public.log_rest has 1 row of it to move there; "
        "audit would take the move for a deletion, so it has to be done by hand"
    ]
    newest.do(planned)
    assert newest.rows("SELECT count(*) FROM log_rest") == [(1,)]


def test_a_detach_that_was_broken_off_is_finished(shop: Shop) -> None:
    with shop.owner() as conn, shop.connect() as reader:
        conn.execute(WEEKS)
        reader.execute("BEGIN; SELECT count(*) FROM visits")
        conn.execute("SET statement_timeout = '300ms'")
        with pytest.raises(Exception, match="statement timeout"):
            conn.execute("ALTER TABLE visits DETACH PARTITION visits_2026_w53 CONCURRENTLY")
    planned = shop.plan({"table": "visits", "partitions": {"every": "week", "ahead": 2, "keep": 20}})
    assert told(planned)[0] == (
        "public.visits_2026_w53",
        "SHARE UPDATE EXCLUSIVE",
        "a DETACH CONCURRENTLY of public.visits_2026_w53 was broken off half-way: its rows are hidden already",
    )
    shop.do(MaintenancePlan(actions=planned.actions[:1]))
    pending = "SELECT count(*) FROM pg_inherits WHERE inhdetachpending OR inhrelid = 'visits_2026_w53'::regclass"
    assert shop.rows(pending) == [(0,)]
