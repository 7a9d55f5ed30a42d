"""The servers that the tests of rehearsals share."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from brewery import Brewery, brewery
from once import kept

# Commands in this process, and the servers of the tests of caches.
sys.path.insert(0, str(Path(__file__).parents[1] / "cli"))
sys.path.insert(0, str(Path(__file__).parents[1] / "keep" / "caches"))


@pytest.fixture(scope="session")
def brewery_of() -> Iterator[Callable[[int], Brewery]]:
    """The brewery on a server of a major version."""
    with kept(brewery) as servers:
        yield servers
