"""Servers as people run them: imported, the first plan is empty; whatever is changed by hand afterwards is told."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import own_database
import pytest
from own_database import Database
from real_servers import Postgres

from bootstrap.access import Access, load_access
from bootstrap.access_import import ImportedDatabase, import_database
from bootstrap.postgres.desired import desired
from bootstrap.postgres.live import read
from bootstrap.postgres.unseen import beside
from bootstrap.reconcile.by_url import plan_urls
from bootstrap.reconcile.plan import Plan

pytestmark = pytest.mark.server
GROWN = Path(__file__).parent / "grown"
SERVERS = ("shop", "tracker", "identity", "erp")


class Grown:
    """A server of one kind with its declaration."""

    def __init__(self, server: Postgres, kind: str) -> None:
        self.database: Database = own_database.make(server)
        self.database.execute((GROWN / f"{kind}.sql").read_text())
        with self.database.superuser() as conn:
            self.found: ImportedDatabase = import_database(conn)
        self.access: Access = load_access(self.found.declaration)
        self.governed: Access = load_access(_governed(self.found.declaration))
        """The same where each login is the identity's own, and not one from before, which is left as it is."""

    def plan(self, mutation: str = "", access: Access | None = None) -> Plan:
        """The plan after a change that is undone."""
        with self.database.superuser() as conn, conn.transaction(force_rollback=True):
            conn.execute(mutation.replace("{n}", self.database.n).encode())
            return plan_urls(access or self.access, conn, None, "main")


def _governed(declaration: dict[str, Any]) -> dict[str, Any]:
    identities = deepcopy(declaration["identities"])
    for each in identities.values():
        if isinstance(postgres := each.get("postgres"), dict) and postgres.get("login") == "present":
            postgres["login"] = "single"
    return declaration | {"identities": identities}


_made: dict[tuple[int, str], Grown] = {}


def grown(server: Postgres, kind: str) -> Grown:
    """One for each server and kind, shared by all tests; what they change is rolled back."""
    if (server.port, kind) not in _made:
        _made[server.port, kind] = Grown(server, kind)
    return _made[server.port, kind]


@pytest.mark.parametrize("kind", SERVERS)
def test_the_first_plan_after_an_import_is_empty(postgres_server: Postgres, kind: str) -> None:
    own = Grown(postgres_server, kind)  # its own: what the tests below share may know of others' roles by then
    plan = own.plan()
    assert (plan.changes, plan.differences) == ((), ())


def test_what_an_import_writes_down(postgres18: Postgres) -> None:
    shop = grown(postgres18, "shop")
    n = shop.database.n
    data: dict[str, Any] = shop.found.declaration
    assert data["identities"][f"{n}_web"]["postgres"]["settings"] == {
        "TimeZone": "Europe/Berlin",
        "DateStyle": "ISO, DMY",
        "IntervalStyle": "iso_8601",
        "statement_timeout": "5min",
        "lock_timeout": "3000",
        "work_mem": "8192",
        "jit": "off",
        "search_path": 'app, "$user", "Odd, one", public',
        "app.user_email": "",
        "App.Tenant.Id": "It's \\ ours",
    }
    assert data["identities"][f"{n}_deploy"]["postgres"]["privileges"] == "migrator"
    exceptions = {name.removeprefix(n): each for name, each in data["exceptions"]["postgres"].items()}
    assert exceptions[" Ann O'Neil"] == ["login", f"member of {n}_read (admin)"]
    assert exceptions["_report"] == ["CREATEDB"]
    assert f"SELECT on tables that {n}_deploy makes in schema app".replace("app", '"app"') in exceptions["_read"]
    assert set(exceptions["_worker"]) == {
        "valid until 2031-01-01T00:00:00",
        "setting work_mem = 64MB in the database",
    }
    assert exceptions["PUBLIC"] == ["setting TimeZone = UTC in the database"]
    assert f"USAGE on sequences that {n}_shop makes" in exceptions["_write"]


# (server, what somebody does by hand, a word of what is told of it)
CHANGES = [
    ("shop", "CREATE ROLE {n}_intern LOGIN; GRANT SELECT ON app.customer TO {n}_intern", "_intern"),
    ("shop", "CREATE ROLE {n}_intern LOGIN IN ROLE {n}_shop", "member of {n}_shop"),
    ("shop", "CREATE ROLE {n}_intern LOGIN IN ROLE {n}_read", "member of {n}_read"),
    ("shop", "CREATE ROLE {n}_g IN ROLE {n}_shop; CREATE ROLE {n}_intern LOGIN IN ROLE {n}_g", "member of {n}_g"),
    ("shop", "CREATE ROLE {n}_intern LOGIN IN ROLE pg_read_all_data", "member of pg_read_all_data"),
    ("shop", "CREATE ROLE {n}_intern LOGIN SUPERUSER", "SUPERUSER"),
    ("shop", "CREATE ROLE {n}_intern LOGIN BYPASSRLS", "BYPASSRLS"),
    ("shop", "CREATE ROLE {n}_intern LOGIN REPLICATION", "REPLICATION"),
    ("shop", "CREATE ROLE {n}_intern LOGIN CREATEROLE", "CREATEROLE"),
    ("shop", "CREATE ROLE {n}_intern LOGIN; GRANT CONNECT ON DATABASE {n} TO {n}_intern", "CONNECT on the database"),
    ("shop", "CREATE ROLE {n}_intern; GRANT CREATE ON SCHEMA app TO {n}_intern", "CREATE on schema app"),
    ("shop", "CREATE ROLE {n}_intern; GRANT SELECT (secret) ON app.customer TO {n}_intern", 'column "secret"'),
    ("shop", "CREATE ROLE {n}_intern; GRANT USAGE ON SEQUENCE app.customer_id_seq TO {n}_intern", "sequence"),
    ("shop", "CREATE ROLE {n}_intern; GRANT EXECUTE ON PROCEDURE app.pay(bigint) TO {n}_intern", "app.pay(bigint)"),
    ("shop", "CREATE ROLE {n}_intern; GRANT {n}_intern TO {n}_web", "REVOKE"),
    ("shop", "ALTER ROLE {n}_web SUPERUSER", "role {n}_web has SUPERUSER"),
    ("shop", "ALTER ROLE {n}_web BYPASSRLS", "role {n}_web has BYPASSRLS"),
    ("shop", "ALTER ROLE {n}_web CREATEROLE", "NOCREATEROLE"),
    ("shop", "ALTER ROLE {n}_web CREATEDB", "NOCREATEDB"),
    ("shop", "ALTER ROLE {n}_report REPLICATION", "role {n}_report has REPLICATION"),
    ("shop", "ALTER ROLE {n}_shop LOGIN", "{n}_shop has `login`"),
    ("shop", "GRANT DELETE ON audit.event TO PUBLIC", "REVOKE DELETE"),
    ("shop", "GRANT TEMPORARY, CONNECT ON DATABASE {n} TO PUBLIC", "REVOKE CONNECT"),
    ("shop", "GRANT EXECUTE ON FUNCTION app.total(int, text[]) TO PUBLIC", "REVOKE EXECUTE"),
    ("shop", "GRANT SELECT (secret) ON app.customer TO PUBLIC", "REVOKE SELECT"),
    ("shop", "GRANT DELETE ON audit.event TO {n}_report", "REVOKE DELETE"),
    ("shop", "GRANT SELECT ON app.customer TO {n}_read WITH GRANT OPTION", "with grant option"),
    ("shop", "GRANT {n}_read TO {n}_web", "REVOKE"),
    ("shop", "GRANT {n}_write TO {n}_web WITH ADMIN OPTION", "ADMIN OPTION"),
    ("shop", "ALTER TABLE app.customer OWNER TO {n}_web", "belongs to {n}_web"),
    ("shop", "ALTER SCHEMA app OWNER TO {n}_web", "belongs to {n}_web"),
    ("shop", "ALTER DATABASE {n} OWNER TO {n}_web", "{n}_web has `owns the database`"),
    ("shop", "ALTER DEFAULT PRIVILEGES FOR ROLE {n}_web IN SCHEMA app GRANT SELECT ON TABLES TO {n}_read", "{n}_web"),
    ("shop", "ALTER DEFAULT PRIVILEGES FOR ROLE {n}_shop GRANT ALL ON TABLES TO {n}_report", "TABLES FROM"),
    ("shop", "ALTER DEFAULT PRIVILEGES FOR ROLE {n}_shop IN SCHEMA app GRANT ALL ON TABLES TO PUBLIC", "TABLES FROM"),
    ("shop", "ALTER TABLE app.customer DISABLE ROW LEVEL SECURITY", "ENABLE ROW LEVEL SECURITY"),
    ("shop", "ALTER TABLE app.customer NO FORCE ROW LEVEL SECURITY", "FORCE ROW LEVEL SECURITY"),
    ("shop", "CREATE POLICY everything ON app.customer USING (true)", "a policy everything"),
    ("shop", "DROP POLICY never_zero ON app.customer", "policies.0.rules.never_zero"),
    ("shop", "ALTER POLICY own_tenant ON app.customer USING (true)", "policies.0.rules.own_tenant"),
    ("shop", "ALTER POLICY own_tenant ON app.customer TO PUBLIC", "policies.0.rules.own_tenant"),
    ("shop", "ALTER TABLE audit.event ENABLE ROW LEVEL SECURITY", "row-level security on"),
    ("shop", "CREATE SCHEMA later AUTHORIZATION {n}_shop", 'owns schema "later"'),
    ("shop", "ALTER ROLE {n}_web SET TimeZone TO 'UTC'", "timezone"),
    ("shop", "ALTER ROLE {n}_web RESET DateStyle", "datestyle"),
    ("shop", "ALTER ROLE {n}_web SET role TO {n}_shop", "RESET"),
    ("shop", "ALTER ROLE {n}_web IN DATABASE {n} SET row_security TO off", "setting row_security = off"),
    ("shop", "ALTER DATABASE {n} SET search_path TO audit", "setting search_path"),
    ("shop", "ALTER ROLE ALL SET search_path TO audit", "setting search_path"),
    ("shop", "ALTER ROLE {n}_web VALID UNTIL '2030-01-01'", "valid until 2030"),
    ("shop", "ALTER ROLE {n}_web CONNECTION LIMIT -1", "CONNECTION LIMIT 40"),
    ("shop", "ALTER ROLE {n}_read LOGIN", "NOLOGIN"),
    ("shop", "GRANT USAGE ON TYPE app.state TO {n}_report", "USAGE on type app.state"),
    ("shop", "REVOKE SELECT ON app.customer FROM {n}_read", "GRANT SELECT"),
    ("tracker", "CREATE ROLE {n}_intern LOGIN", "{n}_intern has `login`"),
    ("tracker", "GRANT SELECT ON LARGE OBJECT 4711 TO {n}_datadog", "large object 4711"),
    ("tracker", "ALTER ROLE {n}_backup CONNECTION LIMIT 3", "CONNECTION LIMIT 2"),
    ("tracker", "GRANT pg_write_all_data TO {n}_metabase", "pg_write_all_data"),
    (
        "tracker",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; GRANT ALL ON FUNCTION f() TO {n}_backup",
        "f()",
    ),
    ("tracker", "GRANT CREATE ON SCHEMA public TO PUBLIC", "REVOKE CREATE"),
    ("identity", "GRANT UPDATE ON keycloak.made_by_hand TO {n}_support", "UPDATE on table keycloak.made_by_hand"),
    ("identity", "GRANT USAGE ON SCHEMA public TO PUBLIC", "REVOKE USAGE"),
    ("identity", "ALTER ROLE {n}_zero CONNECTION LIMIT 5; GRANT {n}_keycloak TO {n}_zero", "member of {n}_keycloak"),
    ("identity", "GRANT SELECT ON keycloak.credential TO {n}_auditor", "SELECT on table keycloak.credential"),
    ("identity", "CREATE ROLE rds_evil LOGIN IN ROLE {n}_kc_owner", "rds_evil"),
    ("identity", "CREATE ROLE cloudsqladmin LOGIN IN ROLE {n}_kc_owner", "cloudsqladmin"),
    ("erp", "GRANT USAGE ON FOREIGN SERVER {n}_remote TO {n}_odoo", "foreign server"),
    ("erp", "GRANT USAGE ON FOREIGN DATA WRAPPER {n}_fdw TO PUBLIC", "foreign data wrapper"),
    ("erp", "GRANT ALTER SYSTEM ON PARAMETER log_min_duration_statement TO {n}_bi", "ALTER SYSTEM on parameter"),
    ("erp", "GRANT USAGE ON LANGUAGE sql TO PUBLIC", "it does not have `no USAGE on language sql`"),
    ("erp", "ALTER DATABASE {n} CONNECTION LIMIT 5", "connection limit 5 of the database"),
    ("erp", 'GRANT DELETE ON "Reports"."Monthly Total" TO "{n}-Nightly"', "{n}-Nightly has `DELETE"),
    ("erp", 'REVOKE {n}_odoo FROM "{n}-Nightly"', "it does not have `member of {n}_odoo`"),
    ("erp", "ALTER SCHEMA public OWNER TO {n}_bi", "{n}_bi has `owns schema public`"),
    ("erp", "ALTER DEFAULT PRIVILEGES FOR ROLE {n}_odoo GRANT ALL ON TYPES TO {n}_bi", "types that {n}_odoo makes"),
    # What PostgreSQL itself guards, and what no plan looks at.
    ("shop", "GRANT SELECT ON pg_catalog.pg_authid TO {n}_report", "`SELECT on table pg_catalog.pg_authid`"),
    ("erp", "GRANT SELECT (rolpassword) ON pg_authid TO {n}_bi", "column rolpassword of table pg_catalog.pg_authid"),
    ("identity", "CREATE ROLE {n}_x; GRANT SELECT ON pg_shadow TO {n}_x", 'pg_catalog.pg_shadow FROM "{n}_x"'),
    ("tracker", "GRANT EXECUTE ON FUNCTION pg_read_file(text) TO {n}_metabase", "pg_catalog.pg_read_file(text)"),
    ("shop", "GRANT CREATE ON SCHEMA pg_catalog TO {n}_web", "`CREATE on schema pg_catalog`"),
    ("shop", "GRANT USAGE ON SCHEMA information_schema TO {n}_web WITH GRANT OPTION", "with grant option"),
    ("shop", "GRANT CREATE ON TABLESPACE pg_default TO {n}_report", "CREATE on tablespace pg_default"),
    ("shop", "ALTER TYPE app.state OWNER TO {n}_report", "{n}_report has `owns type app.state`"),
    ("tracker", "ALTER LARGE OBJECT 4711 OWNER TO {n}_datadog", "{n}_datadog has `owns large object 4711`"),
    (
        "erp",
        "GRANT USAGE ON FOREIGN DATA WRAPPER {n}_fdw TO {n}_bi; ALTER SERVER {n}_remote OWNER TO {n}_bi",
        "{n}_bi has `owns foreign server {n}_remote`",
    ),
    # What acts for somebody without a privilege on any table.
    (
        "shop",
        "GRANT USAGE ON LANGUAGE plpgsql TO {n}_report WITH GRANT OPTION",
        "`USAGE on language plpgsql with grant",
    ),
    (
        "shop",
        "CREATE PUBLICATION everything; ALTER PUBLICATION everything OWNER TO {n}_report",
        "publication everything",
    ),
    ("identity", 'CREATE PUBLICATION "Sent, out"; ALTER PUBLICATION "Sent, out" OWNER TO {n}_auditor', '"Sent, out"'),
    (
        "erp",
        "CREATE USER MAPPING FOR {n}_bi SERVER {n}_remote OPTIONS (password 'x')",
        'DROP USER MAPPING FOR "{n}_bi" SERVER',
    ),
    ("erp", "CREATE USER MAPPING FOR PUBLIC SERVER {n}_remote", "DROP USER MAPPING FOR PUBLIC SERVER {n}_remote"),
    (
        "erp",
        "CREATE ROLE {n}_x SUPERUSER; ALTER FOREIGN DATA WRAPPER {n}_fdw OWNER TO {n}_x; ALTER ROLE {n}_x NOSUPERUSER",
        "`owns foreign data wrapper {n}_fdw`",
    ),
    (
        "shop",
        "CREATE FUNCTION app.watch() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';"
        "CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE FUNCTION app.watch();"
        "CREATE ROLE {n}_x SUPERUSER; ALTER EVENT TRIGGER watch OWNER TO {n}_x; ALTER ROLE {n}_x NOSUPERUSER",
        "ALTER EVENT TRIGGER watch OWNER TO",
    ),
    (
        "tracker",
        "CREATE ROLE {n}_x SUPERUSER; CREATE TRUSTED LANGUAGE {n}_l HANDLER plpgsql_call_handler;"
        "ALTER LANGUAGE {n}_l OWNER TO {n}_x",
        "`owns language {n}_l`",
    ),
    (
        "tracker",
        "CREATE SUBSCRIPTION {n}_sub CONNECTION 'host=nowhere' PUBLICATION p WITH (connect = false);"
        "CREATE ROLE {n}_x SUPERUSER; ALTER SUBSCRIPTION {n}_sub OWNER TO {n}_x",
        "`owns subscription {n}_sub`",
    ),
]


@pytest.mark.parametrize(("kind", "mutation", "word"), CHANGES)
def test_what_is_changed_by_hand_is_told(postgres18: Postgres, kind: str, mutation: str, word: str) -> None:
    own = grown(postgres18, kind)
    plan = own.plan(mutation, own.governed)
    told = [change.text for change in plan.changes] + list(plan.differences)
    before = own.plan(access=own.governed)
    new = set(told) - {change.text for change in before.changes} - set(before.differences)
    assert [text for text in new if word.replace("{n}", own.database.n).lower() in text.lower()], told


@pytest.mark.parametrize(("maker", "told"), [("postgres", True), ("rdsadmin", False)])
@pytest.mark.parametrize(
    ("grant", "what"),
    [
        ("GRANT EXECUTE ON FUNCTION pg_ls_dir(text) TO PUBLIC", "EXECUTE on function pg_catalog.pg_ls_dir(text)"),
        (
            "GRANT SELECT (rolpassword) ON pg_authid TO PUBLIC",
            "SELECT on column rolpassword of table pg_catalog.pg_authid",
        ),
        ("GRANT UPDATE ON pg_catalog.pg_class TO PUBLIC", "UPDATE on table pg_catalog.pg_class"),
    ],
)
def test_catalogs_that_are_open_to_everybody_are_told_but_on_a_clouds_server(
    postgres18: Postgres, grant: str, what: str, maker: str, told: bool
) -> None:
    """Where the superuser is the cloud's, it is the cloud that opened them."""
    own = grown(postgres18, "shop")
    wanted = desired(own.access, {})
    with own.database.superuser() as conn, conn.transaction(force_rollback=True):
        conn.execute(grant.encode())
        unseen = beside(wanted, replace(read(conn, wanted), maker=maker)).unseen
    assert (("PUBLIC", what) in {(fact.role, fact.text) for fact in unseen}) is told


def test_what_everybody_may_anyway_is_no_grant_and_what_extensions_bring_is(postgres_server: Postgres) -> None:
    database = own_database.make(postgres_server)
    made = database.ask(
        "SELECT name FROM pg_available_extensions WHERE name IN ('pgcrypto', 'hstore', 'dblink') LIMIT 1"
    )
    if made is None:
        pytest.skip("this server ships no extension with functions")
    wanted = desired(database.access(), {})
    database.execute(f"CREATE ROLE {{n}}_x; CREATE EXTENSION {made}; CREATE VIEW old AS SELECT 1 AS one")
    database.execute(f"ALTER EXTENSION {made} ADD VIEW old; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {{n}}_x")
    with database.superuser() as conn:
        before = {fact.text for fact in beside(wanted, read(conn, wanted)).unseen if fact.role == f"{database.n}_x"}
        conn.execute(f"GRANT SELECT ON old TO {database.n}_x".encode())
        after = {fact.text for fact in beside(wanted, read(conn, wanted)).unseen if fact.role == f"{database.n}_x"}
    assert (before, after) == (set(), {"SELECT on table public.old"})


@pytest.mark.parametrize("kind", SERVERS)
def test_what_is_told_may_be_written_down(postgres18: Postgres, kind: str) -> None:
    """An exception in the words in which it was told of silences that and nothing else."""
    own = grown(postgres18, kind)
    n = own.database.n
    table = own.database.ask("""SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
        WHERE schemaname !~ '^(pg_|information)' ORDER BY 1 LIMIT 1""")
    with own.database.superuser() as conn, conn.transaction(force_rollback=True):
        before = set(plan_urls(own.access, conn, None, "main").differences)
        conn.execute(f"CREATE ROLE {n}_new; GRANT SELECT, INSERT ON {table} TO {n}_new".encode())
        (told,) = set(plan_urls(own.access, conn, None, "main").differences) - before
        assert told == (
            f"{n}_new has `INSERT, SELECT on table {table}`, which access.yaml does not say: "
            f'REVOKE INSERT, SELECT ON TABLE {table} FROM "{n}_new"'
        )
        text = told.split("`")[1]
        data = own.found.declaration
        more = load_access({**data, "exceptions": {"postgres": {**data["exceptions"]["postgres"], f"{n}_new": [text]}}})
        assert set(plan_urls(more, conn, None, "main").differences) == before
        conn.execute(f"GRANT DELETE ON {table} TO {n}_new".encode())
        (left,) = set(plan_urls(more, conn, None, "main").differences) - before
        assert f"`DELETE on table {table}`" in left


@pytest.mark.parametrize("mutation", ["SET TimeZone TO 'UTC'", "CONNECTION LIMIT 7", "PASSWORD 'another'"])
def test_a_login_from_before_is_its_users_to_change(postgres18: Postgres, mutation: str) -> None:
    own = grown(postgres18, "shop")
    after, before = own.plan(f"ALTER ROLE {{n}}_web {mutation}"), own.plan()
    assert (after.changes, after.differences) == (before.changes, before.differences)
