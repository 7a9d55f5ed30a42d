"""A whole bootstrap on real servers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from real_servers import Postgres, Valkey
from tier import Tier

pytestmark = pytest.mark.server


def test_first_and_second_run(postgres_server: Postgres, valkey_server: Valkey, make_tier: Callable[..., Tier]) -> None:
    tier = make_tier(postgres_server, valkey_server)
    first = tier.run()
    print(first.model_dump_json(indent=1))
    assert [c for c in first.checks if not c.ok] == []
    second = tier.run()
    print(second.model_dump_json(indent=1))
    assert [s.detail for s in second.steps if s.changed] == []
