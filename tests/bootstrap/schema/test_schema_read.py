"""What is read of a server: which objects are the application's, what each needs, and what is left out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from real_servers import Postgres
from schema_server import make_database

from bootstrap import schema
from bootstrap.migrate.books import CREATE

pytestmark = pytest.mark.server
Connection = psycopg.Connection[Any]


@pytest.fixture(scope="module")
def database(schema_server: Postgres) -> Iterator[Connection]:
    with make_database(schema_server, "read_of_a_shop") as connection:
        yield connection


@pytest.fixture
def empty(database: Connection) -> Iterator[Connection]:
    with database.transaction(force_rollback=True):
        yield database


def read(connection: Connection, *statements: str) -> schema.ServerSchema:
    for statement in statements:
        connection.execute(statement.encode())
    return schema.read(connection)


def test_an_empty_database_has_its_extensions_alone(empty: Connection) -> None:
    found = read(empty)
    assert set(found.schema) <= {"extensions"}
    assert found.left_out == {}


@pytest.mark.parametrize(
    ("columns", "tables"),
    [
        ("version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL", []),
        ("version varchar PRIMARY KEY", ["public.schema_migrations"]),
        ("version bigint PRIMARY KEY, inserted_at timestamp", ["public.schema_migrations"]),
        ("id serial, name text", ["public.schema_migrations"]),
    ],
)
def test_the_books_are_known_by_their_columns_and_another_tools_are_a_table_like_any_other(
    empty: Connection, columns: str, tables: list[str]
) -> None:
    found = read(empty, f"CREATE TABLE schema_migrations ({columns})")
    assert (list(found.schema.get("tables", {})), found.schema.get("version")) == (tables, None)


def test_the_version_is_that_of_our_books(empty: Connection) -> None:
    names = {each: psycopg.sql.Identifier("public", f"{each}") for each in ("schema_migrations", "datatier_migrations")}
    empty.execute(CREATE.format(table=names["schema_migrations"], history=names["datatier_migrations"]))
    found = read(empty, "INSERT INTO schema_migrations VALUES (7, false)")
    assert found.schema.get("version") == 7
    assert "tables" not in found.schema


def test_every_schema_is_the_applications_but_those_of_the_server_and_the_cloud(empty: Connection) -> None:
    made = ("audit", '"Odd.One"', "rdsadmin")
    found = read(empty, *(f"CREATE SCHEMA {each}; CREATE TABLE {each}.t (id int)" for each in made))
    assert list(found.schema["tables"]) == ['"Odd.One".t', "audit.t"]
    assert list(found.schema["schemas"]) == ['"Odd.One"', "audit"]


@pytest.mark.parametrize("name", ["asymmetric", "user", "window", "Äpfel", "a.b", 'q"q', "x%sy{z}", "$1", "1a"])
def test_a_name_is_quoted_as_the_server_quotes_it(empty: Connection, name: str) -> None:
    ((quoted,),) = empty.execute("SELECT quote_ident(%s)", (name,)).fetchall()
    found = read(empty, f"CREATE TABLE {quoted} ({quoted} int)")
    assert found.schema["tables"] == {f"public.{quoted}": {"columns": {quoted: {"type": "integer"}}}}


NEEDS = """
CREATE SCHEMA shop;
CREATE TYPE shop.mood AS ENUM ('a');
CREATE FUNCTION shop.today() RETURNS date LANGUAGE sql RETURN current_date;
CREATE TABLE shop.t (id int PRIMARY KEY, m shop.mood, at date DEFAULT shop.today(), CHECK (at > shop.today()));
CREATE VIEW shop.v AS SELECT id, at FROM shop.t GROUP BY id;
CREATE FUNCTION shop.of(shop.t[]) RETURNS SETOF shop.v LANGUAGE sql
    BEGIN ATOMIC SELECT id, shop.today() FROM shop.t; END;
CREATE INDEX t_today ON shop.t (m);
"""


def test_a_need_is_what_the_server_knows_it_by(empty: Connection) -> None:
    found = read(empty, NEEDS).schema
    assert found["tables"]["shop.t"]["needs"] == {
        "column at": ["function shop.today()"],
        "constraint t_at_check": ["function shop.today()"],
        "table": ["type shop.mood"],
    }
    assert found["views"]["shop.v"]["needs"] == ["constraint shop.t.t_pkey", "table shop.t"]
    function = found["functions"]["shop.of(shop.t[])"]
    assert function["needs"] == ["table shop.t", "view shop.v"]
    assert function["body_needs"] == ["function shop.today()"]


def test_the_callers_settings_stay_as_they_are(empty: Connection) -> None:
    empty.execute("SET LOCAL search_path = 'audit'; SET LOCAL timezone = 'Asia/Tokyo'")
    read(empty)
    ((found,),) = empty.execute("SELECT current_setting('search_path') || current_setting('timezone')").fetchall()
    assert found == "auditAsia/Tokyo"


def test_a_body_that_postgresql_does_not_print_whole_is_counted(empty: Connection) -> None:
    """Seen on PostgreSQL 15 and 18: next to a result table the parameter without a name is printed as an empty name."""
    found = read(
        empty,
        "CREATE FUNCTION twice(int) RETURNS TABLE (n int) LANGUAGE sql BEGIN ATOMIC SELECT $1 * 2; END",
        "CREATE FUNCTION plain(int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT $1 * 2; END",
        "CREATE FUNCTION named(given int) RETURNS TABLE (n int) LANGUAGE sql BEGIN ATOMIC SELECT given * 2; END",
    )
    assert found.left_out == {"functions whose body PostgreSQL prints without a parameter (give it a name)": 1}


def test_what_a_definition_does_not_hold_is_counted(empty: Connection) -> None:
    found = read(
        empty,
        "CREATE TABLE t (id int); CREATE UNIQUE INDEX broken ON t (id); COMMENT ON INDEX broken IS 'x'",
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'broken'::regclass",
        "CREATE FOREIGN DATA WRAPPER far; CREATE SERVER away FOREIGN DATA WRAPPER far",
        "CREATE USER MAPPING FOR PUBLIC SERVER away OPTIONS (password 'of-a-test')",
    )
    assert found.left_out == {"invalid indexes": 1, "user mappings": 1}
    assert found.schema["tables"]["public.t"]["invalid"] == ["broken"]
    assert schema.definition_of(found)["tables"] == {"public.t": {"columns": {"id": {"type": "integer"}}}}
    assert "of-a-test" not in str(found)
