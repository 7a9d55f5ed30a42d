"""Servers that the tests of backups and drills share."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from once import kept
from postgres_server import binaries
from rich_database import Library, library

MAJORS = tuple(binaries())
"""Of the servers on this computer, the newest first."""


@pytest.fixture(scope="session")
def library_of() -> Iterator[Callable[[int], Library]]:
    """The library on a server of a major version."""
    with kept(library) as servers:
        yield servers


@pytest.fixture(scope="session")
def newest(library_of: Callable[[int], Library]) -> Library:
    """The library on the newest PostgreSQL that is here."""
    return library_of(MAJORS[0])


@pytest.fixture(scope="session", params=MAJORS)
def each_library(request: pytest.FixtureRequest, library_of: Callable[[int], Library]) -> Library:
    """The library on each major version that is here."""
    return library_of(request.param)


@pytest.fixture
def copied(newest: Library) -> Iterator[str]:
    """The name of a database on the newest server that a test may change."""
    with newest.copy() as name:
        yield name
