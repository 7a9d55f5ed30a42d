"""A database as people run it becomes an application: its baseline makes the same catalog, its plan changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import own_database
import psycopg
import pytest
from own_database import Database
from postgres_server import binaries
from real_servers import Postgres

from bootstrap import schema
from bootstrap.access import load_access
from bootstrap.declared_extensions import DeclaredExtension
from bootstrap.errors import AskedError
from bootstrap.postgres import extensions
from bootstrap.reconcile.by_url import plan_urls
from scaffold.live.application import LiveApplication, live_application
from scaffold.live.database import LiveDatabase, read_database
from scaffold.live.prove import Proof, prove

pytestmark = pytest.mark.server
HERE = Path(__file__).parent
GROWN = HERE.parents[1] / "bootstrap" / "grown"
Servers = Callable[[int], Postgres]


def made(server: Postgres, sql: str) -> Database:
    database = own_database.make(server)
    database.execute(sql.replace("{d}", database.n))
    return database


def read(database: Database) -> tuple[LiveDatabase, LiveApplication]:
    with database.superuser() as conn:
        live = read_database(conn)
    return live, live_application("demo", "eu-west-1", live, ())


def proved(database: Database, live: LiveDatabase, owner: str) -> tuple[Proof, schema.Schema]:
    """On the same server: the roles that policies name are there. Also the catalog that the baseline made."""
    found: list[schema.Schema] = []

    @contextmanager
    def empty(wanted: tuple[DeclaredExtension, ...]) -> Iterator[psycopg.Connection[Any]]:
        name = f"proof_{database.n}"
        with database.server.superuser() as admin:
            admin.execute(f'CREATE DATABASE {name} OWNER "{owner}"'.encode())
            try:
                with database.server.superuser(name) as conn:
                    conn.execute(f'ALTER SCHEMA public OWNER TO "{owner}"'.encode())
                    extensions.ensure(conn, wanted, owner)
                    yield conn
                    found.append(catalog(conn))
            finally:
                admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())

    return prove(live.baseline, owner, empty), found[0]


def catalog(conn: psycopg.Connection[Any]) -> schema.Schema:
    found = schema.definition_of(schema.read(conn))
    found.pop("version", None)
    return found


def plan(database: Database, application: LiveApplication) -> list[str]:
    with database.superuser() as conn:
        found = plan_urls(load_access(dict(application.application.access)), conn, None, "main")
    return [*(change.text for change in found.changes), *found.differences]


@pytest.mark.parametrize("major", [major for major in (15, 17) if major in binaries()])
def test_a_shop_made_by_hand(live_postgres: Servers, major: int) -> None:
    server = live_postgres(major)
    database = made(server, (HERE / "shop.sql").read_text())
    n = database.n
    with database.superuser() as conn:
        before = catalog(conn)
    live, application = read(database)
    proof, after = proved(database, live, f"{n}_owner")
    assert (proof.server, proof.troubles, proof.lacking) == (major, (), ())
    assert after == before
    assert plan(database, application) == []
    access = application.application.access
    identities: Any = access["identities"]
    assert {name.removeprefix(n): each["postgres"]["privileges"] for name, each in identities.items()} == {
        "_deploy": "migrator",
        "_app": "custom",
        "_worker": "custom",
        "_reports": "custom",
        "_legacy": "custom",
    }
    assert application.application.definition["extensions"] == {
        "citext": {"schema": "public"},
        "pgcrypto": {"schema": "public"},
    }
    assert list(application.application.migrations) == ["000001_baseline.up.sql", "000001_baseline.down.sql"]
    version = {} if major == 18 else {"data-tier:postgres": {"version": str(major)}}
    assert dict(application.application.stacks["prod"]) == {
        "aws:region": "eu-west-1",
        "data-tier:profile": "prod",
        **version,
    }
    assert [note.at for note in application.notes] == [
        ("identities", "demo_monitoring"),
        ("config", "data-tier:postgres"),
    ]


@pytest.mark.parametrize(
    ("major", "kind"),
    [each for each in ((16, "shop"), (18, "tracker"), (18, "identity"), (18, "erp")) if each[0] in binaries()],
)
def test_servers_that_grew_by_hand(live_postgres: Servers, major: int, kind: str) -> None:
    database = made(live_postgres(major), (GROWN / f"{kind}.sql").read_text())
    with database.superuser() as conn:
        before = catalog(conn)
    live, application = read(database)
    owner = str(application.application.access["owner"])
    proof, after = proved(database, live, owner)
    assert proof.troubles == ()
    beyond = {"event trigger", "foreign data wrapper", "server"}
    before["objects"] = {kind: each for kind, each in before.get("objects", {}).items() if kind not in beyond}
    assert after == {key: value for key, value in before.items() if value}
    added = [text for text in plan(database, application) if "demo_migrator" not in text]
    assert [text for text in added if "shared_preload_libraries" not in text] == []


ODD = """
CREATE ROLE {n}_owner NOLOGIN;
CREATE ROLE {n}_web LOGIN IN ROLE {n}_owner;
CREATE ROLE "{n} Backup" LOGIN;
ALTER DATABASE {d} OWNER TO {n}_owner;
ALTER SCHEMA public OWNER TO {n}_owner;
CREATE FUNCTION c_code(internal) RETURNS internal LANGUAGE internal AS 'int4in';
SET ROLE {n}_owner;
CREATE TABLE t (id int PRIMARY KEY, mail text);
INSERT INTO t VALUES (1, 'a'), (2, 'a');
CREATE TABLE schema_migrations (version varchar PRIMARY KEY);
CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
CREATE POLICY old ON t TO "{n} Backup" USING (true);
CREATE POLICY own ON t TO {n}_web USING (true);
RESET ROLE;
CREATE FUNCTION watch() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
ALTER FUNCTION watch() OWNER TO {n}_owner;
CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE FUNCTION watch();
CREATE PUBLICATION everything FOR ALL TABLES;
CREATE FOREIGN DATA WRAPPER elsewhere;
CREATE SERVER elsewhere FOREIGN DATA WRAPPER elsewhere;
CREATE USER MAPPING FOR PUBLIC SERVER elsewhere OPTIONS (password 'hush-hush');
"""


def test_what_cannot_come_along_is_a_comment_with_what_to_do(live_postgres: Servers) -> None:
    database = made(live_postgres(18), ODD)
    n = database.n
    with database.superuser() as conn, pytest.raises(psycopg.errors.UniqueViolation):
        conn.execute("CREATE UNIQUE INDEX CONCURRENTLY t_mail ON t (mail)")
    live, application = read(database)
    proof, after = proved(database, live, f"{n}_owner")
    assert proof.troubles == ()
    assert sorted(after["tables"]) == ["public.alembic_version", "public.t"]
    assert "objects" not in after
    told = [note.text for note in live.notes if note.place == "migration"]
    words = ("c_code", "event trigger watch", "publication everything", "policy old", "alembic_version",
             "schema_migrations", "1 invalid indexes", "wrapper elsewhere", "server elsewhere",
             "1 user mappings")  # fmt: skip
    assert len(told) == len(words)
    assert all(any(word in text for text in told) for word in words), told
    up = application.application.migrations["000001_baseline.up.sql"]
    assert "\n-- CREATE EVENT TRIGGER watch ON ddl_command_end" in up
    assert "\nCREATE POLICY own ON public.t" in up
    assert "hush-hush" not in repr(application)


def test_what_belongs_to_a_role_of_rds_is_refused_with_what_mends_it(live_postgres: Servers) -> None:
    server = live_postgres(18)
    database = made(server, "CREATE ROLE {n}_app LOGIN; CREATE TABLE t (id int); GRANT SELECT ON t TO {n}_app")
    with database.superuser() as conn, pytest.raises(AskedError) as refused:
        read_database(conn)
    assert f"what is in {database.n} belongs to rdsadmin, a name that RDS keeps for its own roles" in str(refused.value)
    assert f'ALTER DATABASE "{database.n}" OWNER TO app_owner' in str(refused.value)


def test_nothing_is_changed_and_nothing_can_be(live_postgres: Servers) -> None:
    database = made(live_postgres(18), (GROWN / "tracker.sql").read_text())
    with database.superuser() as conn:
        next_one = "SELECT pg_snapshot_xmax(pg_current_snapshot())"  # who writes anything takes a number
        before = conn.execute(next_one).fetchone()
        read_database(conn)
        assert conn.execute(next_one).fetchone() == before
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            conn.execute("CREATE TABLE never (id int)")


def test_a_login_that_governs_no_role_is_told_who_does(live_postgres: Servers) -> None:
    database = made(
        live_postgres(18), "CREATE ROLE {n}_looker LOGIN PASSWORD 'master-of-a-test'; CREATE ROLE {n}_app LOGIN"
    )
    with database.connect(f"{database.n}_looker") as conn, pytest.raises(AskedError) as refused:
        read_database(conn)
    assert "may not administer it" in str(refused.value)
    assert str(refused.value).endswith("log in as who governs the roles, on RDS the master user")


def test_a_table_that_somebody_changes_is_not_waited_for(live_postgres: Servers) -> None:
    database = made(live_postgres(18), (GROWN / "shop.sql").read_text())
    with database.superuser() as other, other.transaction(force_rollback=True):
        other.execute("LOCK TABLE app.customer IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(AskedError, match="somebody changes its tables; try again"):
            read(database)
