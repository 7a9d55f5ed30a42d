"""A protected stack keeps what it has: a secret is current only when every engine knows the login that it holds."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from real_servers import Postgres, Valkey
from tier import Tier

from bootstrap.reconcile.allowed import Allowed
from bootstrap.reconcile.apply import apply_stack
from bootstrap.secrets import open_redis

pytestmark = pytest.mark.server


def test_a_secret_waits_for_the_cache_that_was_skipped(
    postgres18: Postgres, valkey_server: Valkey, make_tier: Callable[..., Tier]
) -> None:
    tier = make_tier(postgres18, valkey_server)
    app, migrator = f"{tier.name}_app", f"{tier.name}_migrator"
    with valkey_server.admin() as admin:  # turning it off takes something away, so the cache is left alone
        admin.execute_command("ACL", "SETUSER", "default", "on", "nopass")
    with ThreadPoolExecutor(4) as pool:
        outcome = apply_stack(tier.manifest, tier.store, pool, Allowed(revoke=False))
        assert f"{app}: the secret stays as it was, for its user in the cache `main` was not brought about" in (
            outcome.notes
        )
        assert any(change.engine == "redis" for change in outcome.skipped)
        current = {name: tier.store.get(tier.manifest.secrets[name]) for name in (app, migrator)}
        assert (current[app], current[migrator] is not None) == (None, True)
        waiting = tier.store.get(tier.manifest.secrets[app], "AWSPENDING")
        assert waiting
        apply_stack(tier.manifest, tier.store, pool)
    held = tier.credential(app)
    assert held == waiting.credential  # nobody made another one meanwhile
    assert held.redis_password
    target = tier.manifest.caches["main"]
    open_redis(target, target.endpoint, held.redis_username, held.redis_password).close()
    tier.login(app).close()
