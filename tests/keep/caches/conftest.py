"""Servers that the tests of caches share; each test begins with empty ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from cache_servers import ENGINES, server
from once import kept
from real_servers import Valkey

from keep.place.folder import FolderPlace


@pytest.fixture(scope="session")
def server_of() -> Iterator[Callable[[str], Valkey]]:
    """A server by its engine and a number: `valkey`, `valkey 2`, `redis`."""
    with kept(lambda name: server(name.partition(" ")[0])) as servers:
        yield servers


@pytest.fixture(autouse=True)
def _unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits beside these copies: PINGs are not measured first, and no pause follows from them."""
    monkeypatch.setattr("keep.redis.keys.baseline", lambda _: [1.0])


def _empty(of: Valkey) -> Valkey:
    with of.admin() as client:
        client.config_set("maxmemory", 0)
        client.config_set("maxmemory-policy", "noeviction")
        client.flushall()
    return of


@pytest.fixture(params=ENGINES)
def each_cache(request: pytest.FixtureRequest, server_of: Callable[[str], Valkey]) -> Valkey:
    return _empty(server_of(request.param))


@pytest.fixture
def cache(server_of: Callable[[str], Valkey]) -> Valkey:
    return _empty(server_of("valkey"))


@pytest.fixture
def target(server_of: Callable[[str], Valkey]) -> Valkey:
    return _empty(server_of("valkey 2"))


@pytest.fixture
def admin(cache: Valkey) -> Iterator[redis.Redis]:
    with cache.admin() as client:
        yield client


@pytest.fixture
def place(tmp_path: Path) -> FolderPlace:
    return FolderPlace(tmp_path / "backups")
