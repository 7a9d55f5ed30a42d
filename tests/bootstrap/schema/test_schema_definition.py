"""The definition as a file, as SQL and as a page; and that of a database with everything in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from clinic_project import CLINIC
from real_servers import Postgres
from schema_server import make_database

from bootstrap import schema
from bootstrap.application import DEFINITION, MIGRATIONS
from bootstrap.postgres.change import ident
from infra.settings.access_file import read_access

RICH = r"""
CREATE TYPE mood AS ENUM ('good', 'it''s bad');
CREATE TYPE pair AS (a int, "B c" text);
CREATE DOMAIN positive AS numeric(6,2) DEFAULT 1 NOT NULL CONSTRAINT above CHECK (VALUE > 0);
CREATE SEQUENCE numbers AS smallint START 5 INCREMENT 2 CYCLE;
CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 2';
CREATE FUNCTION twice(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT $1 || '\' || $1$$;
CREATE PROCEDURE nothing() LANGUAGE sql AS '';
CREATE UNLOGGED TABLE scratch ();
CREATE TABLE "Odd ""Name" (
    "select" int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "user" text COLLATE "C", n bigserial,
    doubled int GENERATED ALWAYS AS (twice(1)) STORED, mood mood DEFAULT 'good', p positive, list text[] DEFAULT '{}',
    during tstzrange, EXCLUDE USING gist (during WITH &&)
) WITH (fillfactor = 70);
COMMENT ON TABLE "Odd ""Name" IS E'a ''quote'', a back\\slash\nand a line';
COMMENT ON COLUMN "Odd ""Name"."user" IS 'says | who';
CREATE TABLE parent (region text NOT NULL, id int NOT NULL, odd int, UNIQUE (region, id),
    FOREIGN KEY (odd) REFERENCES "Odd ""Name" DEFERRABLE INITIALLY DEFERRED) PARTITION BY LIST (region);
CREATE TABLE parent_eu PARTITION OF parent FOR VALUES IN ('eu', 'it''s');
CREATE TABLE parent_rest PARTITION OF parent DEFAULT;
CREATE INDEX by_id ON parent (id DESC NULLS LAST) INCLUDE (odd) WHERE id > 0;
CREATE INDEX by_expression ON "Odd ""Name" (lower("user"), (n + 1));
CREATE TABLE child (id int DEFAULT nextval('numbers'), region text, parent int,
    CONSTRAINT child_fkey FOREIGN KEY (region, parent) REFERENCES parent (region, id) MATCH FULL ON UPDATE CASCADE);
ALTER TABLE child ADD CONSTRAINT late CHECK (id > 0) NOT VALID;
CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER off BEFORE INSERT ON child FOR EACH ROW WHEN (NEW.id > 3) EXECUTE FUNCTION no();
CREATE CONSTRAINT TRIGGER checked AFTER INSERT ON child DEFERRABLE FOR EACH ROW EXECUTE FUNCTION no();
ALTER TABLE child DISABLE TRIGGER off;
CREATE POLICY mine ON child AS RESTRICTIVE FOR UPDATE TO clinic_app, clinic_reporting
    USING (id = 1) WITH CHECK (id = 2);
ALTER TABLE child ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE VIEW z_base AS SELECT region, id FROM parent;
CREATE VIEW a_top AS SELECT z.region FROM z_base z JOIN child c USING (region);
CREATE MATERIALIZED VIEW counted WITH (fillfactor = 50) AS SELECT region, count(*) AS n FROM z_base GROUP BY region;
CREATE UNIQUE INDEX counted_region ON counted (region);
COMMENT ON MATERIALIZED VIEW counted IS 'how many';
"""


def test_the_file_is_what_a_server_gives(migrated: psycopg.Connection, definition: schema.Schema) -> None:
    live = schema.read(migrated)
    if live.server < 160000 or live.schema.get("extensions", {}).keys() != definition["extensions"].keys():
        pytest.skip("taken from a server from 16 on that ships what the definition declares")
    text = (CLINIC / DEFINITION).read_text()
    assert text == schema.dump(schema.definition_of(live, read_access(CLINIC).upkeep)), (
        "made by datatier schema dump in a copy"
    )


def test_a_page_of_anything(rich: psycopg.Connection) -> None:
    page = schema.document(schema.definition_of(schema.read(rich)))
    assert '    "Odd \'Name" |o--o{ "parent" : "odd"' in page
    assert '    "parent" |o--o{ "child" : "region, parent"' in page
    assert "        text user\n" in page
    assert "| `user` | text | yes |  | says \\| who |" in page
    assert "Partitioned by `LIST (region)`." in page
    assert "identity, always" in page
    assert "the owner too" in page


def apply(connection: psycopg.Connection, defined: schema.Schema) -> None:
    names = {name for (name,) in connection.execute("SELECT name FROM pg_available_extensions").fetchall()}
    for statement in schema.generate(defined, extensions=frozenset(names)):
        connection.execute(statement.encode())


def test_its_sql_makes_it(schema_server: Postgres, definition: schema.Schema) -> None:
    with make_database(schema_server, "generated") as connection:
        connection.execute("SET ROLE clinic_owner")
        apply(connection, definition)
        found = [each for each in schema.compare(definition, schema.read(connection)) if each.severity != "INFO"]
        assert {(each.severity, each.kind) for each in found} == {("WARN", "partition")}, "the months are not its own"
        for each in found:
            connection.execute(str(each.sql).encode())
        found = schema.check(connection, definition)[1]
    assert [each for each in found if each.severity != "INFO"] == []


@pytest.fixture(scope="module")
def rich(schema_server: Postgres) -> Iterator[psycopg.Connection]:
    with make_database(schema_server, "rich") as connection:
        connection.execute(RICH.encode())
        yield connection


def test_everything_there_is_comes_back(schema_server: Postgres, rich: psycopg.Connection, tmp_path: Path) -> None:
    """Read, written, loaded, generated on an empty database and read again: nothing differs, either way round."""
    first = schema.read(rich)
    (tmp_path / "schema.json").write_text(schema.dump(schema.definition_of(first)))
    defined = schema.load(tmp_path / "schema.json")
    with make_database(schema_server, "rich_again") as connection:
        apply(connection, defined)
        second = schema.read(connection)
    assert second.schema == first.schema
    assert [each for each in schema.compare(defined, second) if each.severity != "INFO"] == []


def test_from_nothing_each_statement_mends(schema_server: Postgres, rich: psycopg.Connection) -> None:
    """The statements of the differences alone make everything, in one pass."""
    defined = schema.definition_of(schema.read(rich))
    with make_database(schema_server, "mended") as connection:
        _, found = schema.check(connection, defined)
        for statement in (statement for each in found for statement in each.statements):
            connection.execute(statement.encode())
        left = schema.check(connection, defined)[1]
    assert left == ()


@pytest.mark.parametrize("name", ["users", "select", "User", 'a"b', "x" * 63, "ä", "a b", "1a", "current_date"])
def test_names_stay_names(rich: psycopg.Connection, name: str) -> None:
    with rich.transaction(force_rollback=True):
        rich.execute(f"CREATE TABLE {ident(name)} ({ident(name)} int)".encode())
        live = schema.read(rich)
        defined = schema.definition_of(live)
        rich.execute(f"ALTER TABLE {ident(name)} DROP COLUMN {ident(name)}".encode())
        (found,) = (each for each in schema.compare(defined, schema.read(rich)) if each.severity != "INFO")
        rich.execute(str(found.sql).encode())
        assert schema.read(rich).schema == live.schema


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "schema.json: no such file or directory; make it with: datatier schema dump"),
        ("{", "is not a schema definition of this version: file: Invalid JSON"),
        ('{"tables": {"a": {"colums": {}}}}', "tables.a.colums: Extra inputs are not permitted; restore it"),
        ('{"version": "12"}', "version: Input should be a valid integer"),
        (
            '{"extensions": ["citext"], "functions": {}}',  # as it was before a definition knew what an object needs
            "not a schema definition of this version: extensions: Input should be an object; restore it from version "
            "control, or make it anew from a migrated server with: datatier schema dump --file ",
        ),
    ],
)
def test_a_wrong_file(tmp_path: Path, text: str | None, message: str) -> None:
    path = tmp_path / "schema.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(schema.DefinitionError) as caught:
        schema.load(path)
    assert message in str(caught.value)


def test_a_definition_belongs_to_the_migrations_beside_it(tmp_path: Path) -> None:
    assert schema.beside(CLINIC / MIGRATIONS) == CLINIC / DEFINITION
    assert schema.beside(tmp_path / "migrations") is None


def test_every_kind_of_value_is_written_as_json_whatever_it_holds() -> None:
    column = {
        "type": 'shop."Größe"',
        "not_null": True,
        "sequence": {"increment": -5, "cycle": True},
        "options": ["n=1"],
    }
    made = {
        "version": 7,
        "functions": {'shop."say ""hi"""()': {"definition": ['AS $$ "\t\\', "\u2028 é \x01", ""]}},
        "tables": {"shop.empty": {"columns": {}}, 'shop."a\\b"': {"columns": {'"x ""y"""': column}}},
    }
    text = schema.dump(made)  # type: ignore[arg-type]  # plain dicts of the same shape
    assert json.loads(text) == made
    name = '"x ""y"""'
    assert f"{json.dumps(name)}: {json.dumps(column, ensure_ascii=False)}\n" in text
