"""What a mend says that it locks, rewrites or loses is what a server does."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from real_servers import Postgres
from round_trips import Connection, empty

from bootstrap.schema.mends.columns import widens
from bootstrap.schema.mends.effects import effect

TABLES = """
CREATE TABLE t (id int PRIMARY KEY, a int, b text, c varchar(9) DEFAULT 'x', n numeric(5,2),
    g int GENERATED ALWAYS AS (id) STORED);
CREATE TABLE u (id int PRIMARY KEY, t int);
CREATE TABLE parent (id int);
CREATE TABLE parts (id int) PARTITION BY LIST (id);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES IN (1);
CREATE TABLE parts_2 (id int);
CREATE INDEX by_a ON t (a);
ALTER TABLE t ADD CONSTRAINT late CHECK (a > 0) NOT VALID;
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER fires BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();
CREATE RULE ruled AS ON DELETE TO t DO INSTEAD NOTHING;
CREATE POLICY allowed ON t USING (true);
"""
ALL, SHARE, WRITES, ON = "ACCESS EXCLUSIVE", "SHARE", "SHARE ROW EXCLUSIVE", "SHARE UPDATE EXCLUSIVE"
STATEMENTS: list[tuple[str, str | None, bool]] = [
    ("ALTER TABLE t ALTER COLUMN a TYPE bigint USING a::bigint", ALL, True),
    ("ALTER TABLE t ALTER COLUMN c TYPE character varying(20)", ALL, False),
    ("ALTER TABLE t ALTER COLUMN c TYPE text", ALL, False),
    ("ALTER TABLE t ALTER COLUMN n TYPE numeric(9,2)", ALL, False),
    ("ALTER TABLE t ALTER COLUMN n TYPE numeric(5,3) USING n::numeric(5,3)", ALL, True),
    ("ALTER TABLE t ALTER COLUMN a SET NOT NULL", ALL, False),
    ("ALTER TABLE t ALTER COLUMN id DROP DEFAULT", ALL, False),
    ("ALTER TABLE t ALTER COLUMN c SET DEFAULT 'y'", ALL, False),
    ("ALTER TABLE t ALTER COLUMN g DROP EXPRESSION", ALL, False),
    ("ALTER TABLE ONLY t ALTER COLUMN b SET STORAGE EXTERNAL", ALL, False),
    ("ALTER TABLE ONLY t ALTER COLUMN b SET STATISTICS 5", ON, False),
    ("ALTER TABLE ONLY t ALTER COLUMN b SET (n_distinct = 5)", ON, False),
    ("ALTER TABLE t ADD COLUMN more integer", ALL, False),
    ("ALTER TABLE t ADD COLUMN more integer DEFAULT 3", ALL, False),
    ("ALTER TABLE t ADD COLUMN more integer GENERATED ALWAYS AS (a) STORED", ALL, True),
    ("ALTER TABLE t ADD COLUMN more integer GENERATED ALWAYS AS IDENTITY NOT NULL", ALL, True),
    ("ALTER TABLE t DROP COLUMN b", ALL, False),
    ("ALTER TABLE u ADD CONSTRAINT f FOREIGN KEY (t) REFERENCES t(id) NOT VALID", WRITES, False),
    ("ALTER TABLE u ADD CONSTRAINT f FOREIGN KEY (t) REFERENCES t(id)", WRITES, False),
    ("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID", ALL, False),
    ("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)", ALL, False),
    ("ALTER TABLE t ADD CONSTRAINT c UNIQUE (a)", ALL, False),
    ("ALTER TABLE t VALIDATE CONSTRAINT late", ON, False),
    ("ALTER TABLE t DROP CONSTRAINT late", ALL, False),
    ("ALTER TABLE ONLY parts ATTACH PARTITION parts_2 FOR VALUES IN (2)", ALL, False),
    ("ALTER TABLE parts DETACH PARTITION parts_1", ALL, False),
    ("ALTER TABLE t SET UNLOGGED", ALL, True),
    ("ALTER TABLE u INHERIT parent", ALL, False),
    ("ALTER TABLE ONLY t REPLICA IDENTITY FULL", ALL, False),
    ("ALTER TABLE t CLUSTER ON by_a", ON, False),
    ("ALTER TABLE t DISABLE TRIGGER fires", WRITES, False),
    ("ALTER TABLE t DISABLE RULE ruled", ALL, False),
    ("ALTER TABLE t ENABLE ROW LEVEL SECURITY", ALL, False),
    ("ALTER TABLE t SET (fillfactor = 50)", ON, False),
    ("CREATE INDEX more ON public.t USING btree (a)", SHARE, False),
    ("DROP INDEX by_a", ALL, False),
    ("CREATE OR REPLACE TRIGGER more BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()", WRITES, False),
    ("DROP TRIGGER fires ON t", ALL, False),
    ("CREATE OR REPLACE RULE more AS ON DELETE TO t DO INSTEAD NOTHING", ALL, False),
    ("CREATE POLICY more ON t USING (true)", ALL, False),
]


@pytest.fixture(scope="module")
def tables(every_server: Postgres) -> Iterator[Connection]:
    with empty(every_server, "effects") as connection:
        connection.execute(TABLES.encode())
        yield connection


def files(connection: Connection) -> dict[str, int]:
    found = connection.execute(
        "SELECT relname, relfilenode FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    return dict(found.fetchall())


@pytest.mark.server
@pytest.mark.parametrize(("statement", "lock", "rewrites"), STATEMENTS, ids=[each for each, *_ in STATEMENTS])
def test_the_lock_and_the_rewriting_are_those_that_are_said(
    tables: Connection, statement: str, lock: str, rewrites: bool
) -> None:
    before = files(tables)
    with tables.transaction(force_rollback=True):
        tables.execute(statement.encode())
        held = tables.execute(
            "SELECT mode FROM pg_locks JOIN pg_class c ON c.oid = relation WHERE relkind IN ('r', 'p')"
            " AND relnamespace = 'public'::regnamespace AND pid = pg_backend_pid()"
        ).fetchall()
        again = files(tables)
    names = {" ".join(re.findall("[A-Z][a-z]+", mode.removesuffix("Lock"))).upper() for (mode,) in held}
    assert lock in names
    if lock != ALL:
        assert ALL not in names
    said = str(effect(statement))
    assert f"({lock})" in said
    assert ("rewrites" in said and "volatile" not in said) == rewrites
    assert (before != again) == rewrites


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("ALTER TABLE t DROP COLUMN a", "loses what is stored in the column"),
        ("DROP TABLE t", "loses the rows"),
        ("DROP SEQUENCE s", "loses the number"),
        ("DROP VIEW v", "what was granted on it goes with it"),
        ("DROP MATERIALIZED VIEW v", "what was granted on it goes with it"),
        ("ALTER TYPE m ADD VALUE 'x' AFTER 'y'", "can be used when this is committed"),
        ("ALTER TYPE c DROP ATTRIBUTE a CASCADE", "loses what is stored in the attribute"),
        ("ALTER TABLE t ADD COLUMN a int NOT NULL", "is refused while the table has rows"),
        ("ALTER DOMAIN d SET NOT NULL", "reads every table with a column of the domain"),
        ("CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)", "not inside a transaction"),
        ("REFRESH MATERIALIZED VIEW m", "while nobody reads the view"),
    ],
)
def test_what_a_statement_loses_is_said(statement: str, says: str) -> None:
    assert says in str(effect(statement))


@pytest.mark.parametrize(
    "statement", ["CREATE TABLE t (id int)", "COMMENT ON TABLE t IS 'x'", "CREATE TYPE a AS ENUM ()", "SELECT f()"]
)
def test_what_keeps_nobody_waiting_needs_no_word(statement: str) -> None:
    assert effect(statement) is None


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("character varying(5)", "character varying(9)", True),
        ("character varying(9)", "character varying(5)", False),
        ("character varying(9)", "text", True),
        ("character varying", "text", True),
        ("text", "character varying", True),
        ("text", "character varying(9)", False),
        ("numeric(5,2)", "numeric(7,2)", True),
        ("numeric(5,2)", "numeric", True),
        ("numeric(5,2)", "numeric(7,3)", False),
        ("numeric", "numeric(7,3)", False),
        ("integer", "bigint", False),
        ("text", "text", True),
    ],
)
def test_which_types_only_widen(old: str, new: str, expected: bool) -> None:
    assert widens(old, new) is expected
