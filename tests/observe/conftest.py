"""Servers that are shared by all tests of this folder; each test gets names of its own on them."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

# The bootstrap's own tests have the servers.
sys.path.insert(0, str(Path(__file__).parents[1] / "bootstrap"))

from once import kept
from postgres_server import binaries
from real_servers import Postgres, Valkey, postgres, valkey


@contextmanager
def _postgres(major: str) -> Iterator[Postgres]:
    # Not under tmp_path: root starts it as another user, and socket and data paths stay short.
    with (
        tempfile.TemporaryDirectory(prefix="dt-pg-", dir="/tmp") as folder,
        postgres(binaries()[int(major)], Path(folder), int(major)) as server,
    ):
        yield server


@pytest.fixture(scope="session")
def postgres_of() -> Iterator[Callable[[str], Postgres]]:
    """The server of a major version."""
    with kept(_postgres) as servers:
        yield servers


@pytest.fixture(scope="session")
def postgres18(postgres_of: Callable[[str], Postgres]) -> Postgres:
    return postgres_of("18")


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[Valkey]:
    with (
        tempfile.TemporaryDirectory(prefix="dt-valkey-", dir="/tmp") as folder,
        valkey(Path(folder)) as server,
    ):
        yield server
