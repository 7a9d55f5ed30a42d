"""The server that all real clients share."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

# The bootstrap's own tests have the servers.
sys.path.insert(0, str(Path(__file__).parents[1] / "bootstrap"))

# Its assertions are to say what they saw, as those of a test do.
pytest.register_assert_rewrite("real_client")

from real_client import RealClients  # noqa: E402
from real_servers import valkey  # noqa: E402


@pytest.fixture(scope="session")
def real_clients() -> Iterator[RealClients]:
    with (
        tempfile.TemporaryDirectory(prefix="dt-valkey-", dir="/tmp") as folder,
        valkey(Path(folder)) as server,
        ExitStack() as started,
    ):
        yield RealClients(server, started)
