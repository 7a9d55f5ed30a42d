"""A change of anything that a schema can have is found, or what it is of is counted as left out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from real_servers import Postgres
from round_trips import HERE, Connection, empty

from bootstrap import schema
from bootstrap.schema.coverage import COVERAGE, page

pytestmark = pytest.mark.server

CHANGES: list[tuple[str, str]] = [
    ("pg_namespace", "CREATE SCHEMA other"),
    ("pg_namespace", "ALTER SCHEMA shop RENAME TO store"),
    ("pg_description", "COMMENT ON SCHEMA shop IS NULL"),
    ("pg_description", "COMMENT ON SCHEMA public IS 'ours'"),
    ("pg_description", "COMMENT ON TABLE t IS 'x'"),
    ("pg_description", "COMMENT ON COLUMN t.n IS 'x'"),
    ("pg_description", "COMMENT ON COLUMN v.n IS 'x'"),
    ("pg_description", "COMMENT ON COLUMN pair.a IS 'x'"),
    ("pg_description", "COMMENT ON COLUMN parted_1_a.n IS 'x'"),
    ("pg_description", "COMMENT ON COLUMN there.id IS 'x'"),
    ("pg_description", "COMMENT ON CONSTRAINT low ON t IS 'x'"),
    ("pg_description", "COMMENT ON CONSTRAINT above ON DOMAIN positive IS 'y'"),
    ("pg_description", "COMMENT ON INDEX by_n IS 'x'"),
    ("pg_description", "COMMENT ON INDEX t_pkey IS 'x'"),
    ("pg_description", "COMMENT ON INDEX mv_id IS 'x'"),
    ("pg_description", "COMMENT ON TRIGGER fires ON t IS 'x'"),
    ("pg_description", "COMMENT ON RULE ruled ON t IS 'x'"),
    ("pg_description", "COMMENT ON POLICY allowed ON t IS 'x'"),
    ("pg_description", "COMMENT ON SEQUENCE numbers IS 'x'"),
    ("pg_description", "COMMENT ON SEQUENCE t_id_seq IS 'x'"),
    ("pg_description", "COMMENT ON TYPE mood IS 'x'"),
    ("pg_description", "COMMENT ON DOMAIN positive IS 'x'"),
    ("pg_description", "COMMENT ON TYPE span IS 'x'"),
    ("pg_description", "COMMENT ON TYPE dot IS 'x'"),
    ("pg_description", "COMMENT ON FUNCTION fine(int) IS 'x'"),
    ("pg_description", "COMMENT ON PROCEDURE done() IS 'x'"),
    ("pg_description", "COMMENT ON AGGREGATE total(int) IS 'x'"),
    ("pg_description", "COMMENT ON OPERATOR <<< (pair, pair) IS 'x'"),
    ("pg_description", "COMMENT ON OPERATOR FAMILY pairs USING btree IS 'x'"),
    ("pg_description", "COMMENT ON OPERATOR CLASS pair_ops USING btree IS 'x'"),
    ("pg_description", "COMMENT ON CAST (int AS pair) IS 'x'"),
    ("pg_description", "COMMENT ON COLLATION plain IS 'x'"),
    ("pg_description", "COMMENT ON CONVERSION converted IS 'x'"),
    ("pg_description", "COMMENT ON TEXT SEARCH PARSER parser IS 'x'"),
    ("pg_description", "COMMENT ON TEXT SEARCH TEMPLATE template IS 'x'"),
    ("pg_description", "COMMENT ON TEXT SEARCH DICTIONARY words IS 'x'"),
    ("pg_description", "COMMENT ON TEXT SEARCH CONFIGURATION search IS 'x'"),
    ("pg_description", "COMMENT ON LANGUAGE plx IS 'x'"),
    ("pg_description", "COMMENT ON ACCESS METHOD heap2 IS 'x'"),
    ("pg_description", "COMMENT ON TRANSFORM FOR int LANGUAGE plx IS 'x'"),
    ("pg_description", "COMMENT ON STATISTICS both_of IS 'x'"),
    ("pg_description", "COMMENT ON PUBLICATION told IS 'x'"),
    ("pg_description", "COMMENT ON EVENT TRIGGER notes IS 'x'"),
    ("pg_description", "COMMENT ON FOREIGN DATA WRAPPER nowhere IS 'x'"),
    ("pg_description", "COMMENT ON SERVER away IS 'x'"),
    ("pg_description", "COMMENT ON FOREIGN TABLE there IS 'x'"),
    ("pg_description", "COMMENT ON VIEW v IS 'x'"),
    ("pg_description", "COMMENT ON MATERIALIZED VIEW mv IS 'x'"),
    ("pg_class", "CREATE TABLE more (id int)"),
    ("pg_class", "ALTER TABLE referring SET UNLOGGED"),
    ("pg_class", "ALTER TABLE t SET (fillfactor = 50)"),
    ("pg_class", "ALTER TABLE t SET (toast.autovacuum_enabled = false)"),
    ("pg_class", "ALTER TABLE t REPLICA IDENTITY FULL"),
    ("pg_class", "ALTER TABLE t FORCE ROW LEVEL SECURITY"),
    ("pg_class", "ALTER TABLE parted_1_a ENABLE ROW LEVEL SECURITY"),
    ("pg_class", "ALTER TABLE referring FORCE ROW LEVEL SECURITY"),
    ("pg_class", "ALTER TABLE parent SET ACCESS METHOD heap2"),
    ("pg_class", "ALTER VIEW v SET (security_barrier = true)"),
    ("pg_class", "ALTER MATERIALIZED VIEW mv SET (fillfactor = 50)"),
    ("pg_class", "ALTER INDEX by_n SET (fillfactor = 50)"),
    ("pg_class", "ALTER INDEX t_pkey SET (fillfactor = 50)"),
    ("pg_class", "ALTER TABLE t RENAME TO u"),
    ("pg_class", "ALTER TABLE referring SET SCHEMA shop"),
    ("pg_class", "ALTER TABLE typed NOT OF"),
    ("pg_attribute", "ALTER TABLE t ADD COLUMN more int"),
    ("pg_attribute", "ALTER TABLE t ALTER s TYPE varchar(3)"),
    ("pg_attribute", 'ALTER TABLE t ALTER s TYPE text COLLATE "C"'),
    ("pg_attribute", "ALTER TABLE t ALTER n DROP NOT NULL"),
    ("pg_attribute", "ALTER TABLE t ALTER s SET STORAGE EXTERNAL"),
    ("pg_attribute", "ALTER TABLE t ALTER s SET COMPRESSION pglz"),
    ("pg_attribute", "ALTER TABLE t ALTER s SET STATISTICS 5"),
    ("pg_attribute", "ALTER TABLE t ALTER s SET (n_distinct = 5)"),
    ("pg_attribute", "ALTER TABLE t ALTER id SET GENERATED ALWAYS"),
    ("pg_attribute", "ALTER TABLE t ALTER twice DROP EXPRESSION"),
    ("pg_attribute", "ALTER TABLE parted_1_a ALTER n SET NOT NULL"),
    ("pg_attribute", "ALTER TABLE parted_1_a ALTER n SET STATISTICS 5"),
    ("pg_attribute", "ALTER TYPE pair ADD ATTRIBUTE c int CASCADE"),
    ("pg_attribute", "ALTER INDEX by_half ALTER COLUMN 1 SET STATISTICS 5"),
    ("pg_attribute", "ALTER FOREIGN TABLE there ALTER id OPTIONS (ADD a 'b')"),
    ("pg_attribute", "ALTER TABLE heir ALTER id SET NOT NULL"),
    ("pg_attrdef", "ALTER TABLE t ALTER n SET DEFAULT 4"),
    ("pg_attrdef", "ALTER TABLE t ALTER s SET DEFAULT 'x'"),
    ("pg_attrdef", "ALTER VIEW v ALTER n SET DEFAULT 4"),
    ("pg_attrdef", "ALTER TABLE parted_1_a ALTER n SET DEFAULT 4"),
    ("pg_attrdef", "ALTER TABLE heir ALTER id SET DEFAULT 4"),
    ("pg_constraint", "ALTER TABLE t DROP CONSTRAINT low"),
    ("pg_constraint", "ALTER TABLE t ADD CONSTRAINT more UNIQUE (n)"),
    ("pg_constraint", "ALTER TABLE t ADD CHECK (n > 5) NOT VALID"),
    ("pg_constraint", "ALTER TABLE referring ALTER CONSTRAINT to_t DEFERRABLE"),
    ("pg_constraint", "ALTER TABLE parted_1_a ADD CHECK (n > 0)"),
    ("pg_constraint", "ALTER TABLE heir ADD CHECK (id > 0)"),
    ("pg_constraint", "ALTER DOMAIN positive DROP CONSTRAINT above"),
    ("pg_constraint", "ALTER FOREIGN TABLE there ADD CHECK (id > 0)"),
    ("pg_index", "CREATE INDEX more ON t (s)"),
    ("pg_index", "CREATE INDEX more ON parted_1_a (n)"),
    ("pg_index", "DROP INDEX parted_at"),
    ("pg_index", "ALTER TABLE t CLUSTER ON by_n"),
    ("pg_index", "ALTER TABLE t REPLICA IDENTITY USING INDEX by_ns"),
    ("pg_index", "DROP INDEX by_n; CREATE INDEX by_n ON t (n) WHERE n > 0"),
    ("pg_inherits", "ALTER TABLE heir NO INHERIT parent"),
    ("pg_inherits", "ALTER TABLE parted_1 DETACH PARTITION parted_1_a"),
    ("pg_partitioned_table", "DROP TABLE parted; CREATE TABLE parted (at date, n int) PARTITION BY LIST (at)"),
    ("pg_enum", "ALTER TYPE mood ADD VALUE 'other'"),
    ("pg_enum", "ALTER TYPE mood RENAME VALUE 'good' TO 'best'"),
    ("pg_type", "ALTER DOMAIN positive SET DEFAULT 2"),
    ("pg_type", "ALTER DOMAIN positive SET NOT NULL"),
    ("pg_type", "CREATE TYPE shell"),
    ("pg_type", "ALTER TYPE dot SET (TYPMOD_IN = intervaltypmodin)"),
    ("pg_range", "DROP TYPE span; CREATE TYPE span AS RANGE (subtype = bigint)"),
    ("pg_sequence", "ALTER SEQUENCE numbers CYCLE"),
    ("pg_sequence", "ALTER SEQUENCE numbers AS int"),
    ("pg_sequence", "ALTER SEQUENCE numbers OWNED BY t.n"),
    ("pg_sequence", "ALTER SEQUENCE numbers CACHE 5 START 7"),
    ("pg_sequence", "ALTER SEQUENCE t_id_seq INCREMENT 5"),
    ("pg_rewrite", "CREATE OR REPLACE VIEW v AS SELECT id, n FROM t WHERE n > 1"),
    ("pg_rewrite", "DROP RULE ruled ON t"),
    ("pg_rewrite", "ALTER TABLE t DISABLE RULE ruled"),
    ("pg_rewrite", "CREATE RULE more AS ON INSERT TO parted_1_a DO INSTEAD NOTHING"),
    ("pg_trigger", "DROP TRIGGER fires ON t"),
    ("pg_trigger", "ALTER TABLE t DISABLE TRIGGER fires"),
    ("pg_trigger", "CREATE TRIGGER more BEFORE INSERT ON parted_1_a FOR EACH ROW EXECUTE FUNCTION fired()"),
    ("pg_trigger", "CREATE TRIGGER more INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE FUNCTION fired()"),
    ("pg_policy", "ALTER POLICY allowed ON t USING (true)"),
    ("pg_policy", "CREATE POLICY more ON parted_1_a USING (true)"),
    ("pg_proc", "CREATE OR REPLACE FUNCTION fine(int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT false'"),
    ("pg_proc", "ALTER FUNCTION fine(int) COST 5"),
    ("pg_proc", "ALTER FUNCTION fine(int) STABLE"),
    ("pg_proc", "ALTER FUNCTION fine(int) SECURITY DEFINER"),
    ("pg_proc", "ALTER FUNCTION fine(int) PARALLEL SAFE"),
    ("pg_proc", "ALTER FUNCTION fine(int) SET search_path = shop"),
    ("pg_proc", "CREATE FUNCTION fine(text) RETURNS boolean LANGUAGE sql AS 'SELECT true'"),
    ("pg_proc", "DROP PROCEDURE done()"),
    ("pg_aggregate", "CREATE OR REPLACE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int, INITCOND = '1')"),
    ("pg_operator", "ALTER OPERATOR <<< (pair, pair) SET (RESTRICT = scalarltsel)"),
    ("pg_opfamily", "CREATE OPERATOR FAMILY more USING hash"),
    ("pg_opclass", "ALTER OPERATOR CLASS pair_ops USING btree RENAME TO pairing"),
    ("pg_amop", "ALTER OPERATOR FAMILY pairs USING btree ADD OPERATOR 1 < (int, bigint)"),
    ("pg_amproc", "ALTER OPERATOR FAMILY pairs USING btree ADD FUNCTION 1 (int, bigint) btint48cmp(int, bigint)"),
    ("pg_cast", "CREATE CAST (pair AS text) WITH INOUT"),
    ("pg_cast", "DROP CAST (int AS pair); CREATE CAST (int AS pair) WITH FUNCTION to_pair(int) AS IMPLICIT"),
    ("pg_collation", 'CREATE COLLATION more FROM "C"'),
    ("pg_conversion", "DROP CONVERSION converted"),
    ("pg_ts_parser", "DROP TEXT SEARCH PARSER parser"),
    ("pg_ts_template", "DROP TEXT SEARCH TEMPLATE template"),
    ("pg_ts_dict", "ALTER TEXT SEARCH DICTIONARY words (Accept = false)"),
    ("pg_ts_config", "CREATE TEXT SEARCH CONFIGURATION more (COPY = simple)"),
    ("pg_ts_config_map", "ALTER TEXT SEARCH CONFIGURATION search ADD MAPPING FOR asciiword WITH words, simple"),
    ("pg_ts_config_map", "ALTER TEXT SEARCH CONFIGURATION search ALTER MAPPING FOR word WITH simple"),
    ("pg_language", "CREATE LANGUAGE ply HANDLER plpgsql_call_handler"),
    ("pg_am", "CREATE ACCESS METHOD heap3 TYPE TABLE HANDLER heap_tableam_handler"),
    ("pg_transform", "DROP TRANSFORM FOR int LANGUAGE plx"),
    ("pg_statistic_ext", "ALTER STATISTICS both_of SET STATISTICS 5"),
    ("pg_statistic_ext", "CREATE STATISTICS more ON n, s FROM t"),
    ("pg_publication", "ALTER PUBLICATION told SET (publish = 'insert')"),
    ("pg_publication_rel", "ALTER PUBLICATION told SET TABLE t (id, n) WHERE (n > 0)"),
    ("pg_publication_rel", "ALTER PUBLICATION told ADD TABLE referring"),
    ("pg_publication_namespace", "ALTER PUBLICATION told_all ADD TABLES IN SCHEMA public"),
    ("pg_event_trigger", "ALTER EVENT TRIGGER notes ENABLE ALWAYS"),
    ("pg_event_trigger", "DROP EVENT TRIGGER notes"),
    ("pg_foreign_data_wrapper", "ALTER FOREIGN DATA WRAPPER nowhere OPTIONS (ADD a 'b')"),
    ("pg_foreign_server", "ALTER SERVER away VERSION '2'"),
    ("pg_foreign_server", "ALTER SERVER away OPTIONS (ADD a 'b')"),
    ("pg_foreign_table", "ALTER FOREIGN TABLE there OPTIONS (ADD a 'b')"),
    ("pg_extension", "DROP EXTENSION plpgsql CASCADE"),
    ("pg_depend", "ALTER SEQUENCE numbers OWNED BY t.id"),
]  # fmt: skip
FROM_18: list[tuple[str, str]] = [
    ("pg_constraint", "ALTER TABLE t RENAME CONSTRAINT t_n_not_null TO filled"),
    ("pg_constraint", "ALTER TABLE t ADD CONSTRAINT filled NOT NULL s NOT VALID"),
    ("pg_constraint", "ALTER TABLE t ADD CONSTRAINT filled NOT NULL s NO INHERIT"),
    ("pg_constraint", "ALTER TABLE referring ALTER CONSTRAINT to_t NOT ENFORCED"),
    ("pg_attribute", "ALTER TABLE t ADD COLUMN more int GENERATED ALWAYS AS (n) VIRTUAL"),
    ("pg_publication", "ALTER PUBLICATION told SET (publish_generated_columns = stored)"),
]  # fmt: skip
COUNTED: list[tuple[str, str, dict[str, int]]] = [
    ("pg_user_mapping", "CREATE USER MAPPING FOR PUBLIC SERVER away OPTIONS (a 'b')", {"user mappings": 1}),
    (
        "pg_subscription",
        "CREATE SUBSCRIPTION taken CONNECTION 'dbname=x' PUBLICATION p WITH (connect = false, slot_name = NONE)",
        {"subscriptions": 1},
    ),
    (
        "pg_index",
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'by_half'::regclass",
        {"invalid indexes": 1},
    ),
]


@pytest.fixture(scope="module")
def everything(every_server: Postgres) -> Iterator[tuple[Connection, schema.Schema]]:
    with empty(every_server, "everything") as connection:
        connection.execute((HERE / "everything.sql").read_bytes())
        yield connection, schema.definition_of(schema.read(connection))


def test_nothing_differs_from_itself(everything: tuple[Connection, schema.Schema]) -> None:
    connection, defined = everything
    live, found = schema.check(connection, defined)
    assert (found, live.left_out) == ((), {})


@pytest.mark.parametrize(("catalog", "change"), CHANGES, ids=[change for _, change in CHANGES])
def test_a_change_is_found(everything: tuple[Connection, schema.Schema], catalog: str, change: str) -> None:
    assert COVERAGE[catalog][0] == "held"
    connection, defined = everything
    with connection.transaction(force_rollback=True):
        connection.execute(change.encode())
        assert schema.check(connection, defined)[1] != ()


@pytest.mark.parametrize(("catalog", "change"), FROM_18, ids=[change for _, change in FROM_18])
def test_a_change_that_18_brought_is_found(
    every_server: Postgres, everything: tuple[Connection, schema.Schema], catalog: str, change: str
) -> None:
    if every_server.major < 18:
        pytest.skip("PostgreSQL 18 brought it")
    test_a_change_is_found(everything, catalog, change)


@pytest.mark.parametrize(("catalog", "made", "counted"), COUNTED, ids=[catalog for catalog, *_ in COUNTED])
def test_what_is_left_out_is_counted(
    everything: tuple[Connection, schema.Schema], catalog: str, made: str, counted: dict[str, int]
) -> None:
    connection, _ = everything
    with connection.transaction(force_rollback=True):
        connection.execute(made.encode())
        live = schema.read(connection)
        assert live.left_out == counted
        assert schema.check(connection, schema.definition_of(live))[1] == ()


def test_every_catalog_has_its_line_and_its_changes(everything: tuple[Connection, schema.Schema]) -> None:
    """pg_parameter_acl came with 15; nothing has gone since."""
    rows = everything[0].execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind = 'r'"
    )
    assert {name for (name,) in rows.fetchall()} == set(COVERAGE)
    assert {name for name, (held, _) in COVERAGE.items() if held == "held"} == {catalog for catalog, _ in CHANGES}


def test_the_page_is_that_of_the_table() -> None:
    path = HERE.parents[2] / "docs" / "schema-coverage.md"
    assert path.read_text() == "\n".join(page()).rstrip() + "\n", (
        "python -m bootstrap.schema.coverage > docs/schema-coverage.md"
    )
