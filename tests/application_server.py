"""What an application's own tests stand on: its schema on real servers, under the roles that its access.yaml declares.

It knows no application. A `conftest.py` beside the tests imports the fixtures, and says with one of its own whose they
are and which rows are there:

    @pytest.fixture(scope="session")
    def application() -> Application:
        return Application.around(__file__)

    @pytest.fixture(scope="session")
    def content() -> str:
        return "INSERT INTO ..."
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import psycopg
import pytest
from once import kept
from real_servers import Postgres, postgres, postgres_binaries, postgres_ends

from bootstrap import schema
from bootstrap.access import Access
from bootstrap.application import DEFINITION, MIGRATIONS
from bootstrap.declared_extensions import declared
from bootstrap.migrate import MigrationRunner, PostgresLedger, Source
from bootstrap.postgres import extensions
from bootstrap.postgres.apply import apply
from bootstrap.postgres.change import ident
from bootstrap.postgres.desired import desired
from bootstrap.reconcile.allowed import EVERYTHING
from cli.project import own_root
from infra.settings.access_file import read_access
from local.postgres.binaries import LENDING, of_major

Connection: TypeAlias = psycopg.Connection[Any]
Acting: TypeAlias = Callable[..., Connection]
"""Become a role, acting for a user: `acting("clinic_app", "ann@example.org")`."""

_MASTER = "master_of_the_tests"
_TEMPLATE = "migrated_once"


@dataclass(frozen=True)
class Application:
    """An application's folder: the project's root, or an example's."""

    folder: Path

    @classmethod
    def around(cls, file: str) -> Application:
        """The application whose folder, the nearest upwards with a Pulumi.yaml, a file lies in."""
        found = own_root(Path(file).parent)
        assert found, f"no folder above {file} has a Pulumi.yaml"
        return cls(found)

    @cached_property
    def access(self) -> Access:
        return read_access(self.folder)

    @cached_property
    def source(self) -> Source:
        return Source.load(self.folder / MIGRATIONS)

    @cached_property
    def definition(self) -> schema.Schema:
        return schema.load(self.folder / DEFINITION)


@dataclass(frozen=True, eq=False)
class ApplicationServer:
    """A server with the application's roles; its superuser's connections may become each of them."""

    server: Postgres
    application: Application
    _migrated: list[str] = field(default_factory=list)

    def empty(self, name: str) -> Connection:
        """A new database as it is before the first migration."""
        with self.server.superuser() as admin:
            admin.execute(f"CREATE DATABASE {ident(name)} TEMPLATE template0 ENCODING 'UTF8' OWNER {_MASTER}".encode())
        connection = self.server.superuser(name)
        extensions.ensure(connection, declared(self.application.folder), self.application.access.owner)
        self.grant(name)
        return connection

    def migrated(self, name: str) -> Connection:
        """A new database as the bootstrap leaves it: all migrations, all privileges, no rows but theirs."""
        if not self._migrated:
            with self.empty(_TEMPLATE) as connection:
                self.runner(connection).up()
            self.grant(_TEMPLATE)
            self._migrated.append(_TEMPLATE)
        with self.server.superuser() as admin:
            owner = ident(self.application.access.owner)
            admin.execute(f"CREATE DATABASE {ident(name)} TEMPLATE {_TEMPLATE} OWNER {owner}".encode())
        return self.server.superuser(name)

    @cached_property
    def lacking(self) -> frozenset[str]:
        """Extensions that the application declares and this server cannot make."""
        with self.server.superuser() as admin:
            rows = admin.execute("SELECT name FROM pg_available_extensions").fetchall()
        return frozenset(each.name for each in declared(self.application.folder)) - {name for (name,) in rows}

    def runner(self, connection: Connection) -> MigrationRunner:
        """Runs the migrations there as the owner."""
        ledger = PostgresLedger(connection)
        return MigrationRunner(self.application.source, ledger, role=self.application.access.owner)

    def drop(self, name: str) -> None:
        with self.server.superuser() as admin:
            admin.execute(f"DROP DATABASE {ident(name)} WITH (FORCE)".encode())

    def grant(self, name: str) -> None:
        """Roles, and privileges on what is there, by the rules that the bootstrap goes by."""
        with psycopg.connect(
            host="127.0.0.1", port=self.server.port, dbname=name, user=_MASTER, password=_MASTER, autocommit=True
        ) as master:
            apply(master, desired(self.application.access, {}), EVERYTHING)


@contextmanager
def application_server(major: str, application: Application) -> Iterator[ApplicationServer]:
    """A server of that major version for as long as the context is open."""
    # From 18 on a server is lent extensions by other packages of its version, as a tier's is.
    lent = of_major(int(major)).paths if int(major) >= LENDING else {}
    settings = [f"{name}={value}" for name, value in lent.items()]
    with (
        tempfile.TemporaryDirectory(prefix="dt-application-", dir="/tmp") as folder,
        postgres(postgres_binaries()[major], Path(folder), int(major), settings) as server,
    ):
        with server.superuser() as admin:
            role = f"CREATE ROLE {_MASTER} LOGIN CREATEDB CREATEROLE PASSWORD '{_MASTER}' IN ROLE rds_superuser"
            admin.execute(role.encode())
        yield ApplicationServer(server, application)


@pytest.fixture(scope="session")
def application_server_of(application: Application) -> Iterator[Callable[[str], ApplicationServer]]:
    """The server of a major version."""
    with kept(lambda major: application_server(major, application)) as servers:
        yield servers


@pytest.fixture(scope="session")
def dispensable() -> frozenset[str]:
    """Extensions without which the migrations run too; an application that has some says so in its conftest.py."""
    return frozenset()


@pytest.fixture(scope="session", params=postgres_ends())
def servers(
    request: pytest.FixtureRequest,
    application_server_of: Callable[[str], ApplicationServer],
    dispensable: frozenset[str],
) -> ApplicationServer:
    """The newest and the oldest PostgreSQL that is here, as far as it has what the application needs."""
    server = application_server_of(request.param)
    if lacking := server.lacking - dispensable:
        pytest.skip(f"PostgreSQL {request.param} here does not have {', '.join(sorted(lacking))}")
    return server


@pytest.fixture(scope="session")
def filled_of(content: str) -> Iterator[Callable[[ApplicationServer], Connection]]:
    """A server's database of all tests that leave it as it was: migrated, with that content."""

    @contextmanager
    def make(server: ApplicationServer) -> Iterator[Connection]:
        with server.migrated("filled") as connection:
            connection.execute(content.encode())
            yield connection

    with kept(make) as databases:
        yield databases


@pytest.fixture(scope="session")
def filled(servers: ApplicationServer, filled_of: Callable[[ApplicationServer], Connection]) -> Connection:
    return filled_of(servers)


@pytest.fixture
def empty(servers: ApplicationServer) -> Iterator[Connection]:
    """A database before the first migration, for one test."""
    with servers.empty("from_nothing") as connection:
        yield connection
    servers.drop("from_nothing")


def catalog(connection: Connection) -> schema.Schema:
    """Every object as PostgreSQL itself would write it, whatever the version."""
    found = schema.read(connection).schema
    found.pop("version", None)
    return found


@pytest.fixture
def acting(filled: Connection) -> Iterator[Acting]:
    """In a transaction that is rolled back: become a role, acting for a user."""
    with filled.transaction(force_rollback=True):

        def become(role: str, user: str = "") -> Connection:
            filled.execute(f"RESET ROLE; SET LOCAL ROLE {role}".encode())
            filled.execute("SELECT set_config('app.user_email', %s, true)", (user,))
            return filled

        yield become
