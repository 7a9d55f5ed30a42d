"""The recording monitor, for every test of a component."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest
import recorder


@pytest.fixture
def record() -> Callable[..., recorder.Recorded]:
    """Run a program that makes components, and return what it asked for."""
    return recorder.record


@pytest.fixture(autouse=True)
def _event_loop() -> Iterator[None]:
    """A loop for the SDK, whatever ran in this process before."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    asyncio.set_event_loop(None)
    loop.close()
