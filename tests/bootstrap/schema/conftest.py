"""A migrated database on each server; tests change it in transactions that are rolled back."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from real_servers import Postgres, postgres, postgres_binaries
from schema_server import make_database
from threat_models import GRANTS, ROWS

from bootstrap import schema
from bootstrap.migrate import MigrationRunner, PostgresLedger, Source
from bootstrap.run import MIGRATIONS

Connection = psycopg.Connection[Any]


@pytest.fixture(scope="session", params=["18", "15"])
def schema_server(request: pytest.FixtureRequest) -> Iterator[Postgres]:
    if request.param not in postgres_binaries():
        pytest.skip(f"PostgreSQL {request.param} is not installed here")
    programs = postgres_binaries()[request.param]
    with (
        tempfile.TemporaryDirectory(prefix="dt-schema-", dir="/tmp") as folder,
        postgres(programs, Path(folder), int(request.param)) as server,
    ):
        with server.superuser() as admin:
            admin.execute("CREATE ROLE tmi_owner; CREATE ROLE tmi_app; CREATE ROLE tmi_reporting")
        yield server


@pytest.fixture(scope="session")
def migrated(schema_server: Postgres) -> Iterator[Connection]:
    with make_database(schema_server, "migrated") as connection:
        MigrationRunner(Source.load(MIGRATIONS), PostgresLedger(connection), role="tmi_owner").up()
        yield connection


@pytest.fixture
def tmi(migrated: Connection) -> Iterator[Connection]:
    """The migrated database, in a transaction that is rolled back."""
    with migrated.transaction(force_rollback=True):
        yield migrated


@pytest.fixture(scope="session")
def definition() -> schema.Schema:
    path = schema.beside(MIGRATIONS)
    assert path
    return schema.load(path)


@pytest.fixture(scope="session")
def filled(schema_server: Postgres) -> Iterator[Connection]:
    with make_database(schema_server, "filled") as connection:
        MigrationRunner(Source.load(MIGRATIONS), PostgresLedger(connection), role="tmi_owner").up()
        connection.execute(GRANTS)
        connection.execute(ROWS.encode())
        yield connection


@pytest.fixture
def acting(filled: Connection) -> Iterator[Callable[..., Connection]]:
    """In a transaction that is rolled back: become a role, for a user."""
    with filled.transaction(force_rollback=True):

        def become(role: str, user: str = "") -> Connection:
            filled.execute(f"RESET ROLE; SET LOCAL ROLE {role}".encode())
            filled.execute("SELECT set_config('app.user_email', %s, true)", (user,))
            return filled

        yield become
