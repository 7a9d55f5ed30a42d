"""Servers whose own time zone and style of dates are none that anybody should rely on."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from kept_shop import Shop
from once import kept
from postgres_server import binaries, initdb, running

_SETTINGS = ("timezone=Australia/Sydney", "datestyle=German", "max_connections=30", "deadlock_timeout=1s")


@contextmanager
def _server(major: int) -> Iterator[Shop]:
    with tempfile.TemporaryDirectory(prefix="dt-upkeep-", dir="/tmp") as folder:
        data = Path(folder) / "data"
        initdb(binaries()[major], data, "boss")
        with running(binaries()[major], data, _SETTINGS) as port:
            yield Shop(port)


@pytest.fixture(scope="session")
def shop_of() -> Iterator[Callable[[int], Shop]]:
    with kept(_server) as servers:
        yield servers


@pytest.fixture(params=list(binaries()))
def shop(request: pytest.FixtureRequest, shop_of: Callable[[int], Shop]) -> Iterator[Shop]:
    """A server of each version, with a database of the test's own."""
    with shop_of(request.param).emptied() as found:
        yield found


@pytest.fixture
def newest(shop_of: Callable[[int], Shop]) -> Iterator[Shop]:
    """The newest server alone, for what no version changes."""
    with shop_of(max(binaries())).emptied() as found:
        yield found
