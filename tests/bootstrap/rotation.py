"""What tests of rotations look at: who may log in, with which of the credentials the store has ever held."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from real_servers import Valkey
from tier import Tier

from bootstrap.secrets import Credential, LoginError, open_postgres, open_redis, redis_hash


@dataclass(frozen=True)
class Stand:
    """Where an identity stands, names of siblings and passwords left out: equal after equal rotations."""

    current_works: bool
    stages: tuple[bool, bool]
    """Whether there is an unproven pending and a previous version."""
    logins: tuple[bool, bool]
    """rolcanlogin of the login in use, and of its sibling."""
    sibling_has_password: bool
    redis: tuple[int, bool]
    """Passwords in Redis, and whether the current one is among them."""


def works(tier: Tier, credential: Credential) -> bool:
    """Whether a credential opens everything that it is for."""
    try:
        if credential.username and credential.password:
            target = tier.manifest.postgres
            open_postgres(target, target.primary, credential.username, credential.password).close()
        if credential.redis_password:
            for cache in tier.manifest.caches.values():
                for node in cache.nodes:
                    open_redis(cache, node, credential.redis_username, credential.redis_password).close()
    except LoginError as error:
        if not error.refused:
            raise
        return False
    return True


def stand(tier: Tier, identity: str, valkey: Valkey | None = None) -> Stand:
    credential = tier.credential(identity)
    stages = tier.store.stages(tier.manifest.secrets[identity])
    logins, has_password = (False, False), False
    if credential.username:
        sibling = f"{identity}_{'b' if credential.username.endswith('_a') else 'a'}"
        with tier.postgres.superuser() as conn:
            query = "SELECT rolname, rolcanlogin, rolpassword IS NOT NULL FROM pg_authid WHERE rolname = ANY(%s)"
            found = {n: (can, has) for n, can, has in conn.execute(query, ([credential.username, sibling],))}
        logins = (found[credential.username][0], found[sibling][0])
        has_password = found[sibling][1]
    redis: tuple[int, bool] = (0, False)
    if valkey and credential.redis_password:
        hashes = passwords(valkey, identity)
        redis = (len(hashes), redis_hash(credential.redis_password) in hashes)
    return Stand(
        current_works=works(tier, credential),
        stages=(stages.pending not in {None, stages.current}, stages.previous is not None),
        logins=logins,
        sibling_has_password=has_password,
        redis=redis,
    )


def passwords(valkey: Valkey, identity: str) -> list[str]:
    """Hashes of a user's passwords."""
    with valkey.admin() as admin:
        answer: Any = admin.execute_command("ACL", "GETUSER", identity)
    fields = answer if isinstance(answer, dict) else dict(zip(answer[::2], answer[1::2], strict=True))
    return list(fields["passwords"])


SETTLED = Stand(True, (False, False), (True, False), False, (1, True))
"""After a rotation without grace."""
IN_GRACE = Stand(True, (False, True), (True, True), True, (2, True))
