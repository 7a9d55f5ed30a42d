"""A live server as nobody declared it becomes a declaration whose first plan is empty; and stays what it was."""

from __future__ import annotations

from typing import Any

import pytest
from own_database import PASSWORD, Database

from bootstrap.access import load_access
from bootstrap.access_import import ImportedDatabase, UnsayableError, import_database
from bootstrap.reconcile.by_url import plan_urls
from bootstrap.reconcile.plan import Plan

pytestmark = pytest.mark.server

# Grown by hand: an owner who logs in, groups, somebody of another name, PUBLIC as it was, odd settings and grants.
GROWN = f"""
CREATE ROLE {{n}}_boss LOGIN PASSWORD '{PASSWORD}';
CREATE ROLE {{n}}_group NOLOGIN;
CREATE ROLE {{n}}_web LOGIN PASSWORD '{PASSWORD}' CONNECTION LIMIT 7;
CREATE ROLE {{n}}_batch LOGIN NOINHERIT CREATEDB;
CREATE ROLE {{n}}_nothing LOGIN;
CREATE ROLE "{{n}} Stranger" LOGIN;
GRANT {{n}}_group TO {{n}}_web;
GRANT {{n}}_group TO {{n}}_batch WITH ADMIN OPTION;
GRANT "{{n}} Stranger" TO {{n}}_batch;
ALTER ROLE {{n}}_web SET search_path = app, "odd one", public;
ALTER ROLE {{n}}_web SET statement_timeout = '1500ms';
ALTER DATABASE {{n}} OWNER TO {{n}}_boss;
CREATE SCHEMA app AUTHORIZATION {{n}}_boss;
SET ROLE {{n}}_boss;
CREATE TABLE app.users (id serial PRIMARY KEY, email text, secret text);
CREATE TABLE app."odd ""one"" table" (id int);
CREATE VIEW app.v AS SELECT 1 AS one;
CREATE FUNCTION app.f(integer, text) RETURNS int LANGUAGE sql AS 'SELECT 1';
GRANT USAGE ON SCHEMA app TO {{n}}_group;
GRANT SELECT, INSERT ON app.users TO {{n}}_group;
GRANT SELECT (id, email), UPDATE (email) ON app.users TO {{n}}_batch;
GRANT SELECT ON app."odd ""one"" table", app.v TO {{n}}_web;
GRANT USAGE ON SEQUENCE app.users_id_seq TO {{n}}_group;
GRANT EXECUTE ON FUNCTION app.f(integer, text) TO {{n}}_batch;
GRANT TEMPORARY, CREATE ON DATABASE {{n}} TO {{n}}_batch;
GRANT SELECT ON app.users TO "{{n}} Stranger";
ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO {{n}}_group;
ALTER TABLE app.users ENABLE ROW LEVEL SECURITY;
CREATE POLICY from_a_migration ON app.users TO {{n}}_web USING (true);
"""


def imported(database: Database) -> tuple[ImportedDatabase, Plan]:
    with database.superuser() as conn:
        found = import_database(conn)
        return found, plan_urls(load_access(found.declaration), conn, None, "main")


def test_a_server_that_grew_by_hand(database: Database) -> None:
    n = database.n
    database.execute(GROWN)
    before = dump(database)
    found, plan = imported(database)
    assert (plan.changes, plan.differences) == ((), ())
    assert dump(database) == before
    identities = {
        name: each["postgres"] for name, each in found.declaration["identities"].items() if name.startswith(n)
    }
    assert set(identities) == {f"{n}_{name}" for name in ("group", "web", "batch", "nothing")}
    assert identities[f"{n}_group"]["login"] == "none"
    assert identities[f"{n}_web"]["settings"] == {
        "search_path": 'app, "odd one", public',
        "statement_timeout": "1500ms",
    }
    assert identities[f"{n}_web"]["grants"] == [
        {"schema": "app", "tables": ['odd "one" table', "v"], "privileges": ["select"]}
    ]
    assert {"schema": "app", "future": "tables", "privileges": ["select"]} in identities[f"{n}_group"]["grants"]
    assert {"schema": "app", "tables": ["users"], "columns": ["email"], "privileges": ["select", "update"]} in (
        identities[f"{n}_batch"]["grants"]
    )
    assert found.declaration["owner"] == f"{n}_boss"
    assert found.declaration["keep"] == ["marks", "owner"]
    excepted = found.declaration["exceptions"]["postgres"]
    assert {name: each for name, each in excepted.items() if name.startswith(n)} == {
        f"{n} Stranger": ["login", "SELECT on table app.users"],
        f"{n}_batch": ["CREATEDB"],
        f"{n}_boss": ["login"],
        f"{n}_master": ["login", "CREATEDB", "CREATEROLE", "member of rds_superuser"],
    }
    assert found.declaration["policies"] == [
        {
            "schema": "app",
            "table": "users",
            "enabled": True,
            "forced": False,
            "rules": {
                "from_a_migration": {
                    "command": "all",
                    "roles": [f"{n}_web"],
                    "using": "true",
                    "migration": True,
                }
            },
        }
    ]
    assert [text for text in found.left_out if f"{n} " in text or f"{n}_" in text] == [
        f"role {n} Stranger is left out: its name must be lower-case letters, digits and single `_` between them, "
        "beginning with a letter",
        f"role {n}_master is left out: it has CREATEROLE, an administrator is nobody's identity",
    ]


def test_a_server_that_the_bootstrap_made_needs_no_exception(database: Database) -> None:
    n = database.n
    rules = {"own": {"roles": ["{n}_app"], "using": "id > 0"}}
    access = database.access(
        identities={
            "{n}_app": {"postgres": {"privileges": "readwrite", "limits": {"connection_limit": 9}}},
            "{n}_report": {"postgres": "readonly"},
            "{n}_migrator": {"postgres": "migrator"},
            "{n}_watch": {"postgres": "monitoring"},
            "{n}_some": {
                "postgres": {
                    "privileges": "custom",
                    "grants": [{"tables": ["t"], "columns": ["id"], "privileges": ["select"]}],
                    "member_of": [{"role": "{n}_report", "set": False}],
                }
            },
        },
        policies=[{"table": "t", "rules": rules}],
    )
    database.apply(access)
    database.execute("CREATE TABLE t (id int, name text)", as_role="{n}_owner")
    database.apply(access)
    with database.master() as conn:
        found = import_database(conn)
        again = plan_urls(load_access(found.declaration), conn, None, "main")
    assert (again.changes, again.differences) == ((), ())
    assert "keep" not in found.declaration
    kinds = {name: each["postgres"]["privileges"] for name, each in found.declaration["identities"].items()}
    assert kinds == {
        f"{n}_app": "readwrite",
        f"{n}_report": "readonly",
        f"{n}_migrator": "migrator",
        f"{n}_watch": "custom",
        f"{n}_some": "custom",
    }
    # The second sibling is in use: imported, it stays in use.
    database.execute("ALTER ROLE {n}_app_a NOLOGIN; ALTER ROLE {n}_app_b LOGIN")
    with database.master() as conn:
        assert plan_urls(load_access(import_database(conn).declaration), conn, None, "main").changes == ()


def test_taking_an_exception_out_shows_what_it_kept(database: Database) -> None:
    database.execute(GROWN)
    found, _ = imported(database)
    excepted = found.declaration["exceptions"]["postgres"]
    rest = {name: each for name, each in excepted.items() if name != f"{database.n}_batch"}
    fewer = {**found.declaration, "exceptions": {"postgres": rest}}
    with database.superuser() as conn:
        plan = plan_urls(load_access(fewer), conn, None, "main")
    # Roles are the server's: other tests' are among them.
    assert [change.text for change in plan.changes if f"{database.n}_" in change.text] == [
        f'ALTER ROLE "{database.n}_batch" NOCREATEDB'
    ]


def test_nobody_to_import(database: Database) -> None:
    with database.connect(f"{database.n}_master") as conn, conn.transaction(force_rollback=True):
        conn.execute(f"REVOKE CONNECT ON DATABASE {database.n} FROM PUBLIC".encode())
        with pytest.raises(UnsayableError, match="no role of this server can be an identity"):
            import_database(conn)


def dump(database: Database) -> Any:
    """Everything that an import could have touched."""
    return database.ask(
        """SELECT json_build_object(
        'roles', (SELECT json_agg(r ORDER BY r.rolname) FROM pg_roles r),
        'comments', (SELECT json_agg(d ORDER BY d.objoid) FROM pg_shdescription d),
        'members', (SELECT json_agg(m ORDER BY m.roleid, m.member, m.grantor) FROM pg_auth_members m),
        'tables', (SELECT json_agg(c.relacl::text ORDER BY c.oid) FROM pg_class c),
        'columns', (SELECT json_agg(a.attacl::text ORDER BY a.attrelid, a.attnum) FROM pg_attribute a),
        'defaults', (SELECT json_agg(d.defaclacl::text ORDER BY d.oid) FROM pg_default_acl d))::text"""
    )
