"""The traps of docs/access-traps.md, one by one, on real servers as a master that is no superuser."""

from __future__ import annotations

import re
import threading
from pathlib import Path
from typing import Any

import psycopg
import pytest
from own_database import Database

from bootstrap.access import AccessError, load_access
from bootstrap.access_explain import explain_database
from bootstrap.postgres.apply import ApplyError, apply
from bootstrap.postgres.catalog import QUERY
from bootstrap.postgres.desired import desired
from bootstrap.reconcile.allowed import EVERYTHING

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "access-traps.md"


def test_every_trap_names_a_test_that_exists_or_a_reason() -> None:
    rows = [line.split("|")[1:-1] for line in PAGE.read_text().splitlines() if line.startswith("| ")][1:]
    assert len(rows) == 57
    code = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    for trap, answer in rows:
        named = re.findall(r"`(test_\w+)`", answer)
        assert named or answer.strip().endswith("."), trap
        assert [name for name in named if f"def {name}(" not in code] == [], trap


def test_nothing_drops_owned() -> None:
    statements = [
        text for path in (ROOT / "bootstrap").rglob("*.py") for text in re.findall(r'f?"DROP .*', path.read_text())
    ]
    assert statements
    assert not [text for text in statements if "OWNED" in text]


def test_no_catalog_is_read_that_rds_denies() -> None:
    assert not re.search(r"(FROM|JOIN)\s+pg_(authid|shadow)\b", QUERY)


@pytest.mark.parametrize("name", ["rdsadmin", "rds_superuser", "pg_monitor"])
def test_the_names_of_rds_are_refused(name: str) -> None:
    with pytest.raises(AccessError, match="reserved"):
        load_access({"owner": "app_owner", "identities": {name: {"postgres": "readonly"}}})


@pytest.fixture
def settled(database: Database) -> Database:
    """One application, and a schema of several kinds that the owner made."""
    database.apply(database.access())
    database.execute(
        """CREATE TABLE t (id bigserial PRIMARY KEY, other int GENERATED ALWAYS AS IDENTITY, name text);
        CREATE VIEW v AS SELECT * FROM t;
        CREATE MATERIALIZED VIEW m AS SELECT 1 AS one;
        CREATE TABLE p (id int) PARTITION BY RANGE (id);
        CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
        CREATE FUNCTION f(a int, VARIADIC rest text[]) RETURNS int LANGUAGE sql AS 'SELECT 1';
        CREATE PROCEDURE q(INOUT a int) LANGUAGE sql AS 'SELECT 1'""",
        as_role="{n}_owner",
    )
    return database


def plan(database: Database) -> list[str]:
    return [sql.replace(database.n, "N") for sql in database.plan(database.access())]


pytest_server = pytest.mark.server


@pytest_server
@pytest.mark.parametrize(
    ("drift", "planned"),
    [
        pytest.param(
            "REVOKE SELECT ON p1 FROM {n}_app", ['GRANT SELECT ON TABLE public.p1 TO "N_app"'], id="partition"
        ),
        pytest.param("GRANT SELECT ON m TO PUBLIC", ["REVOKE SELECT ON TABLE public.m FROM PUBLIC"], id="view"),
        pytest.param(
            "REVOKE ALL ON FUNCTION f(int, text[]) FROM {n}_app; REVOKE ALL ON PROCEDURE q(int) FROM {n}_app",
            ['GRANT EXECUTE ON ROUTINE public.f(integer, text[]), public.q(integer) TO "N_app"'],
            id="signature",
        ),
        pytest.param("GRANT ALL ON t TO {n}_owner; REVOKE UPDATE ON t FROM {n}_owner", [], id="owner"),
    ],
)
def test_drift(settled: Database, drift: str, planned: list[str]) -> None:
    settled.execute(drift, as_role="{n}_owner")
    assert plan(settled) == planned
    settled.apply(settled.access())


@pytest_server
def test_partitions_are_governed_like_tables(settled: Database) -> None:
    assert settled.ask("SELECT has_table_privilege('{n}_app', 'p1', 'INSERT')")


@pytest_server
def test_views_are_governed_like_tables(settled: Database) -> None:
    settled.execute("REVOKE SELECT ON v FROM {n}_app")
    assert plan(settled) == ['GRANT SELECT ON TABLE public.v TO "N_app"']


@pytest_server
def test_odd_signatures_are_granted(settled: Database) -> None:
    settled.execute("REVOKE ALL ON ROUTINE f(int, text[]), q(int) FROM {n}_app")
    settled.apply(settled.access())
    assert settled.ask("SELECT has_function_privilege('{n}_app', 'f(int, text[])', 'EXECUTE')")


@pytest_server
def test_what_the_owner_granted_itself_is_no_difference(settled: Database) -> None:
    settled.execute("REVOKE UPDATE ON t FROM {n}_owner", as_role="{n}_owner")
    assert plan(settled) == []


@pytest_server
def test_a_null_acl_is_its_default(settled: Database) -> None:
    settled.execute("CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT 1'")
    settled.execute("ALTER FUNCTION g() OWNER TO {n}_owner; UPDATE pg_proc SET proacl = NULL WHERE proname = 'g'")
    assert plan(settled) == [
        "REVOKE EXECUTE ON ROUTINE public.g() FROM PUBLIC",
        'GRANT EXECUTE ON ROUTINE public.g() TO "N_app"',
    ]


@pytest_server
def test_defaults_are_those_of_the_owner_and_executes_is_taken_globally(settled: Database) -> None:
    settled.execute("CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT 1'", as_role="{n}_owner")
    assert plan(settled) == []
    assert not settled.ask("SELECT has_function_privilege('public', 'g()', 'EXECUTE')")


@pytest_server
def test_defaults_of_another_creator_schema_and_grantee_are_not_taken_for_ours(settled: Database) -> None:
    settled.execute(
        "CREATE ROLE {n}_maker; GRANT CREATE ON SCHEMA public TO {n}_maker; CREATE SCHEMA elsewhere;"
        "ALTER DEFAULT PRIVILEGES FOR ROLE {n}_maker IN SCHEMA public GRANT ALL ON TABLES TO {n}_app;"
        "ALTER DEFAULT PRIVILEGES FOR ROLE {n}_owner IN SCHEMA elsewhere GRANT ALL ON TABLES TO {n}_app;"
        "ALTER DEFAULT PRIVILEGES FOR ROLE {n}_owner IN SCHEMA public GRANT SELECT ON TABLES TO {n}_maker"
    )
    assert plan(settled) == []


@pytest_server
def test_the_master_becomes_a_member_of_the_owner(settled: Database) -> None:
    settled.execute("GRANT CONNECT ON DATABASE {n} TO {n}_master")
    settled.execute(
        "REVOKE {n}_owner FROM {n}_master" + (" GRANTED BY {n}_master" if settled.server.major >= 16 else "")
    )
    options = " WITH ADMIN FALSE, INHERIT TRUE, SET TRUE" if settled.server.major >= 16 else ""
    assert plan(settled)[0] == f'GRANT "N_owner" TO "N_master"{options}'
    settled.apply(settled.access())


@pytest_server
def test_the_creators_own_membership_is_left_alone(settled: Database) -> None:
    if settled.server.major < 16:
        pytest.skip("before PostgreSQL 16 a creator is no member of what it creates")
    rows = "SELECT count(*) FROM pg_auth_members WHERE member = '{n}_master'::regrole AND grantor = 10"
    before = settled.ask(rows)
    assert before
    settled.execute("REVOKE SELECT ON t FROM {n}_app")
    settled.apply(settled.access())
    assert settled.ask(rows) == before


@pytest_server
def test_a_membership_by_another_grantor_is_revoked_by_name(settled: Database) -> None:
    if settled.server.major < 16:
        pytest.skip("before PostgreSQL 16 there is one row for each pair")
    settled.execute("CREATE ROLE {n}_group; GRANT {n}_group TO {n}_master WITH ADMIN OPTION")
    settled.execute("GRANT {n}_group TO {n}_app GRANTED BY {n}_master")
    assert plan(settled) == ['REVOKE "N_group" FROM "N_app" GRANTED BY "N_master"']


@pytest_server
def test_noinherit_later_is_no_difference(settled: Database) -> None:
    settled.execute("ALTER ROLE {n}_app_a NOINHERIT")
    assert plan(settled) == []


@pytest_server
def test_a_partition_is_closed_where_its_parent_has_policies(settled: Database) -> None:
    settled.execute("ALTER TABLE p ENABLE ROW LEVEL SECURITY", as_role="{n}_owner")
    assert plan(settled) == ['REVOKE SELECT, INSERT, UPDATE, DELETE ON TABLE public.p1 FROM "N_app"']
    settled.apply(settled.access())
    named = {"privileges": "readwrite", "grants": [{"tables": ["p1"], "privileges": ["select"]}]}
    access = settled.access(identities={"{n}_app": {"postgres": named}})
    assert [c.text for c in settled.apply(access).changes] == [f'GRANT SELECT ON TABLE public.p1 TO "{settled.n}_app"']


@pytest_server
def test_a_privilege_by_another_grantor_is_revoked_as_that_one(settled: Database) -> None:
    settled.execute(
        "CREATE ROLE {n}_other; GRANT {n}_other TO {n}_master; GRANT USAGE ON SCHEMA public TO {n}_other;"
        "GRANT TRUNCATE ON t TO {n}_other WITH GRANT OPTION"
    )
    settled.execute("GRANT TRUNCATE ON t TO {n}_app", as_role="{n}_other")
    assert plan(settled) == ['SET LOCAL ROLE "N_other"; REVOKE TRUNCATE ON TABLE public.t FROM "N_app"; RESET ROLE']
    settled.apply(settled.access())


@pytest_server
def test_objects_of_an_extension_are_left_alone(settled: Database) -> None:
    made = settled.ask(
        "SELECT name FROM pg_available_extensions WHERE name IN ('pgcrypto', 'citext', 'hstore') LIMIT 1"
    )
    if made is None:
        pytest.skip("this server ships no extension with functions")
    settled.execute(f"CREATE EXTENSION {made}")
    assert plan(settled) == []


def without_old(database: Database) -> Any:
    return database.access(identities={"{n}_app": {"postgres": "readwrite"}})


@pytest.fixture
def with_old(settled: Database) -> Database:
    """An identity that is about to be taken out of the declaration."""
    identities = {"{n}_app": {"postgres": "readwrite"}, "{n}_old": {"postgres": "readonly"}}
    settled.apply(settled.access(identities=identities))
    return settled


@pytest_server
def test_what_is_no_longer_declared_is_revoked_and_dropped(with_old: Database) -> None:
    done = with_old.apply(without_old(with_old))
    assert {change.verb for change in done.changes} == {"drop"}
    assert all(change.takes_away for change in done.changes)
    assert with_old.ask("SELECT count(*) FROM pg_roles WHERE rolname LIKE '{n}\\_old%'") == 0


@pytest_server
def test_a_role_that_owns_something_is_kept_and_says_where(with_old: Database) -> None:
    with_old.execute("CREATE TABLE theirs (id int); ALTER TABLE theirs OWNER TO {n}_old")
    assert with_old.plan(without_old(with_old)) == []
    told = [text for text in with_old.differences(without_old(with_old)) if text.startswith("role")]
    n = with_old.n
    begins = f"role {n}_old is marked as managed but no longer declared; drop it when nothing of it is left"
    assert told[-1] == f"{begins} (1 in {n}: table public.theirs)"
    assert with_old.ask("SELECT to_regclass('theirs') IS NOT NULL")


@pytest_server
def test_a_role_granted_by_another_is_kept_and_told(with_old: Database) -> None:
    with_old.execute("CREATE SCHEMA elsewhere; GRANT USAGE ON SCHEMA elsewhere TO {n}_old")
    assert with_old.plan(without_old(with_old)) == []
    assert f"(1 in {with_old.n}: schema elsewhere)" in " ".join(with_old.differences(without_old(with_old)))


@pytest_server
def test_a_mark_alone_drops_nothing(settled: Database) -> None:
    with settled.master() as conn:
        conn.execute(
            f"CREATE ROLE {settled.n}_forged; COMMENT ON ROLE {settled.n}_forged IS 'data-tier: managed'".encode()
        )
    assert plan(settled) == []
    assert any(f"role {settled.n}_forged is marked" in text for text in settled.differences(settled.access()))
    settled.execute("DROP ROLE {n}_forged")


@pytest_server
def test_logins_hold_nothing_themselves(settled: Database) -> None:
    grantees = "SELECT count(*) FROM pg_class c, aclexplode(c.relacl) a WHERE a.grantee::regrole::text ~ '{n}_app_[ab]'"
    assert settled.ask(grantees) == 0


@pytest_server
def test_nothing_is_written_where_nothing_differs(settled: Database) -> None:
    before = settled.ask("SELECT max(xmin::text::bigint) FROM pg_class WHERE relname = 't'")
    assert settled.apply(settled.access()).changes == ()
    assert settled.ask("SELECT max(xmin::text::bigint) FROM pg_class WHERE relname = 't'") == before


@pytest_server
def test_maintain_is_told_where_it_does_not_exist(settled: Database) -> None:
    keeper = {"privileges": "custom", "grants": [{"tables": ["t"], "privileges": ["maintain"]}]}
    access = settled.access(identities={"{n}_app": {"postgres": "readwrite"}, "{n}_keeper": {"postgres": keeper}})
    settled.apply(access)
    told = [text for text in settled.differences(access) if "maintain" in text]
    exists = settled.server.major >= 17
    path = f"identities.{settled.n}_keeper.postgres.grants.0.privileges"
    assert told == (
        [] if exists else [f"{path}: maintain exists from PostgreSQL 17; this server is {settled.server.major}"]
    )


@pytest_server
def test_an_application_inserts_into_serial_and_identity_columns(settled: Database) -> None:
    with settled.superuser() as conn:
        conn.execute(f"SET ROLE {settled.n}_app".encode())
        conn.execute("INSERT INTO t (name) VALUES ('x')")


@pytest_server
def test_what_a_login_makes_belongs_to_its_identity(settled: Database) -> None:
    configured = "SELECT rolconfig::text FROM pg_roles WHERE rolname = '{n}_app_a'"
    assert f"role={settled.n}_app" in settled.ask(configured)


@pytest_server
def test_explain_names_what_acts_as_its_owner(settled: Database) -> None:
    settled.execute(
        "CREATE FUNCTION powers() RETURNS int SECURITY DEFINER LANGUAGE sql AS 'SELECT 1'", as_role="{n}_owner"
    )
    settled.execute("CREATE VIEW harmless WITH (security_invoker) AS SELECT 1", as_role="{n}_owner")
    with settled.master() as conn:
        found = explain_database(conn, settled.access(), f"{settled.n}_app")
    loopholes = {(r.what, r.on) for r in found if r.what.endswith(f" as {settled.n}_owner")}
    assert loopholes == {
        (f"acts as {settled.n}_owner", ("public.powers()",)),
        (f"reads as {settled.n}_owner", ("public.v",)),
    }


@pytest_server
def test_explain_names_predefined_roles(settled: Database) -> None:
    settled.execute("GRANT pg_read_all_data TO {n}_app")
    with settled.master() as conn:
        found = explain_database(conn, settled.access(), f"{settled.n}_app_a")
    (reason,) = [r for r in found if r.what.startswith("reads every table")]
    assert reason.why == f"{settled.n}_app_a > {settled.n}_app > pg_read_all_data"


@pytest_server
def test_grants_by_two_at_once_both_succeed(settled: Database) -> None:
    settled.execute("REVOKE SELECT ON t FROM {n}_app")
    wanted = desired(settled.access(), {})
    done: list[int] = []

    def one() -> None:
        with settled.master() as conn:
            done.append(len(apply(conn, wanted, EVERYTHING).changes))

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [0, 0, 0, 1]


@pytest_server
def test_a_lock_is_waited_for_with_an_end(settled: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bootstrap.postgres.apply.LIMITS", "SET LOCAL lock_timeout = '50ms'")
    rules = {"own": {"roles": ["{n}_app"], "using": "true"}}
    access = settled.access(policies=[{"table": "t", "rules": rules}])
    with settled.superuser() as other, other.transaction(force_rollback=True):
        other.execute("LOCK TABLE t")
        with settled.master() as conn, pytest.raises(ApplyError, match="lock timeout"):
            apply(conn, desired(access, {}), EVERYTHING)
    assert psycopg.errors.LockNotAvailable.sqlstate == "55P03"
