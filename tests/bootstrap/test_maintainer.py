"""Who maintains: what it may and what not, on every PostgreSQL that is here, before and after pg_maintain (17)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import own_database
import psycopg
import pytest
from own_database import PASSWORD, Database
from real_servers import Postgres, postgres_binaries

from bootstrap.access import Access, AccessError, load_access, maintainer
from bootstrap.access_explain import explain_database
from bootstrap.access_import import import_database
from bootstrap.postgres.apply import ApplyError
from bootstrap.verify.by_role import verify_roles
from bootstrap.verify.postgres import outcome, probes_of
from bootstrap.verify.statements import tables

KEEPER = "{n}_keeper"


@pytest.fixture(scope="module", params=list(postgres_binaries()))
def kept(request: pytest.FixtureRequest, postgres_of: Callable[[str], Postgres]) -> Database:
    """A database whose partitioned table belongs to the owner; the keeper is logged in as `keeper_a`."""
    database = own_database.make(postgres_of(request.param))
    database.apply(declared(database))
    database.execute(
        """CREATE TABLE journal (at date, what text) PARTITION BY RANGE (at);
           CREATE TABLE journal_2026 PARTITION OF journal FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
           CREATE INDEX journal_at ON journal (at); CREATE TABLE notes (id int PRIMARY KEY)""",
        as_role="{n}_owner",
    )
    database.apply(declared(database))
    database.execute(f"ALTER ROLE {KEEPER}_a PASSWORD '{PASSWORD}'")
    return database


def declared(database: Database, **postgres: Any) -> Access:
    keeper = {"postgres": {"privileges": "maintainer", **postgres}}
    return database.access(identities={"{n}_app": {"postgres": "readwrite"}, KEEPER: keeper})


def keeper(database: Database) -> psycopg.Connection[Any]:
    return database.connect(f"{database.n}_keeper_a")


def test_it_is_a_member_of_the_owner_without_its_privileges(kept: Database) -> None:
    n, major = kept.n, kept.server.major
    options = "inherit_option, set_option" if major >= 16 else "true, true"
    with kept.superuser() as conn:
        rows = conn.execute(
            f"""SELECT roleid::regrole::text, member::regrole::text, {options} FROM pg_auth_members
                WHERE member::regrole::text LIKE '{n}_keeper%%' ORDER BY 2, 1""".encode()
        ).fetchall()
    of_logins = [
        (role, f"{n}_keeper_{sibling}", True, True)
        for sibling in "ab"
        for role in (f"{n}_keeper", *((f"{n}_owner",) if major < 16 else ()))
    ]
    of_itself = [(f"{n}_owner", f"{n}_keeper", False, True)] if major >= 16 else []
    own = [*of_itself, *([("pg_maintain", f"{n}_keeper", True, True)] if major >= 17 else [])]
    assert rows == [*own, ("pg_monitor", f"{n}_keeper", True, True), *of_logins]
    assert kept.plan(declared(kept)) == []
    assert kept.differences(declared(kept)) == []


@pytest.mark.parametrize(
    ("statement", "refused"),
    [
        ("SELECT FROM notes WHERE false", "permission denied for table notes"),
        ("SELECT FROM journal_2026 WHERE false", "permission denied for table journal_2026"),
        ("DELETE FROM notes WHERE false", "permission denied for table notes"),
        ("TRUNCATE notes", "permission denied for table notes"),
        ("DROP INDEX CONCURRENTLY notes_pkey", "must be owner of index notes_pkey"),
        ("CREATE TABLE mine (id int)", "permission denied for schema public"),
    ],
)
def test_by_itself_it_reads_changes_and_drops_nothing(kept: Database, statement: str, refused: str) -> None:
    with keeper(kept) as conn, pytest.raises(psycopg.Error, match=refused):
        conn.execute(statement.encode())


def test_it_reads_what_planning_needs(kept: Database) -> None:
    with keeper(kept) as conn:
        text = conn.execute("SELECT count(*) FILTER (WHERE query = '<insufficient privilege>') FROM pg_stat_activity")
        assert text.fetchone() == (0,)
        assert conn.execute("SELECT count(*) FROM pg_settings WHERE name = 'data_directory'").fetchone() == (1,)


WORK = ("VACUUM (ANALYZE) notes", "ANALYZE journal", "REINDEX INDEX CONCURRENTLY notes_pkey", "VACUUM journal")


@pytest.mark.parametrize("statement", WORK)
def test_from_17_on_it_maintains_everything_by_pg_maintain(kept: Database, statement: str) -> None:
    said = work(kept, statement)
    if kept.server.major >= 17:
        assert said == []
    else:  # a VACUUM without the right only warns
        assert said
        assert all(re.search("permission denied|must be owner|only table or database owner", each) for each in said)


@pytest.mark.parametrize(
    "statement", [*WORK, "DROP INDEX CONCURRENTLY IF EXISTS nothing", "CREATE TABLE IF NOT EXISTS made ()"]
)
def test_as_the_owner_it_does_the_rest(kept: Database, statement: str) -> None:
    assert work(kept, statement, f"SET ROLE {kept.n}_owner") == []


def work(kept: Database, statement: str, first: str = "") -> list[str]:
    """What the server said, warnings and errors."""
    said: list[str] = []
    with keeper(kept) as conn:
        conn.add_notice_handler(
            lambda notice: (
                said.append(notice.message_primary or "") if notice.severity_nonlocalized == "WARNING" else None
            )
        )
        try:
            if first:
                conn.execute(first.encode())
            conn.execute(statement.encode())
        except psycopg.Error as error:
            said.append(str(error.diag.message_primary))
    return said


@pytest.mark.parametrize(
    "more", [{}, {"grants": [{"tables": ["notes"], "privileges": ["select"]}]}], ids=["alone", "with a grant"]
)
def test_what_verify_tries_comes_out_as_declared(kept: Database, more: dict[str, Any]) -> None:
    access = declared(kept, **more)
    kept.apply(access)
    name = f"{kept.n}_keeper"
    with keeper(kept) as conn:
        tried = {
            probe.action: (probe.expected, outcome(conn, probe))
            for probe in probes_of(access, name, tables(conn), replica=False, version=conn.info.server_version)
        }
    kept.apply(declared(kept))
    maintains = {"maintain 2 tables"} if kept.server.major >= 17 else set()
    reads = {"read notes"} if more else set()
    allowed = {action for action, (expected, _) in tried.items() if expected == "allowed"}
    assert allowed == {f"become {kept.n}_owner", *maintains, *reads}
    assert {"alter a table", "drop a table", "truncate a table", "create a table", "create a role"} <= tried.keys()
    assert ("read journal" if more else "read 2 tables") in tried
    assert [(action, *each) for action, each in tried.items() if each[0] != each[1]] == []


def test_verify_by_role_proves_it_without_its_password(kept: Database) -> None:
    with kept.superuser() as conn:
        checks = [each for each in verify_roles(conn, declared(kept)) if each.identity.endswith("_keeper")]
    assert [each for each in checks if not each.ok] == []
    assert ("read 2 tables", "refused") in {(each.action, each.expected) for each in checks}


def test_a_master_who_may_not_grant_it_is_told_who_can(kept: Database) -> None:
    if kept.server.major < 17:
        pytest.skip("pg_maintain came with PostgreSQL 17")
    other = own_database.make(kept.server)
    other.execute("REVOKE rds_superuser FROM {n}_master; GRANT pg_monitor TO {n}_master WITH ADMIN OPTION")
    with pytest.raises(ApplyError) as caught:
        other.apply(declared(other))
    said = f'as whoever administers it: GRANT "pg_maintain" TO "{other.n}_master" WITH ADMIN OPTION'
    assert said in str(caught.value)


def test_an_import_calls_it_by_its_name(kept: Database) -> None:
    with kept.master() as conn:
        found = import_database(conn).declaration["identities"]
    implied = [{"database": True, "privileges": ["connect"]}, {"privileges": ["usage"]}]
    assert found[f"{kept.n}_keeper"] == {"postgres": {"privileges": "maintainer", "grants": implied}}
    assert f"{kept.n}_keeper_a" not in found


def test_explain_says_that_it_may_become_the_owner(kept: Database) -> None:
    access = declared(kept)
    with kept.master() as conn:
        reasons = explain_database(conn, access, f"{kept.n}_keeper")
    ways = {each.why for each in reasons if each.what.startswith("everything")}
    who = "keeper" if kept.server.major >= 16 else "keeper_a"
    assert ways == {f"{kept.n}_{who} > {kept.n}_owner (after SET ROLE {kept.n}_owner): owns it"}


@pytest.mark.parametrize("login", ["single", "none"])
def test_it_needs_two_logins(login: str) -> None:
    identities = {"keeper": {"postgres": {"privileges": "maintainer", "login": login}}}
    with pytest.raises(AccessError, match="a maintainer has `login: siblings`"):
        load_access({"owner": "app_owner", "identities": identities})


def test_who_maintains() -> None:
    base = {"app": {"postgres": "readwrite"}}
    keeper = {"keeper": {"postgres": "maintainer"}}
    assert maintainer(load_access({"owner": "app_owner", "identities": base})) == "master"
    assert maintainer(load_access({"owner": "app_owner", "identities": base | keeper})) == "keeper"
