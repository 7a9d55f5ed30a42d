"""PostgreSQL servers with something to measure."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest
from postgres_server import binaries
from postgres_states import LOGIN, PLAIN, prepare
from real_servers import Postgres


@pytest.fixture(scope="session")
def measured(postgres_of: Callable[[str], Postgres]) -> Callable[[int], Postgres]:
    """The server of a major version, prepared; skips where this computer has none."""

    @cache
    def prepared(major: int) -> Postgres:
        server = postgres_of(str(major))
        prepare(server, {LOGIN: "pg_monitor", PLAIN: ""})
        return server

    def of(major: int) -> Postgres:
        if major not in binaries():
            pytest.skip(f"no PostgreSQL {major} on this computer")
        return prepared(major)

    return of
