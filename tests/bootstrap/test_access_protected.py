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
        # Secrets Manager makes the first version of a secret current by itself (API Reference, PutSecretValue): that it
        # is not proved is what AWSPENDING says.
        held = {name: tier.store.get(tier.manifest.secrets[name]) for name in (app, migrator)}
        assert {name: version and version.pending for name, version in held.items()} == {app: True, migrator: False}
        waiting = tier.store.get(tier.manifest.secrets[app], "AWSPENDING")
        assert waiting
        apply_stack(tier.manifest, tier.store, pool)
        after = tier.store.get(tier.manifest.secrets[app])
    assert after
    assert (after.credential, after.pending) == (waiting.credential, False)  # nobody made another one meanwhile
    login = after.credential
    assert login.redis_password
    target = tier.manifest.caches["main"]
    open_redis(target, target.endpoint, login.redis_username, login.redis_password).close()
    tier.login(app).close()
