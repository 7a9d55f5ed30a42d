"""Names and texts with anything in them stay inside their statement: executed on a real server and compared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import own_database
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from own_database import Database
from real_servers import Postgres

from bootstrap.access import load_access
from bootstrap.postgres.acl import held
from bootstrap.postgres.change import ident, literal
from bootstrap.postgres.desired import Role, desired
from bootstrap.postgres.live import read
from bootstrap.postgres.plan import plan

pytestmark = pytest.mark.server

HOSTILE = [
    '"',
    "'",
    "\\",
    "%",
    "%s",
    "%(a)s",
    "$$",
    "$x$",
    ";",
    "--",
    "/*",
    "\n",
    "\t",
    "=",
    "/",
    ",",
    "ä",
    "𝕏",
    "{n}",
    " ",
]
TEXTS = st.lists(
    st.sampled_from(HOSTILE) | st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1
).map("".join)
NAMES = TEXTS.map(lambda text: text.encode()[:63].decode(errors="ignore")).filter(bool)
ONCE = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def place(postgres18: Postgres) -> Database:
    made = own_database.make(postgres18)
    made.apply(made.access())
    return made


@pytest.fixture(scope="module")
def boss(place: Database) -> Iterator[psycopg.Connection[Any]]:
    with place.superuser() as conn:
        yield conn


@ONCE
@given(text=TEXTS)
def test_literals_come_back(boss: psycopg.Connection[Any], text: str) -> None:
    assert boss.execute(f"SELECT {literal(text)}".encode()).fetchone() == (text,)


@ONCE
@given(name=NAMES)
def test_identifiers_come_back(boss: psycopg.Connection[Any], name: str) -> None:
    described = boss.execute(f"SELECT 1 AS {ident(name)}".encode()).description
    assert described is not None
    assert described[0].name == name


@ONCE
@given(table=NAMES, column=NAMES)
def test_grants_on_objects_of_any_name(boss: psycopg.Connection[Any], place: Database, table: str, column: str) -> None:
    """Declared, planned, executed, read back: nothing is left to do, and nothing else was touched."""
    grants = [
        {"tables": [table], "privileges": ["delete"]},
        {"tables": [table], "columns": [column], "privileges": ["select"]},
    ]
    identities = {f"{place.n}_app": {"postgres": {"privileges": "custom", "grants": grants}}}
    rules = {column: {"roles": [f"{place.n}_app"], "using": "true"}}
    policies = [{"table": table, "rules": rules}]
    access = load_access({"owner": f"{place.n}_owner", "identities": identities, "policies": policies})
    wanted = desired(access, {})
    with boss.transaction(force_rollback=True):
        boss.execute(f"SET LOCAL ROLE {place.n}_owner".encode())
        boss.execute(f"CREATE TABLE public.{ident(table)} ({ident(column)} int)".encode())
        boss.execute("RESET ROLE")
        for change in plan(wanted, read(boss, wanted)):
            if change.verb in {"grant", "revoke", "policy"} or change.text.startswith("DO"):
                boss.execute(change.text.encode())
        after = read(boss, wanted)
        (item,) = [item for item in after.objects if item.kind == "table"]
        assert (item.name, item.privileges[f"{place.n}_app"]) == (table, {"DELETE"})
        assert after.columns["public", table] == {column: {f"{place.n}_app": {"SELECT"}}}
        assert set(after.walls["public", table].policies) == {column}
        assert [
            c.text for c in plan(wanted, after) if c.verb in {"grant", "revoke", "policy"} and "DATABASE" not in c.text
        ] == []


@ONCE
@given(name=NAMES.filter(lambda n: not n.startswith("pg_") and n not in {"public", "none"}))
def test_acls_name_any_role(boss: psycopg.Connection[Any], place: Database, name: str) -> None:
    with boss.transaction(force_rollback=True):
        boss.execute(f"CREATE ROLE {ident(name)}; CREATE TABLE public.t (id int)".encode())
        boss.execute(f"GRANT SELECT ON public.t TO {ident(name)}".encode())
        row = boss.execute(
            "SELECT relacl::text[], pg_get_userbyid(relowner) FROM pg_class WHERE relname = 't'"
        ).fetchone()
    assert row is not None
    assert held(*row).privileges == {name: {"SELECT"}}


@ONCE
@given(value=TEXTS)
def test_settings_of_any_text(boss: psycopg.Connection[Any], place: Database, value: str) -> None:
    role = Role(name=f"{place.n}_app_a", login=True, settings=(("app.text", value),))
    wanted = desired(place.access(), {})
    with boss.transaction(force_rollback=True):
        live = read(boss, wanted)
        from dataclasses import replace

        changed = replace(wanted, roles=(role,))
        for change in plan(changed, live):
            if change.verb == "set":
                boss.execute(change.text.encode())
        assert read(boss, changed).roles[role.name].settings["app.text"] == value
