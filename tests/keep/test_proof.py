"""The proof of a database: the same for the same rows on every server, another one for any other row."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from psycopg.sql import SQL
from rich_database import MAJORS, Library

from keep.postgres import proof, tables
from keep.postgres.proof import Proof
from keep.postgres.row_text import row_text
from keep.postgres.snapshot import pinned

pytestmark = pytest.mark.server

# What is changed -> what is other. Each undoes nothing: the next is compared with what it has left.
CHANGES = [
    ("UPDATE lending.title SET price = price WHERE isbn = lpad('1', 13, '9')", ()),
    (
        # into another partition, which would fire the triggers of an INSERT
        "SET session_replication_role = replica; UPDATE lending.loan SET day = day + 400 WHERE id = 100",
        "table lending.loan",
    ),
    ("UPDATE branch SET name = name || ' ' WHERE id = 1", "table public.branch"),
    ('UPDATE branch SET raw = \'{"a":1,"a": 2}\' WHERE id = 1', "table public.branch"),  # the same but for a space
    ("UPDATE branch SET balance = balance + 0.00 WHERE id = 1", "table public.branch"),  # 1000.5 is not 1000.50
    ("UPDATE branch SET rating = rating::float8 + 1e-7 WHERE id = 1", "table public.branch"),  # the last bit
    ("UPDATE branch SET rating = '0' WHERE rating = '-0'", "table public.branch"),
    ("UPDATE branch SET name = 'x' || chr(10) WHERE id = 4", "table public.branch"),
    ('UPDATE "Odd ""N"" ames"."Ta.ble" SET "Co""l" = \'\' WHERE "Co""l" IS NULL', 'table "Odd ""N"" ames"."Ta.ble"'),
    ("UPDATE lending.film SET shelf = 'G' WHERE id = 5", "table lending.film"),  # not of lending.medium, its parent
    ("UPDATE lending.secret_note SET text = '' WHERE id = 1", "table lending.secret_note"),  # hidden from its owner
    ("UPDATE schema_migrations SET dirty = true", "table public.schema_migrations"),
    ("SELECT lo_put(4711, 89999, 'x')", "the 2 large objects"),
    ("SELECT lo_put(4712, 5, 'x')", "the large objects"),
    ("REFRESH MATERIALIZED VIEW lending.popular", ()),
    ("SELECT nextval('lending.ticket')", "sequence lending.ticket"),
    ("SELECT setval('lending.unused', 1, true)", "sequence lending.unused"),  # is_called alone
    ("ALTER TABLE lending.title ADD seen boolean GENERATED ALWAYS AS (price > 1) STORED", ()),  # as pg_dump leaves out
    ("ALTER TABLE lending.title ADD x integer; ALTER TABLE lending.title DROP x", ()),
    ("VACUUM FULL lending.title", ()),  # the order of rows
    ("CREATE INDEX ON lending.title (words)", ()),
    ("CREATE TEMPORARY TABLE own (id integer)", ()),
    ("CREATE TABLE lending.more ()", "table lending.more"),
    ("DROP TABLE lending.more", "table lending.more"),
    ("TRUNCATE lending.columnless", "table lending.columnless"),
    ("ALTER DATABASE {database} SET IntervalStyle = 'iso_8601'", ()),  # and so on: a session's settings are pinned
    ("ALTER DATABASE {database} SET DateStyle = 'German'", ()),
    ("ALTER DATABASE {database} SET TimeZone = 'Asia/Kolkata'", ()),
    ("ALTER DATABASE {database} SET bytea_output = 'escape'", ()),
    ("ALTER DATABASE {database} SET extra_float_digits = -5", ()),
    ("ALTER DATABASE {database} SET search_path = lending", ()),
    ("ALTER DATABASE {database} SET quote_all_identifiers = on", ()),
]


def proved(server: Library, database: str = "library", user: str = "curator", role: str | None = None) -> Proof:
    with server.connect(user, database) as conn, pinned(conn, role):
        return proof.prove(conn)


def test_the_same_rows_have_the_same_proof_on_every_major(library_of: Callable[[int], Library]) -> None:
    first, *others = (proved(library_of(major)) for major in MAJORS)
    for other in others:
        shared = first.tables.keys() & other.tables.keys()
        assert {name: other.tables[name] for name in shared} == {name: first.tables[name] for name in shared}
        assert {"public.branch", "lending.loan", "lending.columnless", '"Odd ""N"" ames"."Ta.ble"'} < shared
        assert other.sequences == first.sequences
        assert other.large_objects == first.large_objects


def test_whoever_reads_everything_proves_the_same(newest: Library) -> None:
    assert proved(newest, user="archivist") == proved(newest)
    with pytest.raises(Exception, match="row-level security"):
        proved(newest, user="keeper", role="warden")


def test_every_change_of_a_row_is_seen_and_nothing_else(newest: Library, copied: str) -> None:
    before = proved(newest, copied)
    assert before == proof.read(proof.written(before))
    for sql, expected in CHANGES:
        newest.execute(sql.format(database=copied) if "{database}" in sql else sql, copied)
        after = proved(newest, copied)
        said = proof.differences(before, after)
        if expected:
            assert len(said) == 1, (sql, said)
            assert said[0].startswith(expected), sql
        else:
            assert said == (), sql
            assert after == before, sql
        before = after


def test_rows_that_change_places_between_tables_or_are_there_twice_are_seen(newest: Library, copied: str) -> None:
    newest.execute("CREATE TABLE a AS SELECT 1 AS id UNION ALL SELECT 1; CREATE TABLE b AS SELECT 2 AS id", copied)
    before = proved(newest, copied)
    newest.execute("UPDATE a SET id = 2; UPDATE b SET id = 1", copied)
    assert proof.differences(before, proved(newest, copied)) == (
        "table public.a has 2 rows as it had, but not the same",
        "table public.b has 1 rows as it had, but not the same",
    )


def test_a_partition_with_another_order_of_columns_counts_as_its_table_does(newest: Library, copied: str) -> None:
    newest.execute(
        "CREATE TABLE p (a integer, b integer) PARTITION BY LIST (a);"
        "CREATE TABLE p1 (gone text, b integer, a integer); ALTER TABLE p1 DROP gone;"
        "ALTER TABLE p ATTACH PARTITION p1 FOR VALUES IN (1); INSERT INTO p VALUES (1, 7);"
        "CREATE TABLE q (a integer, b integer); INSERT INTO q VALUES (1, 7)",
        copied,
    )
    found = proved(newest, copied).tables
    assert found["public.p"] == found["public.q"]


def test_types_of_extensions_and_virtual_columns_are_proved(newest: Library, copied: str) -> None:
    there = [each for each in ("mail", "facts", "near", "priced") if f"lending.{each}" in proved(newest).tables]
    assert there == ["mail", "facts", "near", "priced"]
    changes = (
        ("UPDATE lending.mail SET address = lower(address)", "lending.mail"),  # equal for citext itself
        ("UPDATE lending.facts SET of = of || 'b=>1'", "lending.facts"),
        ("UPDATE lending.near SET v = '[1,0.1,-3.0001e-7]' WHERE id = 1", "lending.near"),
        ("UPDATE lending.priced SET net = 10.0 WHERE net = 10", "lending.priced"),
    )
    for sql, table in changes:
        before = proved(newest, copied)
        newest.execute(f"SET search_path = public; {sql}", copied)
        said = proof.differences(before, proved(newest, copied))
        assert [each.split()[1] for each in said] == [table]


ROWS_THAT_DIFFER = """
CREATE TYPE pair AS (a integer, b text);
CREATE TABLE tricky (id integer, a text, b text, c text[], d pair, e boolean, n numeric);
INSERT INTO tricky (a, b, c, d, e, n) VALUES
  (NULL, NULL, NULL, NULL, NULL, NULL), ('', NULL, NULL, NULL, NULL, NULL), (NULL, '', NULL, NULL, NULL, NULL),
  ('x', NULL, NULL, NULL, NULL, NULL), (NULL, 'x', NULL, NULL, NULL, NULL), ('x', 'x', NULL, NULL, NULL, NULL),
  (E'x\x1f1\x1fx', NULL, NULL, NULL, NULL, NULL), (E'x\x1f1', 'x', NULL, NULL, NULL, NULL),
  ('x', E'1\x1fx', NULL, NULL, NULL, NULL), (NULL, NULL, '{NULL}', NULL, NULL, NULL),
  (NULL, NULL, '{"NULL"}', NULL, NULL, NULL), (NULL, NULL, '{}', NULL, NULL, NULL),
  (NULL, NULL, '{""}', NULL, NULL, NULL),
  (NULL, NULL, NULL, ROW(NULL, NULL), NULL, NULL), (NULL, NULL, NULL, ROW(NULL, ''), NULL, NULL),
  (NULL, NULL, NULL, NULL, true, NULL), (NULL, NULL, NULL, NULL, false, NULL), (NULL, NULL, NULL, NULL, NULL, 'NaN'),
  ('N1111111', 'x', '{}', ROW(1, 'x'), true, 1), ('N1111111', 'x', '{}', ROW(1, 'x'), true, 1.0);
UPDATE tricky SET id = 1;
"""


def test_rows_that_differ_have_another_text(newest: Library, copied: str) -> None:
    newest.execute(ROWS_THAT_DIFFER, copied)
    with newest.connect(database=copied) as conn, pinned(conn):
        (table,) = (each for each in tables.tables(conn) if each.name == "public.tricky")
        text = row_text("heap", table.columns)
        row = conn.execute(
            SQL("SELECT count(*), count(DISTINCT {}) FROM public.tricky AS heap").format(text)
        ).fetchone()
    assert row == (20, 20)


def test_a_table_of_many_columns_is_proved(newest: Library, copied: str) -> None:
    """A function takes a hundred arguments, and a table has up to 1,600 columns."""
    columns = ", ".join(f"c{number} text" for number in range(300))
    newest.execute(f"CREATE TABLE wide ({columns}); INSERT INTO wide (c0, c299) VALUES ('a', 'b')", copied)
    before = proved(newest, copied)
    newest.execute("UPDATE wide SET c299 = NULL, c150 = 'b'", copied)
    assert proof.differences(before, proved(newest, copied)) == (
        "table public.wide has 1 rows as it had, but not the same",
    )
