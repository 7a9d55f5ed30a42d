"""Conditions of policies that behave by what a connection did before: found as text, and what they do on servers."""

from __future__ import annotations

import psycopg
import pytest
from own_database import Database

from bootstrap.access import analyse, load_access
from bootstrap.access.policy_settings import pooled_settings

GUARDED = "email = NULLIF(current_setting('app.person', true), '')"
LENIENT = "email = current_setting('app.person', true)"
STRICT = "email = current_setting('app.person')"


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("true", []),
        (GUARDED, []),
        (LENIENT, ["app.person is NULL"]),
        (STRICT, ["app.person is an error (42704)"]),
        ("email = NULLIF(current_setting('app.person'), '')", ["app.person is an error (42704)"]),
        ("email = NULLIF(current_setting('app.person', false), '')", ["app.person is an error (42704)"]),
        ("id = current_setting('app.tenant', true)::int", ["app.tenant is NULL"]),
        ("id = NULLIF(current_setting('app.tenant', true), '')::int", []),
        ("id = NULLIF(current_setting('app.tenant', true)::text, ''::text)::int", []),
        # As pg_get_expr writes them.
        ("(email = NULLIF(current_setting('app.person'::text, true), ''::text))", []),
        ("(email = current_setting('app.person'::text, true))", ["app.person is NULL"]),
        ("(email = CURRENT_SETTING ( 'app.person' , TRUE ))", ["app.person is NULL"]),
        ("a = NULLIF(current_setting('app.person', true), 'root')", ["app.person is NULL"]),
        (
            "a = current_setting('app.a', true) OR b = current_setting('app.b')",
            ["app.a is NULL", "app.b is an error (42704)"],
        ),
        # PostgreSQL's own are always set.
        ("current_setting('server_version_num')::int > 1", []),
    ],
)
def test_what_depends_on_the_connections_past_is_found(condition: str, found: list[str]) -> None:
    assert [each.message.partition(" on a")[0] for each in pooled_settings(condition)] == found


def test_a_declared_policy_is_warned_of_with_what_to_write() -> None:
    rules = {"own": {"roles": ["shop_app"], "using": LENIENT, "check": LENIENT}, "fine": {"roles": ["shop_app"]}}
    rules["fine"]["using"] = GUARDED
    access = load_access(
        {
            "owner": "shop_owner",
            "identities": {"shop_app": {"postgres": "readwrite"}},
            "policies": [{"table": "orders", "rules": rules}],
        }
    )
    assert [str(found) for found in analyse(access)] == [
        "policies.0.rules.own: app.person is NULL on a connection that has not set it yet and '' after a transaction "
        "that did, for the rest of the connection: who sees which rows depends on what the pool did before; "
        "NULLIF(current_setting('app.person', true), '') is nobody in both cases"
    ]


@pytest.mark.server
@pytest.mark.parametrize(
    ("condition", "fresh", "used"),
    [(GUARDED, 0, 0), (LENIENT, 0, 1), (STRICT, "42704", 1)],
    ids=["guarded", "lenient", "strict"],
)
def test_a_connection_that_was_used_before_is_nobody_by_a_guarded_policy_alone(
    database: Database, condition: str, fresh: object, used: object
) -> None:
    """One row belongs to the empty address, as a mistake or an import leaves it."""
    rules = {"own": {"roles": ["{n}_app"], "command": "select", "using": condition}}
    access = database.access(policies=[{"table": "people", "rules": rules}])
    database.apply(access)
    database.execute("CREATE TABLE people (email text); INSERT INTO people VALUES (''), ('ann')", as_role="{n}_owner")
    database.apply(access)

    def seen(conn: psycopg.Connection) -> object:
        try:
            row = conn.execute("SELECT count(*) FROM people").fetchone()
        except psycopg.Error as error:
            return error.sqlstate
        return row and row[0]

    with database.superuser() as conn:
        conn.execute(f"SET SESSION AUTHORIZATION {database.n}_app".encode())
        assert seen(conn) == fresh
        with conn.transaction():
            conn.execute("SET LOCAL app.person = 'ann'")
            assert seen(conn) == 1
        assert seen(conn) == used
