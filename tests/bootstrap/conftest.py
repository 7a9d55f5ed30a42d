"""Servers shared by the session; each test gets names of its own on them."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from real_servers import Postgres, Valkey, emulator, postgres, postgres_binaries, valkey
from tier import MIGRATION, REGION, Tier, cache

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def aws() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="dt-aws-", dir="/tmp") as folder, emulator(Path(folder), REGION) as url:
        yield url


@pytest.fixture(scope="session", params=list(postgres_binaries()))
def postgres_server(request: pytest.FixtureRequest) -> Iterator[Postgres]:
    """Each PostgreSQL that is here."""
    with _postgres(request.param) as server:
        yield server


@pytest.fixture(scope="session")
def postgres18() -> Iterator[Postgres]:
    with _postgres("18") as server:
        yield server


@contextmanager
def _postgres(major: str) -> Iterator[Postgres]:
    # Not under tmp_path: root starts it as another user, and socket and data paths stay short.
    with (
        tempfile.TemporaryDirectory(prefix="dt-pg-", dir="/tmp") as folder,
        postgres(postgres_binaries()[major], Path(folder), int(major)) as server,
    ):
        yield server


@pytest.fixture
def valkey_server(tmp_path: Path) -> Iterator[Valkey]:
    with valkey(tmp_path / "valkey") as server:
        yield server


@pytest.fixture
def make_tier(aws: str, tmp_path: Path) -> Callable[..., Tier]:
    """Makes a stack on the given servers."""

    def make(server: Postgres, main: Valkey | None = None) -> Tier:
        name = f"t{next(_numbers)}"
        folder = tmp_path / f"migrations-{name}"
        folder.mkdir()
        (folder / "000001_first.up.sql").write_text(MIGRATION)
        (folder / "000001_first.down.sql").write_text(
            "DROP VIEW recent; DROP TABLE events, users; DROP FUNCTION answer;"
        )
        caches = {"main": cache(main, aws, name)} if main else {}
        return Tier(name, server, aws, folder, caches)

    return make
