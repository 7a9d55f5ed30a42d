"""The rehearsal on real servers: what it accepts, and each of the ways in which migrations go wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest
from migrate_server import MIGRATIONS, write

from bootstrap import schema
from bootstrap.migrate import MigrationRunner, Source, Version
from bootstrap.migrate.postgres import PostgresLedger
from bootstrap.rehearse import NotEmptyError, Rehearsal, Trouble, rehearse
from bootstrap.schema.changes import SchemaChange, changes
from pipeline.rehearsal import markdown, verdict

pytestmark = pytest.mark.server
BASE = {
    "x1_base_up": "CREATE TABLE a (id int PRIMARY KEY); COMMENT ON TABLE a IS 'first';",
    "x1_base_down": "DROP TABLE a;",
}
UP = """
CREATE TABLE b (id int, a int REFERENCES a); CREATE INDEX b_a ON b (a);
ALTER TABLE a ADD COLUMN n text NOT NULL DEFAULT ''; CREATE VIEW c AS SELECT n FROM a;
"""
DOWN = "DROP VIEW c; DROP TABLE b; ALTER TABLE a DROP COLUMN n;"


def run(connection: psycopg.Connection[Any], folder: Path, since: int = 1, **more: Any) -> Rehearsal:
    return rehearse(connection, Source.load(folder), since=since, role="lab_owner", **more)


def troubles(made: Rehearsal) -> list[tuple[str, str, bool]]:
    return [(each.phase, each.what, each.failed) for each in made.troubles]


def test_what_the_new_ones_do(connection: psycopg.Connection[Any], tmp_path: Path) -> None:
    said: list[str] = []
    folder = write(tmp_path / "m", **BASE, x2_more_up=UP, x2_more_down=DOWN)
    made = run(connection, folder, say=said.append)
    assert (made.ok, made.failed, made.new, made.irreversible) == (True, False, ("000002_more",), "")
    assert [(each.direction, each.version) for each in made.applied] == [("up", 2), ("down", 2), ("up", 2)]
    assert [(c.change, c.kind, c.object, c.before, c.after) for c in made.changes] == [
        ("added", "column", "a.n", None, "text not null default ''::text"),
        ("added", "table", "b", None, "id, a"),
        ("added", "index", "b.b_a", None, "CREATE INDEX b_a ON public.b USING btree (a)"),
        ("added", "view", "c", None, made.changes[-1].after),
    ]
    assert said == ["1 migrations of the base applied", "1 new ones applied: 4 objects differ",
                    "undone and applied again"]  # fmt: skip
    # It is left migrated.
    assert MigrationRunner(Source.load(folder), PostgresLedger(connection), role="lab_owner").version() == Version(
        2, dirty=False
    )
    with pytest.raises(NotEmptyError, match=r"is not empty \(a, b, c\)"):
        run(connection, folder)


def test_an_application_s_own_and_its_definition(connection: psycopg.Connection[Any]) -> None:
    made = run(connection, MIGRATIONS, since=0, definition=schema.beside(MIGRATIONS))
    assert troubles(made) == []
    assert len(made.applied) == 3 * len(made.new) == 3 * len(Source.load(MIGRATIONS).versions)


def test_nothing_new(connection: psycopg.Connection[Any], tmp_path: Path) -> None:
    made = run(connection, write(tmp_path / "m", **BASE))
    assert (made.ok, made.new, made.applied, made.changes) == (True, (), [], ())
    assert verdict(made) == "no new migrations"


@pytest.mark.parametrize(
    ("up", "down", "expected", "said"),
    [
        ("CREATE TABLE IF NOT EXISTS b (id int)", "SELECT 1", [("down", "table b added: id", False)],
         "down does not undo up"),
        (UP, "DROP VIEW c; DROP TABLE b; ALTER TABLE a DROP COLUMN n; COMMENT ON TABLE a IS 'x'",
         [("down", "comment a changed: first → x", False), ("up again", "comment a changed: first → x", False)],
         "down does not undo up, up again gives something else"),
        ("CREATE TABLE IF NOT EXISTS b (id int)", "DROP TABLE a",
         [("down", "table b added: id", False), ("down", "table a removed: id", False),
          ("up again", "table a removed: id", False)], "down does not undo up, up again gives something else"),
    ],
)  # fmt: skip
def test_a_down_that_does_not_undo(
    connection: psycopg.Connection[Any], tmp_path: Path, up: str, down: str, expected: list[Any], said: str
) -> None:
    made = run(connection, write(tmp_path / "m", **BASE, x2_m_up=up, x2_m_down=down))
    assert [t for t in troubles(made) if "constraint" not in t[1]] == expected
    assert (made.ok, made.failed, verdict(made)) == (False, False, said)


@pytest.mark.parametrize(
    ("up", "down", "phase", "says"),
    [
        ("CREATE TABLE b (id nothing)", "SELECT 1", "up", "type \"nothing\" does not exist"),
        ("CREATE TABLE b (id int)", "DROP TABLE nothing", "down", "table \"nothing\" does not exist"),
        ("CREATE TABLE b (id int)", "SELECT 1", "up again", "relation \"b\" already exists"),
    ],
)  # fmt: skip
def test_a_file_that_fails(
    connection: psycopg.Connection[Any], tmp_path: Path, up: str, down: str, phase: str, says: str
) -> None:
    made = run(connection, write(tmp_path / "m", **BASE, x2_m_up=up, x2_m_down=down))
    last = made.troubles[-1]
    assert (last.phase, last.failed, made.failed, says in last.what) == (phase, True, True, True), last
    assert verdict(made) == f"{phase} failed"
    assert f"**{phase}** 000002_m" in markdown(made)


def test_a_base_that_fails(connection: psycopg.Connection[Any], tmp_path: Path) -> None:
    made = run(connection, write(tmp_path / "m", x1_a_up="nonsense", x1_a_down="", x2_b_up="", x2_b_down=""))
    assert made.failed
    assert made.applied == []


def test_what_says_that_it_cannot_be_undone(connection: psycopg.Connection[Any], tmp_path: Path) -> None:
    """The migrations above it are undone and applied again; the database is left migrated and clean."""
    refuses = "DO $$BEGIN RAISE EXCEPTION 'the texts are gone'; END$$"
    folder = write(tmp_path / "m", **BASE, x2_m_up="CREATE TABLE b (id int)", x2_m_down=refuses,
                   x3_n_up="CREATE TABLE c (id int)", x3_n_down="DROP TABLE c")  # fmt: skip
    made = run(connection, folder)
    assert (made.ok, verdict(made)) == (True, "up and not down")
    assert made.irreversible.startswith("000002_m.down.sql")
    assert "the texts are gone" in made.irreversible
    assert "cannot be undone: 000002_m.down.sql" in markdown(made)
    assert MigrationRunner(Source.load(folder), PostgresLedger(connection), role="lab_owner").version() == Version(
        3, dirty=False
    )


def test_a_definition_that_was_left_behind(connection: psycopg.Connection[Any], tmp_path: Path) -> None:
    folder = write(tmp_path / "m", **BASE, x2_more_up=UP, x2_more_down=DOWN)
    path = tmp_path / "schema.json"
    path.write_text('{"version": 1, "tables": {"public.a": {"columns": {"id": {"type": "integer"}}}}}')
    made = run(connection, folder, definition=path)
    assert not made.failed
    found = {each.what for each in made.troubles}
    assert {"column a.n: extra", "table b: extra", "view c: extra"} <= found
    assert "it is that of migration 1, the last one is 2: datatier schema dump" in found
    assert all(isinstance(each, Trouble) and each.phase == "definition" for each in made.troubles)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({}, {}, []),
        ({"extensions": {"x": {}}}, {}, ["extension x removed: installed"]),
        ({"types": {"public.t": {"enum": ["a"]}}}, {"types": {"public.t": {"enum": ["b"]}}}, [
            "type t changed: AS ENUM ('a') → AS ENUM ('b')"]),
        ({"sequences": {"a.s": {"type": "integer", "cache": 5}}}, {}, ["sequence a.s removed: AS integer CACHE 5"]),
        ({}, {"functions": {"f()": {"definition": ["a", "b"], "comment": "c"}}}, [
            "function f() added: a\nb", "comment f() added: c"]),
        ({"tables": {"t": {"columns": {"c": {"type": "text", "not_null": True, "collation": "C"}}}}},
         {"tables": {"t": {"columns": {"c": {"type": "int", "identity": "ALWAYS", "comment": "n"}}}}}, [
            "column t.c changed: text not null collation C → int identity always", "comment t.c added: n"]),
        ({"tables": {"t": {"columns": {}}}},
         {"tables": {"t": {"columns": {}, "unlogged": True, "options": ["fillfactor=70"], "row_security": "FORCED",
                           "partition_by": "RANGE (at)"}}}, [
            "table t changed: unlogged; partition by RANGE (at); row security forced; fillfactor=70"]),
        ({"tables": {"t": {"columns": {}, "constraints": {"k": "CHECK (a)"}, "triggers": {"g": "x"}, "policies":
                           {"p": "y"}, "rules": {"r": "z"}}}}, {"tables": {"t": {"columns": {}}}}, [
            "constraint t.k removed: CHECK (a)", "policy t.p removed: y", "trigger t.g removed: x",
            "rule t.r removed: z"]),
        ({"tables": {"public.t_1": {"partition_of": "public.t", "bound": "DEFAULT"}}}, {}, [
            "table t_1 removed: partition of t DEFAULT"]),
        ({"tables": {"t": {"columns": {"g": {"type": "int", "generated": "STORED", "default": "1"}}}}},
         {"tables": {"t": {"columns": {"g": {"type": "int", "default": "1"}}}}}, [
            "column t.g changed: int generated as (1) stored → int default 1"]),
        # Of a table that goes only what has a life of its own is told beside it.
        ({"tables": {"t": {"columns": {"c": {"type": "int"}}, "comment": "n", "indexes": {"i": "CREATE"}}}}, {}, [
            "table t removed: c", "index t.i removed: CREATE"]),
        ({"views": {"v": {"definition": ["SELECT 1"], "materialized": True, "indexes": {"i": "x"}}}}, {}, [
            "materialized view v removed: SELECT 1", "index v.i removed: x"]),
    ],
)  # fmt: skip
def test_what_differs_between_two_schemas(before: Any, after: Any, expected: list[str]) -> None:
    assert [str(each) for each in changes(before, after)] == expected
    opposite = {"added": "removed", "removed": "added", "changed": "changed"}
    assert {(c.kind, c.object, opposite[c.change]) for c in changes(before, after)} == {
        (c.kind, c.object, c.change) for c in changes(after, before)
    }


def test_a_change_in_a_table_of_markdown() -> None:
    made = Rehearsal(since=1, new=("000002_x",), server=180004)
    made.changes = (SchemaChange(change="changed", kind="type", object="t", before="a|b", after="x" * 200),)
    assert f"| changed | type `t` | a\\|b → {'x' * 99}… |" in markdown(made)
    assert "PostgreSQL 18, 1 new, 1 objects differ" in markdown(made)


def test_a_folder_without_ways_down_is_told_and_is_no_failure(
    connection: psycopg.Connection[Any], tmp_path: Path
) -> None:
    folder = write(tmp_path / "m", **BASE, x2_m_up="CREATE TABLE b (id int)", x3_n_up="", x3_n_down="")
    made = run(connection, folder)
    assert (made.ok, made.failed) == (True, False)
    assert made.irreversible.startswith("000002_m.down.sql: the file is missing")
