"""The caches of an application under its own rules, and clients that connect as `datatier env` says."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

# The bootstrap's own tests have the servers.
sys.path.insert(0, str(Path(__file__).parents[2] / "bootstrap"))

from pattern_caches import Caches, caches

from examples.patterns.python.tier import Client, connect


@pytest.fixture(scope="session")
def servers() -> Iterator[Caches]:
    with caches() as made:
        yield made


@pytest.fixture
def tier(servers: Caches) -> Iterator[Caches]:
    """Empty caches; at the end no command of the application was refused."""
    servers.clear()
    yield servers
    assert servers.refused() == []


@pytest.fixture
def main(tier: Caches) -> Iterator[Client]:
    with connect("main", environ=tier.environment) as client:
        yield client


@pytest.fixture
def queue(tier: Caches) -> Iterator[Client]:
    with connect("queue", environ=tier.environment) as client:
        yield client


@pytest.fixture
def admin(tier: Caches) -> Iterator[redis.Redis]:
    """The administrator of `main`, who sees and does everything."""
    with tier.servers["main"].admin() as client:
        yield client
