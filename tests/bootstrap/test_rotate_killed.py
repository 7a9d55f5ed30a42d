"""A rotation killed before each of its effects: the current credential works throughout, a rerun ends the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from dying import KILLED, dies_at
from real_servers import Postgres, Valkey
from rotation import IN_GRACE, SETTLED, stand, works
from tier import Tier

from bootstrap.manifest import Endpoint
from bootstrap.rotate import rotate

pytestmark = pytest.mark.server


@pytest.fixture
def tier(postgres18: Postgres, valkey_server: Valkey, valkey_cluster: Valkey, make_tier: Callable[..., Tier]) -> Tier:
    """A settled stack with two nodes in its cache, which are changed one after the other."""
    made = make_tier(postgres18, valkey_server)
    target = made.manifest.caches["main"]
    second = Endpoint(name="replica-1", host="127.0.0.1", port=valkey_cluster.port)
    both = target.model_copy(update={"nodes": (*target.nodes, second)})
    made.manifest = made.manifest.model_copy(update={"caches": {"main": both}})
    assert made.run().ok
    return made


# stage; admit in PostgreSQL and on two nodes; two labels at the promotion; retire in PostgreSQL and on two nodes; close
# With a grace it ends after the promotion; what comes before is the same.
@pytest.mark.parametrize(("grace", "first", "effects", "end"), [(0, 0, 10, SETTLED), (3600, 4, 6, IN_GRACE)])
def test_killed_before_each_effect(
    grace: int, first: int, effects: int, end: object, tier: Tier, valkey_server: Valkey, valkey_cluster: Valkey
) -> None:
    app = f"{tier.name}_app"

    def run(**more: bool) -> set[str]:
        return {r.outcome for r in rotate(tier.manifest, [app], grace=grace, store=tier.store, drain=0, **more)}

    def sound() -> bool:
        return works(tier, tier.credential(app))

    for number in range(first, effects):
        old = tier.credential(app)
        assert dies_at(number, tier.endpoint, run, sound) == KILLED, number
        assert sound()
        assert works(tier, old) or tier.credential(app) != old
        if number % 4 == 3:  # a deployment comes in between, and retires what is due
            assert tier.run().ok
        if stand(tier, app, valkey_server) != SETTLED or tier.credential(app) == old:
            again = rotate(tier.manifest, [app], grace=grace, store=tier.store, drain=0)
            assert {r.outcome for r in again} <= {"rotated", "retired", "in grace"}, again
        assert stand(tier, app, valkey_server) == stand(tier, app, valkey_cluster) == end, number
        assert tier.credential(app).username != old.username  # one rotation, not two
        if grace:
            assert run(finish=True) == {"retired"}
    assert dies_at(99, tier.endpoint, run, sound) == 10 + effects
    assert tier.run().changed == 0


def test_the_master_killed_before_each_effect(tier: Tier) -> None:
    def run() -> set[str]:
        return {r.outcome for r in rotate(tier.manifest, ["master"], store=tier.store)}

    for number in range(4):  # stage, replace, two labels
        old = tier.credential("master")
        assert dies_at(number, tier.endpoint, run, lambda: True) == KILLED, number
        if number % 2:
            assert tier.run().ok
        assert run() == {"rotated"}
        assert works(tier, tier.credential("master"))
        assert not works(tier, old)
    assert dies_at(99, tier.endpoint, run, lambda: True) == 14
