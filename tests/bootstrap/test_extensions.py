"""Extensions on real servers: made in the schema that is declared, by a master who is no superuser, as on RDS."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from own_database import Database

from bootstrap import schema
from bootstrap.declared_extensions import DeclaredExtension
from bootstrap.postgres import extensions

pytestmark = pytest.mark.server


def extension(name: str, place: str | None = None) -> DeclaredExtension:
    return DeclaredExtension(name=name, schema=place)


@pytest.fixture
def master(database: Database) -> Iterator[psycopg.Connection[Any]]:
    """The database's own master, which owns it."""
    with database.master() as conn:
        shipped = {name for (name,) in conn.execute("SELECT name FROM pg_available_extensions")}
        if not {"citext", "cube", "earthdistance"} <= shipped:
            pytest.skip("this server has no contrib")
        # Who makes a role may act as it from 16 on only where it grants itself that.
        conn.execute(f"CREATE ROLE {database.n}_library".encode())
        how = " WITH SET TRUE" if database.server.major >= 16 else ""
        conn.execute(f"GRANT {database.n}_library TO CURRENT_USER{how}".encode())
        conn.execute(f"GRANT CREATE ON DATABASE {database.n} TO {database.n}_library".encode())
        yield conn


PLACES = """SELECT e.extname, n.nspname, pg_get_userbyid(n.nspowner) FROM pg_extension e
    JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname <> 'plpgsql' ORDER BY 1"""


def test_each_is_made_once_where_it_is_declared_with_what_it_requires(
    master: psycopg.Connection[Any], database: Database
) -> None:
    owner = f"{database.n}_library"
    wanted = [extension("earthdistance", "outside"), extension("citext", 'Odd "name"')]
    made = extensions.ensure(master, wanted, owner)
    # Who may make what PostgreSQL reserves for superusers differs between versions: cube is trusted, earthdistance not.
    assert made.made[:2] == ("schema outside made", 'schema Odd "name" made')
    assert "extension citext made" in made.made
    rows = master.execute(PLACES).fetchall()
    assert ("citext", 'Odd "name"', owner) in rows
    again = extensions.ensure(master, wanted[1:], owner)
    assert (again.made, again.differences) == ((), ())


def test_a_schema_that_the_master_has_made_for_one_becomes_the_owners(
    master: psycopg.Connection[Any], database: Database
) -> None:
    owner = f"{database.n}_library"
    master.execute("CREATE SCHEMA before")
    assert extensions.ensure(master, [extension("citext", "before")], owner).made == (
        "schema before made",
        "extension citext made",
    )
    assert master.execute(PLACES).fetchall() == [("citext", "before", owner)]


def test_what_cannot_be_had_is_named_and_the_rest_is_made(master: psycopg.Connection[Any]) -> None:
    made = extensions.ensure(master, [extension("of_another_cloud"), extension("citext"), extension("amcheck")])
    assert made.made == ("extension citext made",)
    assert made.differences == (
        'extension amcheck: permission denied to create extension "amcheck"; as a superuser: '
        'CREATE EXTENSION IF NOT EXISTS "amcheck" CASCADE',
        "extension of_another_cloud: this server does not have it",
    )


def test_a_definition_that_is_dumped_holds_the_extensions_of_that_server_and_no_others(
    master: psycopg.Connection[Any],
) -> None:
    assert "extensions" not in schema.definition_of(schema.read(master))
    extensions.ensure(master, [extension("cube")])
    found = schema.definition_of(schema.read(master))
    assert found["extensions"] == {"cube": {"schema": "public"}}
    assert schema.judge(master, found).counted == ()
    assert schema.compare(found, schema.read(master, extensions=found["extensions"])) == ()


def test_who_may_not_see_what_is_preloaded_does_not_call_it_missing(database: Database) -> None:
    wanted = [extension("pg_stat_statements")]
    with database.superuser() as admin:
        if not admin.execute("SELECT FROM pg_available_extensions WHERE name = 'pg_stat_statements'").fetchall():
            pytest.skip("this server has no contrib")
        admin.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        (loaded,) = admin.execute("SHOW shared_preload_libraries").fetchone() or ("",)
        said = extensions.ensure(admin, wanted).differences
        assert bool(said) is ("pg_stat_statements" not in loaded)
        admin.execute(f"CREATE ROLE {database.n}_blind; SET ROLE {database.n}_blind".encode())
        assert extensions.ensure(admin, wanted).differences == ()
