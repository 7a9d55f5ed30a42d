"""The application whose folder this is, on real servers with two threat models in it."""

from __future__ import annotations

import pytest
from application_server import Application, acting, application_server_of, empty, filled, filled_of, servers
from real_client import real_clients
from threat_models import ROWS

__all__ = ["acting", "application_server_of", "empty", "filled", "filled_of", "real_clients", "servers"]


@pytest.fixture(scope="session")
def application() -> Application:
    return Application.around(__file__)


@pytest.fixture(scope="session")
def content() -> str:
    return ROWS


@pytest.fixture(scope="session")
def dispensable() -> frozenset[str]:
    """Without vector the migration of embeddings makes nothing."""
    return frozenset({"vector"})
