"""A schema that was dumped, made on an empty database and dumped again is the same, in this product's eyes and in
pg_dump's."""

from __future__ import annotations

from pathlib import Path

import pytest
from real_servers import Postgres
from round_trips import Case, Connection, cases, empty, structure

from bootstrap import schema

pytestmark = pytest.mark.server


def differing(expected: schema.Schema, connection: Connection) -> list[str]:
    return [str(each) for each in schema.compare(expected, schema.read(connection))]


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.title)
def test_it_comes_back_as_it_was(every_server: Postgres, case: Case, tmp_path: Path) -> None:
    if every_server.major < case.since:
        pytest.skip(f"PostgreSQL {case.since} brought it")
    with empty(every_server, "here") as here, empty(every_server, "there") as there:
        shipped = {name for (name,) in here.execute("SELECT name FROM pg_available_extensions").fetchall()}
        if lacking := case.extensions - shipped:
            pytest.skip(f"this server does not ship {', '.join(sorted(lacking))}")
        here.execute(case.sql.encode())
        path = tmp_path / "schema.json"
        path.write_text(schema.dump(schema.definition_of(schema.read(here))))
        defined = schema.load(path)
        assert differing(defined, here) == []
        for statement in schema.generate(defined):
            there.execute(statement.encode())
        assert differing(defined, there) == []
        assert structure(every_server, "there") == structure(every_server, "here")


def test_a_body_whose_values_have_no_names_is_no_difference_when_it_was_read_again(every_server: Postgres) -> None:
    """PostgreSQL names what it casts by itself after the type: pg_dump's text is another one too."""
    with empty(every_server, "here") as here, empty(every_server, "there") as there:
        here.execute(
            b"""CREATE FUNCTION labels(int) RETURNS TABLE("A b" int, c text) BEGIN ATOMIC SELECT 1, 'x'; END;
            CREATE FUNCTION numbers(n int) RETURNS TABLE(a bigint, b varchar(3)) BEGIN ATOMIC SELECT n, 'y'; END"""
        )
        defined = schema.definition_of(schema.read(here))
        for statement in schema.generate(defined):
            there.execute(statement.encode())
        assert differing(defined, there) == []
        there.execute(
            b"""CREATE OR REPLACE FUNCTION labels(int) RETURNS TABLE("A b" int, c text)
            BEGIN ATOMIC SELECT 1, 'z'; END"""
        )
        assert [each.partition(";")[0] for each in differing(defined, there)] == [
            "function labels(integer): definition"
        ]
