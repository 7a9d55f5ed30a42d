"""A real PostgreSQL and a database of its own for each test that asks for one."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from migrate_server import Database, Server, new_database, serve
from once import kept
from postgres_server import binaries


@contextmanager
def _serve(major: int) -> Iterator[Server]:
    with (
        tempfile.TemporaryDirectory(prefix="datatier-migrate-", dir="/tmp") as folder,
        serve(binaries()[major], Path(folder), major) as running,
    ):
        yield running


@pytest.fixture(scope="session")
def server_of() -> Iterator[Callable[[int], Server]]:
    """The server of a major version."""
    with kept(_serve) as servers:
        yield servers


@pytest.fixture(scope="session", params=[18, 15])
def server(request: pytest.FixtureRequest, server_of: Callable[[int], Server]) -> Server:
    if request.param not in binaries():
        pytest.skip(f"PostgreSQL {request.param} is not installed here")
    return server_of(request.param)


@pytest.fixture
def database(server: Server) -> Iterator[Database]:
    with new_database(server) as made:
        yield made


@pytest.fixture(scope="module")
def shared_database(server: Server) -> Iterator[Database]:
    """A database for all tests of a module, which leave it as it was."""
    with new_database(server) as made:
        yield made


@pytest.fixture
def connection(database: Database) -> Iterator[psycopg.Connection[Any]]:
    with database.connect() as connection:
        yield connection


@pytest.fixture(scope="session")
def golang_migrate() -> str:
    """Path of the genuine CLI."""
    path = shutil.which("migrate")
    if path is None:
        pytest.skip("golang-migrate's CLI `migrate` is not on PATH")
    return path
