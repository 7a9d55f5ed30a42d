"""Existing tiers under the genuine engine: what the report says is what the engine does, and the way back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from adopted import adopt
from genuine import Genuine, genuine
from tiers import tier


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory, _pulumi: None) -> Iterator[Genuine]:
    with genuine(tmp_path_factory.mktemp("adopted"), "nobody") as engine:
        yield engine


def test_the_base(account: Genuine) -> None:
    it = adopt(account, "prod", tier())
    assert it.planned() == it.foretold
