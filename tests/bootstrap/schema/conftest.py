"""A migrated database on each server; tests change it in transactions that are rolled back."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from clinic_project import CLINIC
from once import kept
from real_servers import Postgres, postgres, postgres_binaries
from schema_server import make_database

from bootstrap import schema
from bootstrap.application import DEFINITION, MIGRATIONS
from bootstrap.migrate import MigrationRunner, PostgresLedger, Source

Connection = psycopg.Connection[Any]


@contextmanager
def _server(major: str) -> Iterator[Postgres]:
    with (
        tempfile.TemporaryDirectory(prefix="dt-schema-", dir="/tmp") as folder,
        postgres(postgres_binaries()[major], Path(folder), int(major)) as server,
    ):
        with server.superuser() as admin:
            admin.execute("CREATE ROLE clinic_owner; CREATE ROLE clinic_app; CREATE ROLE clinic_reporting")
        yield server


@contextmanager
def _migrated(server: Postgres) -> Iterator[Connection]:
    with make_database(server, "migrated") as connection:
        MigrationRunner(Source.load(CLINIC / MIGRATIONS), PostgresLedger(connection), role="clinic_owner").up()
        yield connection


@pytest.fixture(scope="session")
def server_of() -> Iterator[Callable[[str], Postgres]]:
    """The server of a major version."""
    with kept(_server) as servers:
        yield servers


@pytest.fixture(scope="session")
def migrated_of(server_of: Callable[[str], Postgres]) -> Iterator[Callable[[Postgres], Connection]]:
    """A server's migrated database."""
    with kept(_migrated) as databases:
        yield databases


@pytest.fixture(scope="session", params=["18", "15"])
def schema_server(request: pytest.FixtureRequest, server_of: Callable[[str], Postgres]) -> Postgres:
    if request.param not in postgres_binaries():
        pytest.skip(f"PostgreSQL {request.param} is not installed here")
    return server_of(request.param)


@pytest.fixture(scope="session", params=list(postgres_binaries()))
def every_server(request: pytest.FixtureRequest, server_of: Callable[[str], Postgres]) -> Postgres:
    return server_of(request.param)


@pytest.fixture(scope="session")
def migrated(schema_server: Postgres, migrated_of: Callable[[Postgres], Connection]) -> Connection:
    return migrated_of(schema_server)


@pytest.fixture
def clinic(migrated: Connection) -> Iterator[Connection]:
    """The migrated database, in a transaction that is rolled back."""
    with migrated.transaction(force_rollback=True):
        yield migrated


@pytest.fixture(scope="session")
def definition() -> schema.Schema:
    return schema.load(CLINIC / DEFINITION)
