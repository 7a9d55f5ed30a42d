"""Servers shared by the session; each test gets names of its own on them."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import own_database
import pytest
from once import kept
from real_servers import Postgres, Valkey, emulator, free_port, postgres, postgres_binaries, postgres_ends, valkey
from tier import MIGRATION, MIGRATION_DOWN, REGION, Tier, cache

_numbers = itertools.count(1)
_tiers: list[Tier] = []


@pytest.fixture(scope="session")
def aws() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="dt-aws-", dir="/tmp") as folder, emulator(Path(folder), REGION) as url:
        yield url


@pytest.fixture(scope="session")
def postgres_of() -> Iterator[Callable[[str], Postgres]]:
    """The server of a major version."""
    with kept(_postgres) as servers:
        yield servers


@pytest.fixture(scope="session", params=postgres_ends())
def postgres_server(request: pytest.FixtureRequest, postgres_of: Callable[[str], Postgres]) -> Postgres:
    """The newest and the oldest PostgreSQL that is here; a suite asks for each."""
    return postgres_of(request.param)


@pytest.fixture(scope="session")
def postgres18(postgres_of: Callable[[str], Postgres]) -> Postgres:
    return postgres_of("18")


@contextmanager
def _postgres(major: str) -> Iterator[Postgres]:
    # Not under tmp_path: root starts it as another user, and socket and data paths stay short.
    with (
        tempfile.TemporaryDirectory(prefix="dt-pg-", dir="/tmp") as folder,
        postgres(postgres_binaries()[major], Path(folder), int(major)) as server,
    ):
        yield server


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[Valkey]:
    with _valkey() as server:
        yield server


@pytest.fixture
def valkey_cluster() -> Iterator[Valkey]:
    """A node in cluster mode that serves every slot."""
    # The bus would be 10,000 above the port, which may lie beyond the last one.
    options = ("--cluster-enabled", "yes", "--cluster-port", str(free_port()))
    with _valkey(*options) as server, server.admin() as admin:
        admin.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
        yield server


@contextmanager
def _valkey(*options: str) -> Iterator[Valkey]:
    with (
        tempfile.TemporaryDirectory(prefix="dt-valkey-", dir="/tmp") as folder,
        valkey(Path(folder), *options) as server,
    ):
        yield server


@pytest.fixture(scope="session")
def make_tier(aws: str, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Tier]:
    """Makes a stack on the given servers."""

    def make(server: Postgres, main: Valkey | None = None, **more: Any) -> Tier:
        name = f"t{next(_numbers)}"
        folder = tmp_path_factory.mktemp("tier") / "migrations"
        folder.mkdir()
        (folder / "000001_first.up.sql").write_text(MIGRATION)
        (folder / "000001_first.down.sql").write_text(MIGRATION_DOWN)
        caches = {"main": cache(main, aws, name, **more)} if main else {}
        made = Tier(name, server, aws, folder, caches)
        _tiers.append(made)
        return made

    return make


@pytest.fixture(scope="module")
def settled(postgres18: Postgres, valkey_server: Valkey, make_tier: Callable[..., Tier]) -> Tier:
    """A stack whose first bootstrap is over; tests may disturb what the next run mends."""
    tier = make_tier(postgres18, valkey_server)
    assert tier.run().ok
    return tier


@pytest.fixture
def replica_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="dt-replica-", dir="/tmp") as folder:
        yield Path(folder)


@pytest.fixture(scope="module", autouse=True)
def _own_databases() -> Iterator[None]:
    """The servers are shared by all files: the next one finds no roles and no users of this one."""
    yield
    own_database.clear()
    while _tiers:
        left = _tiers.pop()
        own_database.remove(left.postgres, left.name)
        left.remove_users()


@pytest.fixture
def database(postgres_server: Postgres) -> own_database.Database:
    """A database that no other test uses, on each of these servers."""
    return own_database.make(postgres_server)
