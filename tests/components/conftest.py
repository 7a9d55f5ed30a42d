"""The recording monitor, for every test of a component."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import recorder

from runtime.monitor import event_loop


@pytest.fixture
def record() -> Callable[..., recorder.Recorded]:
    """Run a program that makes components, and return what it asked for."""
    return recorder.record


@pytest.fixture(autouse=True)
def _loop() -> Iterator[None]:
    """A loop for the SDK, whatever ran in this process before."""
    with event_loop():
        yield
