"""The server that all real clients share."""

from __future__ import annotations

import pytest

# Its assertions are to say what they saw, as those of a test do.
pytest.register_assert_rewrite("real_client")

from real_client import real_clients  # noqa: E402

__all__ = ["real_clients"]
