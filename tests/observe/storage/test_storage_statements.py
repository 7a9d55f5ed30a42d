"""Every question about what is stored is answered by every major version, whoever asks."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from postgres_server import binaries
from storage_shop import Shop

from observe.ask import whole
from observe.postgres.bloat import BLOAT
from observe.postgres.cache_hit import CACHE_HIT_DATABASES
from observe.postgres.indexes import INDEXES
from observe.postgres.sequences import SEQUENCES
from observe.postgres.sizes import SIZES
from observe.postgres.table import table
from observe.postgres.vacuum import VACUUM
from observe.postgres.wraparound import WRAPAROUND

pytestmark = pytest.mark.server
QUESTIONS = [
    part for each in (SIZES, INDEXES, BLOAT, VACUUM, WRAPAROUND, SEQUENCES, CACHE_HIT_DATABASES) for part in whole(each)
]
NOTHING = {"temporary-files", "vacuum-running", "vacuum-horizon", "bloat", "foreign-keys"}
"""What may have no row: nobody sorts on disk, vacuums or holds vacuum back, and nothing is large."""


@pytest.mark.parametrize("major", [str(each) for each in (16, 17) if each in binaries()])
def test_the_versions_between(shop_of: Callable[[str], Shop], major: str) -> None:
    _answered(shop_of(major), "watcher")


@pytest.mark.parametrize("user", ["watcher", "clerk"])
def test_whoever_asks(shop: Shop, user: str) -> None:
    _answered(shop, user)


def _answered(shop: Shop, user: str) -> None:
    with shop.session(user) as conn:
        row = conn.execute("SELECT oid::int FROM pg_class WHERE relname = 'events'")
        (events,) = row.fetchone() or (0,)
    for question in (*QUESTIONS, *whole(table(events))):
        found = shop.look(question, user)
        if user == "clerk" and question.demands:
            assert [each.mend for each in found.findings] == ['GRANT pg_monitor TO "clerk"']
            continue
        assert not found.refused, (question.id, found.findings)
        assert all(set(question.columns) - {"refused"} <= set(row) for row in found.rows), question.id
        assert found.rows or question.id in NOTHING or question.id == "sequences", question.id
