"""The database, once on each server that a test asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from once import kept
from real_servers import Postgres, postgres_ends
from storage_shop import Shop, made


@pytest.fixture(scope="session")
def shop_of(postgres_of: Callable[[str], Postgres]) -> Iterator[Callable[[str], Shop]]:
    """The database on the server of a major version."""

    @contextmanager
    def on(major: str) -> Iterator[Shop]:
        yield made(postgres_of(major))

    with kept(on) as shops:
        yield shops


@pytest.fixture(scope="session", params=postgres_ends())
def shop(request: pytest.FixtureRequest, shop_of: Callable[[str], Shop]) -> Shop:
    """On the newest and on the oldest server."""
    return shop_of(request.param)
