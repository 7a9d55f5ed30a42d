"""The order in which a definition is made: by needs, else by rank, and what goes round in a circle in two steps."""

from __future__ import annotations

import re

import pytest

from bootstrap import schema
from bootstrap.schema.file import DefinitionError
from bootstrap.schema.generate import generate
from bootstrap.schema.order import Step, in_order


def step(name: str, *needs: str, rank: int = 0) -> Step:
    return Step(name=name, rank=rank, statements=(name,), needs=frozenset(needs))


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([], []),
        ([step("b"), step("a")], ["b", "a"]),
        ([step("late", rank=2), step("early", rank=1)], ["early", "late"]),
        ([step("early", "late", rank=1), step("late", rank=2)], ["late", "early"]),
        ([step("a", "b"), step("b", "c"), step("c", rank=9)], ["c", "b", "a"]),
        ([step("a", "of somebody else's")], ["a"]),
    ],
)
def test_each_comes_after_what_it_needs_and_else_by_its_rank(steps: list[Step], expected: list[str]) -> None:
    assert [each.name for each in in_order(steps)] == expected


def test_only_those_that_need_each_other_are_named_where_nothing_resolves_it() -> None:
    steps = [step("after", "a"), step("a", "b"), step("b", "a", "before"), step("before")]
    with pytest.raises(DefinitionError, match="goes round in a circle: a, b need each other"):
        in_order(steps)


FUNCTION = "CREATE OR REPLACE FUNCTION shop.f()\n RETURNS bigint\n LANGUAGE sql\n{}"
READS = "BEGIN ATOMIC\n SELECT count(*) AS count FROM shop.t;\nEND"


def function(**more: list[str]) -> schema.Schema:
    return {"functions": {"shop.f()": {"definition": FUNCTION.format(READS).split("\n"), **more}}}  # type: ignore[typeddict-item]


CIRCLES: list[tuple[str, schema.Schema, list[str]]] = [
    (
        "a default follows its table",
        {
            **function(body_needs=["table shop.t"]),
            "tables": {
                "shop.t": {
                    "columns": {"n": {"type": "bigint", "default": "shop.f()"}},
                    "needs": {"column n": ["function shop.f()"]},
                }
            },
        },
        [
            "CREATE TABLE shop.t (\n    n bigint\n)",
            FUNCTION.format(READS),
            "ALTER TABLE ONLY shop.t ALTER COLUMN n SET DEFAULT shop.f()",
        ],
    ),
    (
        "a check follows its table",
        {
            **function(needs=["table shop.t"]),
            "tables": {
                "shop.t": {
                    "columns": {"n": {"type": "bigint"}},
                    "constraints": {"c": "CHECK ((shop.f() > 0))"},
                    "needs": {"constraint c": ["function shop.f()"]},
                }
            },
        },
        [
            "CREATE TABLE shop.t (\n    n bigint\n)",
            FUNCTION.format(READS),
            "ALTER TABLE shop.t ADD CONSTRAINT c CHECK ((shop.f() > 0))",
        ],
    ),
    (
        "a body follows what it reads where a generated column cannot",
        {
            **function(body_needs=["table shop.t"]),
            "tables": {
                "shop.t": {
                    "columns": {"n": {"type": "bigint", "default": "shop.f()", "generated": "STORED"}},
                    "needs": {"column n": ["function shop.f()"]},
                }
            },
        },
        [
            FUNCTION.format("AS 'SELECT NULL::bigint'"),
            "CREATE TABLE shop.t (\n    n bigint GENERATED ALWAYS AS (shop.f()) STORED\n)",
            FUNCTION.format(READS),
        ],
    ),
    (
        "a view is made without what it reads",
        {
            **function(needs=["view shop.v"]),
            "views": {
                "shop.v": {
                    "columns": {"n": {"type": "bigint"}, "t": {"type": "text", "collation": '"C"'}},
                    "definition": [" SELECT shop.f() AS n,", "    'x'::text COLLATE \"C\" AS t;"],
                    "needs": ["function shop.f()"],
                }
            },
        },
        [
            'CREATE VIEW shop.v AS SELECT NULL::bigint AS n, NULL::text COLLATE "C" AS t',
            FUNCTION.format(READS),
            "CREATE OR REPLACE VIEW shop.v AS\n SELECT shop.f() AS n,\n    'x'::text COLLATE \"C\" AS t",
        ],
    ),
    (
        "a domain's parts follow it",
        {
            **function(needs=["type shop.d"]),
            "types": {
                "shop.d": {
                    "domain": {"type": "bigint", "default": "shop.f()", "constraints": {"c": "CHECK ((VALUE > 0))"}},
                    "needs": {"default": ["function shop.f()"]},
                }
            },
        },
        [
            "CREATE DOMAIN shop.d AS bigint CONSTRAINT c CHECK ((VALUE > 0))",
            FUNCTION.format(READS),
            "ALTER DOMAIN shop.d SET DEFAULT shop.f()",
        ],
    ),
    (
        "a base type begins as a shell",
        {
            **function(needs=["type shop.b"]),
            "types": {
                "shop.b": {"base": {"input": "shop.f", "output": "shop.f"}, "needs": {"type": ["function shop.f()"]}}
            },
        },
        ["CREATE TYPE shop.b", FUNCTION.format(READS), "CREATE TYPE shop.b (INPUT = shop.f, OUTPUT = shop.f)"],
    ),
]


@pytest.mark.parametrize(("defined", "expected"), [each[1:] for each in CIRCLES], ids=[each[0] for each in CIRCLES])
def test_a_circle_is_made_in_two_steps(defined: schema.Schema, expected: list[str]) -> None:
    assert list(generate(defined)) == ["SET check_function_bodies = off", *expected]


def test_what_needs_an_extension_that_is_not_there_is_left_out_with_what_needs_that() -> None:
    defined: schema.Schema = {
        "extensions": {"citext": {"schema": "public"}},
        "tables": {
            "shop.a": {"columns": {"e": {"type": "public.citext"}}, "needs": {"table": ["extension citext"]}},
            "shop.b": {
                "columns": {"e": {"type": "integer"}},
                "constraints": {"b_fkey": "FOREIGN KEY (e) REFERENCES shop.a(e)"},
                "indexes": {"b_e": "CREATE INDEX b_e ON shop.b USING btree (e)"},
            },
        },
        "views": {"shop.v": {"definition": [" SELECT e FROM shop.a;"], "needs": ["table shop.a"]}},
    }
    whole = " ".join(generate(defined))
    assert [word for word in ("EXTENSION", "shop.a ", "b_fkey", "b_e", "shop.v") if word in whole] == [
        "EXTENSION",
        "shop.a ",
        "b_fkey",
        "b_e",
        "shop.v",
    ]
    assert [re.sub(r"\s+", " ", each) for each in generate(defined, extensions=frozenset())[1:]] == [
        "CREATE TABLE shop.b ( e integer )",
        "CREATE INDEX b_e ON shop.b USING btree (e)",
    ]
