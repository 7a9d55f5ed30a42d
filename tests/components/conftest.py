"""The recording monitor, for every test of a component."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import recorder


@pytest.fixture
def record() -> Callable[..., recorder.Recorded]:
    """Run a program that makes components, and return what it asked for."""
    return recorder.record
