"""What no statement mends says so, with the way, and leaves the rest to be mended."""

from __future__ import annotations

import pytest
from real_servers import Postgres
from round_trips import empty

from bootstrap import schema

pytestmark = pytest.mark.server

BEYOND: list[tuple[str, str, str, str]] = [
    ("CREATE TYPE m AS ENUM ('a', 'b', 'c')", "CREATE TYPE m AS ENUM ('a', 'c')", "type m", "takes a value out"),
    ("CREATE TYPE m AS ENUM ('a', 'b')", "CREATE TYPE m AS ENUM ('b', 'a')", "type m", "or moves it"),
    (
        "CREATE TYPE r AS RANGE (subtype = int); CREATE TABLE t (x r)",
        "CREATE TYPE r AS RANGE (subtype = bigint); CREATE TABLE t (x r)",
        "type r",
        "while column public.t.x uses it",
    ),
    (
        "CREATE TABLE t (a int) PARTITION BY LIST (a)",
        "CREATE TABLE t (a int) PARTITION BY RANGE (a)",
        "table t",
        "copy the rows over in a migration",
    ),
    (
        "CREATE TABLE p (a int) PARTITION BY LIST (a); CREATE TABLE q (a int, more int)",
        "CREATE TABLE p (a int) PARTITION BY LIST (a); CREATE TABLE q PARTITION OF p FOR VALUES IN (1)",
        "partition q",
        "change those that differ first",
    ),
]


@pytest.mark.parametrize(("have", "want", "what", "says"), BEYOND, ids=[each[-1] for each in BEYOND])
def test_what_no_statement_mends_says_what_does(
    schema_server: Postgres, have: str, want: str, what: str, says: str
) -> None:
    with empty(schema_server, "have") as one, empty(schema_server, "want") as other:
        one.execute(f"{have}; CREATE TABLE other (id int)".encode())
        other.execute(f"{want}; CREATE TABLE other (id int, n int)".encode())
        wanted = schema.definition_of(schema.read(other))
        found = schema.check(one, wanted)[1]
        (beyond,) = (each for each in found if not each.statements)
        assert f"{beyond.kind} {beyond.object}" == what
        assert (beyond.severity, says in beyond.notes[0]) == ("ERROR", True), beyond.notes
        for statement in (statement for each in found for statement in each.statements):
            one.execute(statement.encode())
        assert [(each.kind, each.object) for each in schema.check(one, wanted)[1]] == [(beyond.kind, beyond.object)]
