"""Servers that are shared by all tests of this folder."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

# The tests of observations have a server with sessions in threads that wait for each other.
sys.path.insert(0, str(Path(__file__).parents[1] / "observe"))
sys.path.insert(1, str(Path(__file__).parents[1] / "bootstrap"))

from busy_server import Busy, busy
from once import kept


@pytest.fixture(scope="session")
def busy_of() -> Iterator[Callable[[int], Busy]]:
    """The server of a major version; `boss` is its superuser, `monitor` only looks."""
    with kept(busy) as servers:
        yield servers
