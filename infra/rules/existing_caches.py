"""What stood before the stack: who logs in to a cache, by what its version knows, and whose secret that takes."""

from __future__ import annotations

from bootstrap.rule import says
from infra.instances import Instances, ReplicationGroup
from infra.rules.broken import Broken
from infra.settings.existing import ExistingCache
from infra.settings.model import Settings
from knowledge.redis import abilities
from knowledge.regions import region_of


@says(
    {
        "postgres.existing.master_secret": "a secret of the stack's region",
        "redis.NAME.existing.token_secret": "a secret of the stack's region, and only with `auth: token`",
        "redis.NAME.existing.user_group": "only with `auth: rbac`",
        "redis.NAME.existing.tls": "from Redis OSS 7.0 on",
        "redis.NAME.auth": "`token` for Redis OSS 5, which knows no users",
    }
)
def rules(settings: Settings, tier: Instances) -> Broken:
    """What of it does not fit together."""
    primary = settings.postgres.existing
    if primary and (problem := _elsewhere(primary.master_secret, tier.region)):
        yield "postgres.existing.master_secret", problem
    for name, cache in tier.caches.items():
        if cache.users and (problem := abilities.users_problem(cache.engine, cache.version)):
            yield f"redis.{name}.auth", f"token {problem}."
        if cache.existing:
            yield from ((f"redis.{name}.existing.{key}", rule) for key, rule in _logins(cache, cache.existing, tier))


def _logins(cache: ReplicationGroup, existing: ExistingCache, tier: Instances) -> Broken:
    if existing.user_group and not cache.users:
        yield "user_group", "is for `auth: rbac`, and this cache has a token: it has one of the two."
    if existing.token_secret and cache.users:
        yield "token_secret", "is for `auth: token`, and this cache has users: it has one of the two."
    elif problem := _elsewhere(existing.token_secret, tier.region):
        yield "token_secret", problem
    if problem := abilities.tls_problem(cache.engine, cache.version, existing.tls):
        yield "tls", f"{problem}."


def _elsewhere(arn: str | None, region: str | None) -> str | None:
    """Why the bootstrap, which is in the stack's region, would not find a secret; None where it would."""
    there = region_of(arn) if arn else region
    if region is None or there == region:
        return None
    return f"is in {there}, and the stack in {region}: name a secret of the stack's region."
