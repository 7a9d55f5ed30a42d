"""The tier that was made by hand, once for all tests: its account, and what was read of it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import made_by_hand
import pytest
from emulated_aws import client_of, emulated_aws
from intercepted import Intercepted
from postgres_server import free_port

from adopt.estate import Estate
from adopt.reading.read import read

PREFIX = "shop-live"
"""What the names of the stack begin with that it becomes."""


@pytest.fixture(scope="session")
def hand_made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Intercepted]:
    """Clients of an emulated AWS in which the tier runs."""
    with emulated_aws(tmp_path_factory.mktemp("aws"), free_port()) as url:
        clients = partial(client_of, url)
        made_by_hand.make(clients)
        yield Intercepted(clients)


@pytest.fixture(scope="session")
def estate(hand_made: Intercepted) -> Estate:
    """What was read of it, with nothing in the way."""
    return read(hand_made.with_answers(), made_by_hand.PRIMARY, made_by_hand.CACHES, made_by_hand.REGION, PREFIX)
