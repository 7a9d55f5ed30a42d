"""The server that all real clients share."""

from __future__ import annotations

import pytest
from real_client import real_clients

__all__ = ["real_clients"]

# Its assertions are to say what they saw, as those of a test do.
pytest.register_assert_rewrite("client_case")
