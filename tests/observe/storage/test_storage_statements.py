"""Every question about what is stored is answered by every major version, whoever asks."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from once import kept
from postgres_server import binaries
from real_servers import postgres
from storage_shop import Shop, made

from observe.ask import whole
from observe.observation import Observation
from observe.postgres.bloat import BLOAT
from observe.postgres.cache_hit import CACHE_HIT_DATABASES
from observe.postgres.indexes import INDEXES
from observe.postgres.sequences import SEQUENCES
from observe.postgres.sizes import SIZES
from observe.postgres.vacuum import VACUUM
from observe.postgres.wraparound import WRAPAROUND

pytestmark = pytest.mark.server
QUESTIONS = (SIZES, INDEXES, BLOAT, VACUUM, WRAPAROUND, SEQUENCES, CACHE_HIT_DATABASES)


@contextmanager
def _server(major: int) -> Iterator[Shop]:
    with (
        tempfile.TemporaryDirectory(prefix="dt-pg-", dir="/tmp") as folder,
        postgres(binaries()[major], Path(folder), major) as server,
    ):
        yield made(server)


@pytest.fixture(scope="module")
def shops() -> Iterator[object]:
    with kept(_server) as servers:
        yield servers


@pytest.mark.parametrize("major", sorted({16, 17} & set(binaries())))
@pytest.mark.parametrize("question", [each for every in QUESTIONS for each in whole(every)], ids=lambda each: each.id)
def test_versions_between(shops: object, major: int, question: Observation) -> None:
    _answered(shops(major), question, "watcher")  # type: ignore[operator]


@pytest.mark.parametrize("user", ["watcher", "clerk", "rdsadmin"])
@pytest.mark.parametrize("question", [each for every in QUESTIONS for each in whole(every)], ids=lambda each: each.id)
def test_whoever_asks(shop: Shop, question: Observation, user: str) -> None:
    _answered(shop, question, user)


def _answered(shop: Shop, question: Observation, user: str) -> None:
    found = shop.look(question, user)
    assert not found.refused, found.findings
    assert all(set(question.columns) - {"refused"} <= set(row) for row in found.rows)
    # Only the vacuums that run and what holds vacuum back may be nobody, and nothing is as large as bloat is asked for.
    assert found.rows or question.id in ("vacuum-running", "vacuum-horizon", "bloat", "foreign-keys")
