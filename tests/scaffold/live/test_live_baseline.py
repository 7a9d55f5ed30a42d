"""What a migration cannot make, or RDS does not have, becomes a comment with what to do, and is not defined."""

from __future__ import annotations

from typing import Any, cast

import pytest

from bootstrap.schema import Schema
from scaffold.live.baseline import baseline
from scaffold.live.owners_reach import beyond_the_owner

FUNCTION = ["CREATE OR REPLACE FUNCTION public.f()", " RETURNS event_trigger", " LANGUAGE plpgsql", "AS $$BEGIN END$$"]
TABLE: dict[str, Any] = {"columns": {"id": {"type": "integer"}}}


def made(**parts: Any) -> Schema:
    return cast("Schema", parts)


# (schema, names that are left out for a reason of their own)
BEYOND = [
    (made(types={"public.t": {"base": {"input": "f"}}}), ["type public.t"]),
    (made(types={"public.t": {"comment": "a shell"}}), ["type public.t"]),
    (made(types={"public.t": {"enum": ["a"]}}), []),
    (made(functions={"public.f()": {"definition": ["CREATE ..", " LANGUAGE c"]}}), ["function public.f()"]),
    (made(functions={"public.f()": {"definition": ["CREATE ..", " LANGUAGE plpython3u"]}}), ["function public.f()"]),
    (made(functions={"public.f()": {"definition": ["CREATE ..", " LANGUAGE sql", "AS 'SELECT 1'"]}}), []),
    (made(objects={"event trigger": {"e": {"definition": ["CREATE EVENT TRIGGER e .."]}}}), ["event trigger e"]),
    (made(objects={"publication": {"p": {"definition": ["CREATE PUBLICATION p FOR ALL TABLES"]}}}), ["publication p"]),
    (made(objects={"publication": {"p": {"definition": ["CREATE PUBLICATION p", "ALTER .. ADD TABLE ONLY t"]}}}), []),
    (made(objects={"collation": {"c": {"definition": ["CREATE COLLATION c .."]}}}), []),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "names"), BEYOND)
def test_what_only_a_superuser_makes(schema: Schema, names: list[str]) -> None:
    assert [name for name, _ in beyond_the_owner(schema)] == names


def test_what_is_left_out_takes_along_what_needs_it_and_nothing_else() -> None:
    schema = made(
        extensions={"postgis": {"schema": "public"}, "timescaledb": {"schema": "public"}},
        functions={"public.f()": {"definition": FUNCTION}},
        tables={
            "public.metric": {**TABLE, "needs": {"table": ["extension timescaledb"]}},
            "public.kept": {**TABLE, "constraints": {"k": "FOREIGN KEY (id) REFERENCES public.metric(id)"}},
        },
        objects={"event trigger": {"watch": {"definition": ["CREATE EVENT TRIGGER watch ON ddl_command_end"]}}},
    )
    found = baseline(schema, 17, {}, ["It was PostgreSQL 17."])
    assert found.version == 1
    assert found.definition == made(
        extensions={"postgis": {"schema": "public"}},
        functions={"public.f()": {"definition": FUNCTION}},
        tables={"public.kept": {**TABLE, "constraints": {}}},
        version=1,
    )
    assert [note.text for note in found.notes] == [
        "extension timescaledb is left out: timescaledb: RDS does not have this extension for PostgreSQL 17; do "
        "without it, or find what takes its place",
        "event trigger watch is left out: only a superuser makes one, on RDS its master user too: as the master, after "
        "the migrations",
        "table public.metric, constraint public.kept.k: left out with what they need",
    ]
    ran = [line for line in found.up.splitlines() if line and not line.startswith("--")]
    assert ran == [
        "SET LOCAL check_function_bodies = off;",
        *FUNCTION[:-1],
        f"{FUNCTION[-1]};",
        "CREATE TABLE public.kept (",
        "    id integer",
        ");",
    ]
    assert "-- CREATE EVENT TRIGGER watch ON ddl_command_end;" in found.up
    assert "-- It was PostgreSQL 17." in found.up


def test_a_policy_for_a_role_that_is_nobodys_identity_is_a_comment() -> None:
    policies = {"mine": "CREATE POLICY mine ON public.t TO app", "old": 'CREATE POLICY old ON public.t TO "Old One"'}
    schema = made(tables={"public.t": {**TABLE, "policies": policies}})
    found = baseline(schema, 18, {"public.t": frozenset({"old"})})
    assert found.definition["tables"]["public.t"].get("policies") == {"mine": policies["mine"]}
    assert [note.proposal for note in found.notes] == [f"{policies['old']};\n"]
    assert f"\n-- {policies['old']};\n" in found.up


def test_it_has_the_number_that_the_server_is_at() -> None:
    """Where golang-migrate was used the server has it applied already."""
    found = baseline(made(version=42, tables={"public.t": TABLE}), 18, {})
    assert (found.version, found.definition["version"]) == (42, 42)
    assert "-- That server is at this version already.\n" in found.up
    assert "migrate force" not in found.up


def test_an_index_goes_with_the_operator_class_that_it_is_ordered_by() -> None:
    index = "CREATE INDEX i ON public.t USING btree (id public.ops)"
    schema = made(
        tables={"public.t": {**TABLE, "indexes": {"i": index, "j": "CREATE INDEX j ON public.t USING btree (id)"}}},
        objects={"operator class": {"public.ops USING btree": {"definition": ["CREATE OPERATOR CLASS public.ops .."]}}},
    )
    found = baseline(schema, 18, {})
    assert [*found.definition["tables"]["public.t"].get("indexes", {})] == ["j"]
    assert "objects" not in found.definition
    assert f"-- {index};" in found.up


def test_a_server_that_rds_does_not_have_yet_is_judged_by_the_newest() -> None:
    found = baseline(made(extensions={"citext": {}, "nobodys": {}}), 99, {})
    assert [note.text.partition(":")[0] for note in found.notes] == ["extension nobodys is left out"]
    assert found.definition == made(extensions={"citext": {}}, version=1)
