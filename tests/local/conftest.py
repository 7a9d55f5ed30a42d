"""One small stack for all tests of the substrate: servers are started once per session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from local_stack import Stack

from local.state import StateDir


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Up, in a folder that only its owner may enter; whoever changes it brings it back with `up`."""
    made = Stack(tmp_path_factory.mktemp("substrate"))
    try:
        made.up()
        yield made
    finally:
        made.down()


@pytest.fixture
def state(tmp_path: Path) -> StateDir:
    return StateDir(tmp_path, "test")
