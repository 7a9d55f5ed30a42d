"""Grants, memberships, settings and policies on real servers: applied, converged, mended after drift, as a master."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from own_database import Database

from bootstrap.postgres.apply import ApplyError, StalePlanError, apply
from bootstrap.postgres.desired import desired
from bootstrap.postgres.live import read
from bootstrap.reconcile.allowed import EVERYTHING
from bootstrap.verify.by_role import verify_roles
from bootstrap.verify.given import given_probes
from bootstrap.verify.statements import tables

pytestmark = pytest.mark.server

SCHEMA = """
CREATE TABLE users (id int PRIMARY KEY, email text, secret text);
CREATE TABLE events (id bigserial PRIMARY KEY, at timestamptz);
CREATE VIEW recent AS SELECT * FROM events;
CREATE FUNCTION answer() RETURNS int LANGUAGE sql AS 'SELECT 42';
CREATE FUNCTION answer(integer, text) RETURNS int LANGUAGE sql AS 'SELECT 42';
CREATE TABLE reporting.monthly (id int, total int);
"""
ANALYST = {
    "privileges": "custom",
    "grants": [
        {"tables": ["users"], "columns": ["id", "email"], "privileges": ["select", "update"]},
        {"functions": ["answer(integer,text)"], "privileges": ["execute"]},
        {"sequences": ["events_id_seq"], "privileges": ["usage"]},
        {"schema": "reporting", "tables": "*", "privileges": ["select"]},
        {"database": True, "privileges": ["temporary"]},
    ],
    "settings": {"search_path": 'reporting, "$user", public', "work_mem": "8MB"},
}
DELETES = {"privileges": "custom", "grants": [{"tables": ["users"], "privileges": ["delete"]}]}
OWN_ROWS = {"command": "select", "roles": ["{n}_app"], "using": "email = current_setting('app.user', true)"}


def declared(database: Database, **more: Any) -> Any:
    return database.access(
        schemas=["public", "reporting"],
        identities={"{n}_app": {"postgres": "readwrite"}, "{n}_analyst": {"postgres": ANALYST}},
        **more,
    )


@pytest.fixture
def governed(database: Database) -> Database:
    """With its roles, and what the owner made."""
    database.apply(declared(database))
    database.execute(SCHEMA, as_role="{n}_owner")
    database.apply(declared(database))
    return database


def allowed(database: Database, login: str, statement: str) -> bool:
    with database.superuser() as conn:
        conn.execute(f"SET SESSION AUTHORIZATION {database.n}_{login}".encode())
        conn.execute(f"SET search_path = public; SET ROLE {database.n}_{login.removesuffix('_a')}".encode())
        try:
            conn.execute(statement.encode())
        except psycopg.errors.InsufficientPrivilege:
            return False
    return True


def test_before_the_schema_exists_it_is_told_not_failed(database: Database) -> None:
    access = declared(database)
    database.apply(access)
    n = database.n
    assert database.differences(access) == [
        f"identities.{n}_analyst.postgres.grants.0.tables: table public.users does not exist yet",
        f"identities.{n}_analyst.postgres.grants.1.functions: function public.answer(integer, text) does not exist yet",
        f"identities.{n}_analyst.postgres.grants.2.sequences: sequence public.events_id_seq does not exist yet",
    ]


def test_a_misspelt_object_is_told_with_the_nearest(governed: Database) -> None:
    wrong = {"privileges": "custom", "grants": [{"tables": ["user"], "privileges": ["select"]}]}
    wrong["grants"] += [{"tables": ["users"], "columns": ["emial"], "privileges": ["select"]}]  # type: ignore[operator]
    access = governed.access(identities={"{n}_analyst": {"postgres": wrong}, "{n}_app": {"postgres": "readwrite"}})
    at = f"identities.{governed.n}_analyst.postgres.grants"
    assert governed.differences(access) == [
        f'{governed.n}_owner has `owns schema "reporting"`, which access.yaml does not say: what is in it is not '
        "looked at; add it to `schemas`",
        f"{at}.0.tables: table public.user does not exist yet (nearest: `users`)",
        f"{at}.1.columns: public.users has no column emial yet (nearest: `email`)",
    ]


@pytest.mark.parametrize(
    ("statement", "may"),
    [
        ("SELECT id, email FROM users", True),
        ("SELECT secret FROM users", False),
        ("SELECT * FROM users", False),
        ("UPDATE users SET email = '' WHERE id = 0", True),
        ("UPDATE users SET secret = ''", False),
        ("DELETE FROM users", False),
        ("SELECT answer(1, '')", True),
        ("SELECT answer()", False),
        ("SELECT nextval('events_id_seq')", True),
        ("SELECT * FROM events", False),
        ("SELECT * FROM reporting.monthly", True),
        ("INSERT INTO reporting.monthly VALUES (1, 1)", False),
        ("CREATE TEMPORARY TABLE t (id int)", True),
        ("CREATE TABLE t (id int)", False),
    ],
)
def test_custom_grants_allow_that_and_no_more(governed_once: Database, statement: str, may: bool) -> None:
    assert allowed(governed_once, "analyst_a", statement) is may


@pytest.fixture(scope="module")
def governed_once(postgres_server: Any) -> Database:
    import own_database

    made = own_database.make(postgres_server)
    made.apply(declared(made))
    made.execute(SCHEMA, as_role="{n}_owner")
    made.apply(declared(made))
    return made


@pytest.mark.parametrize("identity", ["app", "analyst"])
def test_probes_of_own_grants_come_out_as_declared(governed_once: Database, identity: str) -> None:
    access = declared(governed_once)
    with governed_once.superuser() as conn:
        conn.execute("SET search_path = public")
        found = tables(conn)
        tried = list(given_probes(access, f"{governed_once.n}_{identity}", found, replica=False, version=180000))
    assert {probe.expected for probe in tried} == {"allowed", "refused"}
    for probe in tried:
        outcomes = {allowed(governed_once, f"{identity}_a", statement) for statement in probe.statements}
        assert outcomes == {probe.expected == "allowed"}, probe.action


@pytest.mark.parametrize(
    ("profile", "allowed", "refused"),
    [
        (
            DELETES,
            {"read events", "insert into events", 'read "email" of users'},
            {"insert into users", "create a role"},
        ),
        ("monitoring", {"read events", 'read "email" of users'}, {"update 2 tables", "create a table"}),
        ("readonly", {"read 2 tables", "insert into events"}, {"insert into users", "delete from 2 tables"}),
        ("readwrite", {"read 2 tables", "insert into 2 tables"}, {"create a table", "create a role"}),
        ("migrator", {"delete from 2 tables", "create a table"}, {"create a role"}),
    ],
)
def test_what_everybody_may_is_expected_of_each_identity(
    database: Database, profile: Any, allowed: set[str], refused: set[str]
) -> None:
    access = database.access(
        identities={"{n}_reporting": {"postgres": profile}},
        public=[
            {"tables": ["events"], "privileges": ["select", "insert"]},
            {"tables": ["users"], "columns": ["email"], "privileges": ["select"]},
            {"database": True, "privileges": ["temporary"]},
        ],
    )
    database.apply(access)
    database.execute("CREATE TABLE users (id int, email text); CREATE TABLE events (id int)", as_role="{n}_owner")
    database.apply(access)
    with database.superuser() as conn:
        checks = list(verify_roles(conn, access))
    assert [check for check in checks if not check.ok] == []
    tried = {(check.action, check.expected) for check in checks}
    assert tried >= {(each, "allowed") for each in allowed}
    assert tried >= {(each, "refused") for each in refused}


def test_a_wildcard_holds_for_what_comes_later(governed: Database) -> None:
    governed.execute("CREATE TABLE reporting.yearly (id int)", as_role="{n}_owner")
    assert governed.plan(declared(governed)) == []
    assert allowed(governed, "analyst_a", "SELECT * FROM reporting.yearly")


@pytest.mark.parametrize(
    ("drift", "mended"),
    [
        (
            "GRANT SELECT (secret) ON users TO {n}_analyst",
            ['REVOKE SELECT ("secret") ON TABLE public.users FROM "{n}_analyst"'],
        ),
        (
            "REVOKE UPDATE (email) ON users FROM {n}_analyst",
            ['GRANT UPDATE ("email") ON TABLE public.users TO "{n}_analyst"'],
        ),
        (
            "GRANT SELECT ON users TO {n}_analyst",
            [
                'REVOKE SELECT ON TABLE public.users FROM "{n}_analyst"',
                'GRANT SELECT ("id", "email") ON TABLE public.users TO "{n}_analyst"',
            ],
        ),
        (
            "GRANT EXECUTE ON FUNCTION answer() TO {n}_analyst",
            ['REVOKE EXECUTE ON ROUTINE public.answer() FROM "{n}_analyst"'],
        ),
        (
            "REVOKE EXECUTE ON FUNCTION answer(int, text) FROM {n}_analyst",
            ['GRANT EXECUTE ON ROUTINE public.answer(integer, text) TO "{n}_analyst"'],
        ),
        (
            "REVOKE USAGE ON SCHEMA reporting FROM {n}_analyst, {n}_app",
            ['GRANT USAGE ON SCHEMA reporting TO "{n}_analyst", "{n}_app"'],
        ),
        (
            "ALTER DEFAULT PRIVILEGES FOR ROLE {n}_owner IN SCHEMA reporting REVOKE SELECT ON TABLES FROM {n}_analyst",
            [
                'ALTER DEFAULT PRIVILEGES FOR ROLE "{n}_owner" IN SCHEMA "reporting" GRANT SELECT ON TABLES '
                'TO "{n}_analyst"'
            ],
        ),
        (
            "ALTER ROLE {n}_analyst_a SET search_path = reporting",
            [
                """ALTER ROLE "{n}_analyst_a" SET "search_path" = 'reporting', '$user', 'public'""",
            ],
        ),
    ],
)
def test_drift_is_mended(governed_once: Database, drift: str, mended: list[str]) -> None:
    governed_once.execute(drift)
    access = declared(governed_once)
    assert [change.text for change in governed_once.apply(access).changes] == [
        sql.replace("{n}", governed_once.n) for sql in mended
    ]


def test_memberships_with_options(database: Database) -> None:
    n = database.n
    members = ["{n}_reader", {"role": "pg_monitor", "inherit": False, "admin": True}]
    identities = {
        "{n}_reader": {"postgres": "readonly"},
        "{n}_app": {"postgres": {"privileges": "custom", "member_of": members}},
    }
    access = database.access(identities=identities)
    database.apply(access)
    options = ", inherit_option, set_option" if database.server.major >= 16 else ", true, true"
    with database.superuser() as conn:
        rows = conn.execute(
            f"SELECT roleid::regrole::text, admin_option{options} FROM pg_auth_members "
            f"WHERE member = '{n}_app'::regrole ORDER BY 1".encode()
        ).fetchall()
    inherits = database.server.major < 16
    assert rows == [(f"{n}_reader", False, True, True), ("pg_monitor", True, inherits, True)]
    # A server that cannot hold what is declared gives more than that, and says so until it does not.
    told = [text for text in database.differences(access) if f"{n}_app has `member of pg_monitor" in text]
    if inherits:
        assert told == [
            f"{n}_app has `member of pg_monitor (admin)`, which access.yaml does not say: PostgreSQL 15 has no INHERIT "
            f'and SET of a membership: ALTER ROLE "{n}_app" NOINHERIT ends what it has without SET ROLE, of all its '
            "memberships"
        ]
        database.execute("ALTER ROLE {n}_app NOINHERIT")
        assert not [text for text in database.differences(access) if f"{n}_app has `member of pg_monitor" in text]
    else:
        assert told == []
        database.execute("GRANT {n}_reader TO {n}_app WITH INHERIT FALSE, SET FALSE GRANTED BY {n}_master")
        assert [c.text for c in database.apply(access).changes] == [
            f'GRANT "{n}_reader" TO "{n}_app" WITH ADMIN FALSE, INHERIT TRUE, SET TRUE'
        ]
        database.execute("GRANT pg_monitor TO {n}_app WITH INHERIT TRUE GRANTED BY rds_superuser")
        assert [c.text for c in database.apply(access).changes] == [
            f'REVOKE INHERIT OPTION FOR "pg_monitor" FROM "{n}_app" GRANTED BY "rds_superuser"'
        ]


def policies(forced: bool | None = None, **rules: Any) -> list[dict[str, Any]]:
    return [{"table": "users", "rules": rules, **({} if forced is None else {"forced": forced})}]


def test_policies_made_changed_and_removed(governed: Database) -> None:
    n = governed.n
    governed.execute("CREATE POLICY from_a_migration ON users FOR SELECT USING (true)", as_role="{n}_owner")
    access = declared(governed, policies=policies(own_rows=OWN_ROWS, forced=True))
    made = [c.text for c in governed.apply(access).changes if c.verb == "policy"]
    assert made == [
        f'CREATE POLICY "own_rows" ON "public"."users" AS PERMISSIVE FOR SELECT TO "{n}_app" '
        "USING (email = current_setting('app.user', true))",
        'ALTER TABLE "public"."users" ENABLE ROW LEVEL SECURITY',
        'ALTER TABLE "public"."users" FORCE ROW LEVEL SECURITY',
    ]
    # Somebody alters ours: seen by its digest, and made anew.
    governed.execute("ALTER POLICY own_rows ON users USING (true)")
    assert [c.verb for c in governed.apply(access).changes] == ["policy", "mark"]
    assert "current_setting" in governed.ask(
        "SELECT qual FROM pg_policies WHERE policyname = 'own_rows' AND tablename = 'users'"
    )
    # Declared otherwise.
    stricter = declared(governed, policies=policies(own_rows={**OWN_ROWS, "using": "false"}, forced=True))
    assert [c.takes_away for c in governed.apply(stricter).changes] == [True, False]
    # No longer declared: ours goes, the migration's stays, and so does the switch.
    assert [c.text for c in governed.apply(declared(governed)).changes] == [
        'DROP POLICY "own_rows" ON "public"."users"'
    ]
    assert (
        governed.ask("SELECT string_agg(policyname, ',') FROM pg_policies WHERE tablename = 'users'")
        == "from_a_migration"
    )
    assert governed.ask("SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE relname = 'users'")


def test_a_migrations_policy_of_the_same_name_is_left_and_told(governed: Database) -> None:
    governed.execute("CREATE POLICY own_rows ON users USING (true)", as_role="{n}_owner")
    access = declared(governed, policies=policies(own_rows=OWN_ROWS))
    assert [c.text for c in governed.apply(access).changes] == [
        'ALTER TABLE "public"."users" ENABLE ROW LEVEL SECURITY'
    ]
    assert [d for d in governed.differences(access) if "policies" in d] == [
        'policies.0.rules.own_rows: "public"."users" has a policy of that name that a migration made; take it out of '
        'access.yaml, or hand it over: COMMENT ON POLICY "own_rows" ON "public"."users" IS \'data-tier: managed\''
    ]


def test_a_plan_is_refused_when_the_server_has_moved_on(governed: Database) -> None:
    governed.execute("REVOKE SELECT ON reporting.monthly FROM {n}_analyst")
    wanted = desired(declared(governed), {})
    with governed.master() as conn:
        digest = read(conn, wanted).digest
        assert read(conn, wanted).digest == digest
        governed.execute("GRANT INSERT ON users TO {n}_analyst")
        with pytest.raises(StalePlanError, match="changed since"):
            apply(conn, wanted, EVERYTHING, digest=digest)


def test_a_failing_statement_is_named_and_nothing_is_left(database: Database) -> None:
    access = database.access()
    database.apply(access)
    more = database.access(
        identities={
            "{n}_app": {"postgres": "readwrite"},
            "{n}_b": {"postgres": {"privileges": "readonly", "settings": {"no_such_setting": "1"}}},
        }
    )
    with pytest.raises(ApplyError, match=r'role .*_b_a: unrecognized configuration parameter "no_such_setting"'):
        database.apply(more)
    assert database.ask("SELECT count(*) FROM pg_roles WHERE rolname LIKE '{n}\\_b%'") == 0
