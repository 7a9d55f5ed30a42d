"""Schemas that migrators make, that the bootstrap makes, and the row-level security that tools bring, on servers."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from own_database import Database

from bootstrap.access import AccessError, load_access
from bootstrap.access_explain import explain_database
from bootstrap.access_import import import_database
from bootstrap.reconcile.by_url import plan_urls
from bootstrap.verify.by_role import verify_roles

SERVER = pytest.mark.server
TOOL = "CREATE SCHEMA IF NOT EXISTS jobs; CREATE TABLE IF NOT EXISTS jobs.job (id bigserial PRIMARY KEY, what text);"


def shop(database: Database, said: str | None = None, **more: Any) -> Any:
    migrator = {"privileges": "migrator"} | ({"schemas": said} if said else {})
    identities = {"{n}_hand": {"postgres": migrator}, "{n}_app": {"postgres": "readwrite"}}
    return database.access(identities={**identities, **more.pop("identities", {})}, **more)


def as_login(database: Database, identity: str, *statements: str) -> str:
    """Run statements as a sibling login acts; return the SQLSTATE of what failed."""
    role = f"{database.n}_owner" if identity == "hand" else f"{database.n}_{identity}"
    with database.superuser() as conn:
        conn.execute(f"SET SESSION AUTHORIZATION {database.n}_{identity}_a; SET ROLE {role}".encode())
        for statement in statements:
            try:
                conn.execute(statement.encode())
            except psycopg.Error as error:
                return error.sqlstate or ""
    return ""


def creates(database: Database, access: Any) -> set[str]:
    """What the proof says of making a schema: the outcomes that came out as expected, and what did not."""
    with database.superuser() as conn:
        checks = [check for check in verify_roles(conn, access) if check.action == "create a schema"]
    return {f"{check.outcome}{'' if check.ok else ' wrongly'}" for check in checks}


@SERVER
def test_an_owner_of_the_database_makes_schemas_until_they_are_declared(database: Database) -> None:
    n = database.n
    usual, closed = shop(database), shop(database, "declared")
    database.apply(usual)
    assert (as_login(database, "hand", TOOL), creates(database, usual)) == ("", {"allowed"})
    database.execute("DROP SCHEMA jobs CASCADE")
    assert [(c.verb, c.text, c.consent) for c in database.apply(closed).changes] == [
        ("grant", f'GRANT CREATE ON DATABASE "{n}" TO "{n}_master"', None),
        ("revoke", f'REVOKE CREATE ON DATABASE "{n}" FROM "{n}_owner"', "revoke"),
    ]
    assert (as_login(database, "hand", TOOL), creates(database, closed)) == ("42501", {"refused"})
    assert creates(database, usual) == {"refused wrongly"}
    # What is granted by hand is taken away again, and the key's absence gives it back.
    database.execute("GRANT CREATE ON DATABASE {n} TO {n}_owner")
    assert [c.text for c in database.apply(closed).changes] == [f'REVOKE CREATE ON DATABASE "{n}" FROM "{n}_owner"']
    assert [c.text for c in database.apply(usual).changes] == [f'GRANT CREATE ON DATABASE "{n}" TO "{n}_owner"']
    assert as_login(database, "hand", TOOL) == ""


@SERVER
def test_the_master_makes_what_is_declared_and_extensions_where_migrators_may_not(database: Database) -> None:
    closed = shop(database, "declared", schemas=["public", "jobs"])
    database.apply(closed)
    assert as_login(database, "hand", "CREATE TABLE jobs.job (id bigserial PRIMARY KEY, what text)") == ""
    assert as_login(database, "hand", TOOL) == "42501"  # IF NOT EXISTS asks for the privilege first
    assert as_login(database, "app", "INSERT INTO jobs.job (what) VALUES ('x')") == ""
    assert as_login(database, "hand", "CREATE EXTENSION citext") == "42501"
    with database.master() as conn:
        conn.execute("CREATE EXTENSION citext")


@SERVER
def test_an_owner_that_does_not_own_the_database_is_granted_it_and_loses_it_again(database: Database) -> None:
    n = database.n
    database.execute(
        "CREATE ROLE {n}_owner; GRANT {n}_owner TO {n}_master WITH ADMIN OPTION; "
        "GRANT USAGE, CREATE ON SCHEMA public TO {n}_owner"
    )
    kept: dict[str, Any] = {"keep": ["owner", "marks"]}
    database.apply(shop(database, **kept))
    assert as_login(database, "hand", TOOL) == "42501"
    allowed = shop(database, "create", **kept)
    assert [c.text for c in database.apply(allowed).changes] == [f'GRANT CREATE ON DATABASE "{n}" TO "{n}_owner"']
    assert (as_login(database, "hand", TOOL), creates(database, allowed)) == ("", {"allowed"})
    assert creates(database, shop(database, **kept)) == set()  # nobody said it, so nobody tries it
    changes = database.apply(shop(database, **kept)).changes
    assert [c.text for c in changes] == [f'REVOKE CREATE ON DATABASE "{n}" FROM "{n}_owner"']


@SERVER
@pytest.mark.parametrize("said", ["create", "declared", None])
def test_what_a_server_has_is_imported_and_explained(database: Database, said: str | None) -> None:
    n = database.n
    database.apply(shop(database, said, schemas=["public", "jobs"]))
    as_login(database, "hand", "CREATE TABLE jobs.job (id int)")  # whoever owns what is there is the owner
    if said == "create":  # of an owner that owns the database it says nothing new
        database.execute("ALTER DATABASE {n} OWNER TO {n}_master; GRANT CREATE ON DATABASE {n} TO {n}_owner")
    with database.superuser() as conn:
        found = import_database(conn)
        plan = plan_urls(load_access(found.declaration), conn, None, "main")
        explained = explain_database(conn, shop(database), f"{n}_hand_a")
    assert (plan.changes, plan.differences) == ((), ())
    assert found.declaration["identities"][f"{n}_hand"]["postgres"].get("schemas") == said
    assert {reason.what for reason in explained if reason.what.endswith("on database")} == {
        "CONNECT on database",
        {"create": "CREATE on database", "declared": "everything but CREATE (no schemas) on database"}.get(
            said or "", "everything on database"
        ),
    }


@SERVER
def test_a_declared_schema_is_there_before_the_tool_and_its_tables_are_the_applications(database: Database) -> None:
    n = database.n
    access = shop(database, schemas=["public", "jobs"], identities={"{n}_reports": {"postgres": "readonly"}})
    made = [c.text for c in database.apply(access).changes if '"jobs"' in c.text]
    assert made[0] == f'CREATE SCHEMA "jobs" AUTHORIZATION "{n}_owner"'
    assert database.differences(access) == []
    assert as_login(database, "hand", TOOL) == ""
    # Nothing was applied since the tool made its tables.
    assert as_login(database, "app", "INSERT INTO jobs.job (what) VALUES ('x')") == ""
    assert as_login(database, "reports", "SELECT FROM jobs.job") == ""
    assert as_login(database, "reports", "DELETE FROM jobs.job") == "42501"
    assert (database.plan(access), database.differences(access)) == ([], [])


# As graphile-worker 0.17 leaves its schema: switched on, no policy.
WALLED = "ALTER TABLE jobs.job ENABLE ROW LEVEL SECURITY; CREATE TABLE IF NOT EXISTS jobs.open (id int);"
EVERY = {"schema": "jobs", "table": "*", "rules": {"worker": {"roles": ["{n}_app"], "using": "true", "check": "true"}}}


@SERVER
def test_a_queue_with_row_level_security_and_no_policy_gets_one_whenever_it_comes(database: Database) -> None:
    n = database.n
    undeclared = shop(database, schemas=["public", "jobs"])
    access = shop(database, schemas=["public", "jobs"], policies=[EVERY])
    database.apply(access)
    assert (database.plan(access), database.differences(access)) == ([], [])  # no table yet, nothing to say
    assert as_login(database, "hand", TOOL, WALLED) == ""
    assert as_login(database, "app", "INSERT INTO jobs.job (what) VALUES ('x')") == "42501"
    (told,) = database.differences(undeclared)
    assert told.startswith('policies: "jobs"."job" has row-level security on, which access.yaml does not say')
    assert [c.text for c in database.apply(access).changes if c.verb == "policy"] == [
        f'CREATE POLICY "worker" ON "jobs"."job" AS PERMISSIVE FOR ALL TO "{n}_app" USING (true) WITH CHECK (true)'
    ]
    assert as_login(database, "app", "INSERT INTO jobs.job (what) VALUES ('x')") == ""
    assert database.ask("SELECT string_agg(relname, ',') FROM pg_class WHERE relrowsecurity") == "job"
    with database.master() as conn:
        seen = [reason for reason in explain_database(conn, access, f"{n}_app") if "jobs.job" in reason.on]
    assert [(reason.what, reason.why) for reason in seen] == [
        ("DELETE, INSERT, SELECT, UPDATE on table", f"{n}_app: granted"),
        ("rows where true and new rows where true", "policy worker"),
    ]
    # Another table of a later release, an entry of its own, and the end of it.
    as_login(database, "hand", "ALTER TABLE jobs.open ENABLE ROW LEVEL SECURITY")
    assert [c.subject for c in database.apply(access).changes] == ['policy worker on "jobs"."open"'] * 2
    own = {"schema": "jobs", "table": "open", "rules": {"few": {"roles": ["{n}_app"], "using": "id > 0"}}}
    changes = database.apply(shop(database, schemas=["public", "jobs"], policies=[EVERY, own])).changes
    assert [c.text.partition(" AS ")[0] for c in changes if c.verb == "policy"] == [
        'CREATE POLICY "few" ON "jobs"."open"',
        'DROP POLICY "worker" ON "jobs"."open"',
    ]
    database.apply(undeclared)
    assert database.ask("SELECT count(*) FROM pg_policies") == 0


@pytest.mark.parametrize(
    ("declared", "problem"),
    [
        (
            {"identities": {"shop_app": {"postgres": {"privileges": "readwrite", "schemas": "create"}}}},
            "identities.shop_app.postgres: `schemas` says whether a migrator makes them; a grant on the database says "
            "it of others: `grants: [{database: true, privileges: [create]}]`",
        ),
        (
            {
                "identities": {
                    "shop_hand": {"postgres": {"privileges": "migrator", "schemas": "create"}},
                    "shop_lead": {"postgres": {"privileges": "migrator", "schemas": "declared"}},
                }
            },
            "identities.shop_hand.postgres.schemas: all migrators act as the owner, so what they may is one: write the "
            "same for each, or for one of them",
        ),
        (
            {"policies": [{"table": "*", "enabled": True, "rules": {"all": {"roles": ["shop_app"], "using": "true"}}}]},
            "policies.0: `*` is the tables on which somebody has switched it on: `enabled` and `forced` name one",
        ),
        (
            {"policies": [{"table": "*", "rules": {"all": {"roles": ["shop_app"], "migration": True}}}]},
            "policies.0: `*` needs `rules` to make; what a migration makes is written down table by table",
        ),
    ],
)
def test_what_cannot_be_meant_is_told(declared: dict[str, Any], problem: str) -> None:
    identities = {"shop_app": {"postgres": "readwrite"}}
    with pytest.raises(AccessError) as caught:
        load_access({"owner": "shop_owner", "identities": identities, **declared})
    assert problem in [str(each) for each in caught.value.problems]
