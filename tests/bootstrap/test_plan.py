"""The plan for PostgreSQL as data: an empty server, a settled one, and what cannot be changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bootstrap.access import load_access
from bootstrap.postgres.change import ident, literal
from bootstrap.postgres.desired import Desired, desired
from bootstrap.postgres.live import Live, LiveMembership, LiveObject, LiveRole
from bootstrap.postgres.plan import plan
from bootstrap.postgres.strangers import strangers

ROOT = Path(__file__).parents[2]
ACCESS = load_access(
    {
        "owner": "app_owner",
        "limits": {"connection_limit": 7, "lock_timeout": "5s"},
        "identities": {"app": {"postgres": "readonly"}},
    }
)


def empty(version: int = 180000) -> Live:
    """A database as CREATE DATABASE leaves it."""
    public = {"PUBLIC": frozenset({"CONNECT", "TEMPORARY"})}
    return Live(
        version=version,
        user="master",
        database=LiveObject(kind="database", name="d", sql='"d"', owner="master", privileges=public),
        encoding="UTF8",
        roles={},
        memberships=(),
        objects=(
            LiveObject(
                kind="schema",
                name="public",
                sql="public",
                owner="pg_database_owner",
                privileges={"PUBLIC": frozenset({"USAGE"})},
            ),
        ),
        defaults={},
    )


@pytest.mark.parametrize(("version", "options"), [(180000, " WITH ADMIN FALSE, INHERIT TRUE, SET TRUE"), (150000, "")])
def test_on_an_empty_database(version: int, options: str) -> None:
    assert [str(change) for change in plan(desired(ACCESS, {"app": "b"}), empty(version))] == [
        'CREATE ROLE "app_owner" NOLOGIN',
        "COMMENT ON ROLE \"app_owner\" IS 'data-tier: managed'",
        'CREATE ROLE "app" NOLOGIN',
        "COMMENT ON ROLE \"app\" IS 'data-tier: managed'",
        'CREATE ROLE "app_a" NOLOGIN',
        'ALTER ROLE "app_a" CONNECTION LIMIT 7',
        "COMMENT ON ROLE \"app_a\" IS 'data-tier: managed'",
        'ALTER ROLE "app_a" SET "lock_timeout" = \'5s\'',
        'ALTER ROLE "app_a" SET "role" = \'app\'',
        'CREATE ROLE "app_b" LOGIN CONNECTION LIMIT 7',
        "COMMENT ON ROLE \"app_b\" IS 'data-tier: managed'",
        'ALTER ROLE "app_b" SET "lock_timeout" = \'5s\'',
        'ALTER ROLE "app_b" SET "role" = \'app\'',
        f'GRANT "app_owner" TO "master"{options}',
        'ALTER DATABASE "d" OWNER TO "app_owner"',
        f'GRANT "app" TO "app_a"{options}',
        f'GRANT "app" TO "app_b"{options}',
        'REVOKE CONNECT, TEMPORARY ON DATABASE "d" FROM PUBLIC',
        "REVOKE USAGE ON SCHEMA public FROM PUBLIC",
        'GRANT CONNECT ON DATABASE "d" TO "app"',
        'GRANT USAGE ON SCHEMA public TO "app"',
        'ALTER DEFAULT PRIVILEGES FOR ROLE "app_owner" REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC',
        'ALTER DEFAULT PRIVILEGES FOR ROLE "app_owner" IN SCHEMA "public" GRANT SELECT ON TABLES TO "app"',
        'ALTER DEFAULT PRIVILEGES FOR ROLE "app_owner" IN SCHEMA "public" GRANT SELECT ON SEQUENCES TO "app"',
        'ALTER DEFAULT PRIVILEGES FOR ROLE "app_owner" IN SCHEMA "public" GRANT EXECUTE ON FUNCTIONS TO "app"',
    ]


def test_one_statement_for_many_objects() -> None:
    tables = tuple(
        LiveObject(kind="table", name=f"t{i}", sql=f"public.t{i}", owner="app_owner", privileges={}) for i in range(3)
    )
    live = replace(empty(), objects=tables)
    grants = [str(c) for c in plan(desired(ACCESS, {}), live) if c.verb == "grant" and "TABLE" in c.text]
    assert grants == ['GRANT SELECT ON TABLE public.t0, public.t1, public.t2 TO "app"']


def test_a_partition_of_a_table_with_policies_is_closed() -> None:
    """It is reached by way of its parent: whoever holds it would go round the parent's policies."""
    granted = {"app": frozenset({"SELECT"})}
    part = LiveObject(kind="table", name="p", sql="public.p", owner="app_owner", privileges=granted, walled=True)
    changes = [
        str(change)
        for change in plan(desired(ACCESS, {}), replace(empty(), objects=(part,)))
        if "public.p" in str(change)
    ]
    assert changes == ['REVOKE SELECT ON TABLE public.p FROM "app"']


def test_what_takes_away_says_so() -> None:
    changes = plan(desired(ACCESS, {}), empty())
    assert {change.verb for change in changes if change.takes_away} == {"revoke", "default"}


def test_what_is_not_ours_is_reported() -> None:
    wanted: Desired = desired(ACCESS, {})
    role = LiveRole(
        name="app",
        login=False,
        connection_limit=-1,
        settings={},
        excess=("SUPERUSER", "CREATEDB"),
        mark=None,
        administered=True,
    )
    stray = LiveMembership(
        role="pg_write_all_data",
        member="app",
        grantor="rdsadmin",
        admin=False,
        inherit=True,
        set=True,
        revocable=False,
    )
    table = LiveObject(kind="table", name="t", sql="public.t", owner="somebody", privileges={})
    live = replace(empty(), encoding="SQL_ASCII", roles={"app": role}, memberships=(stray,), objects=(table,))
    assert strangers(wanted, live) == (
        "database d is in SQL_ASCII; copy it into one made with ENCODING 'UTF8'",
        "role app has SUPERUSER, which only a superuser can take away",
        "role app is a member of pg_write_all_data, which only rdsadmin can end: "
        'REVOKE "pg_write_all_data" FROM "app" GRANTED BY "rdsadmin"',
        "table public.t belongs to somebody, so its privileges are left alone; as somebody: "
        'ALTER TABLE public.t OWNER TO "app_owner"',
    )


@pytest.mark.parametrize(
    ("text", "quoted"),
    [("a", "'a'"), ("a'b", "'a''b'"), ("a\\'b", " E'a\\\\''b'"), ("", "''")],
)
def test_literals(text: str, quoted: str) -> None:
    assert literal(text) == quoted


def test_identifiers() -> None:
    assert ident('a"; DROP TABLE users; --') == '"a""; DROP TABLE users; --"'


def test_values_are_revealed_in_one_place() -> None:
    """Boundary: only `bootstrap.secrets` opens a Secret."""
    elsewhere = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "bootstrap").rglob("*.py")
        if path.parent.name != "secrets" and ".reveal(" in path.read_text()
    ]
    assert elsewhere == []


def test_who_watches_reads_what_a_sequence_has_left_and_no_row() -> None:
    access = load_access(
        {
            "owner": "shop_owner",
            "schemas": ["shop"],
            "identities": {"shop": {"postgres": "migrator"}, "eyes": {"postgres": "monitoring"}},
        }
    )
    wanted = desired(access, {})
    given = {kind: wanted.acl(kind, "shop", "orders")["eyes"] for kind in ("table", "sequence", "function")}
    assert given == {"table": frozenset(), "sequence": frozenset({"SELECT"}), "function": frozenset()}
    assert wanted.future("sequence", "shop")["eyes"] == frozenset({"SELECT"})
