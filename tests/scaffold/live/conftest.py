"""Servers on which something is live."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import own_database
import pytest
from once import kept
from postgres_server import binaries
from real_servers import Postgres, Valkey, postgres, valkey


@contextmanager
def _postgres(major: int) -> Iterator[Postgres]:
    with (
        tempfile.TemporaryDirectory(prefix="dt-pg-", dir="/tmp") as folder,
        postgres(binaries()[major], Path(folder), major) as server,
    ):
        yield server


@pytest.fixture(scope="session")
def live_postgres() -> Iterator[Callable[[int], Postgres]]:
    """The server of a major version."""
    with kept(_postgres) as servers:
        yield servers


@pytest.fixture(scope="session")
def live_valkey() -> Iterator[Valkey]:
    with tempfile.TemporaryDirectory(prefix="dt-valkey-", dir="/tmp") as folder, valkey(Path(folder)) as server:
        yield server


@pytest.fixture(autouse=True)
def _cleared() -> Iterator[None]:
    """Roles belong to a whole server: what one test has made the next one would import."""
    yield
    own_database.clear()
