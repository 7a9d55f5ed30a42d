"""The database on the oldest and on the newest server."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from real_servers import Postgres, postgres_ends
from storage_shop import Shop, made


@pytest.fixture(scope="session", params=postgres_ends())
def shop(request: pytest.FixtureRequest, postgres_of: Callable[[str], Postgres]) -> Shop:
    return made(postgres_of(request.param))
