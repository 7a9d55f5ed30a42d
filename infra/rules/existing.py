"""What stood before the stack: rules for what the sections `existing` say."""

from __future__ import annotations

from collections import Counter

from bootstrap.rule import says
from infra.instances import Instances
from infra.rules.broken import Broken
from infra.settings.existing import ExistingServer
from infra.settings.model import Settings
from knowledge import names
from knowledge.existing import AWS_GROUPS, key_problem


@says(
    {
        "network.vpc": "needed where servers were there before the stack",
        "postgres.existing.identifier": "as RDS has it, in lower case",
        "postgres.existing.parameter_group.managed": "`false` where the group is AWS's own, `default.postgres17`",
        "postgres.existing.key": "not where it is not `encrypted`",
        "postgres.replicas.NAME.existing": "only beside an existing primary",
        "postgres.replicas.NAME.existing.encrypted": "as the primary is",
        "redis.NAME.existing.parameter_group.managed": "`false` where the group is AWS's own, `default.redis7`",
        "redis.NAME.existing.key": "not where it is not `encrypted`",
    }
)
def rules(settings: Settings, tier: Instances) -> Broken:
    """What of them does not fit together."""
    primary = settings.postgres.existing
    replicas = {name: each.existing for name, each in settings.postgres.replicas.items() if each.existing}
    caches = {name: each.existing for name, each in settings.redis.items() if each.existing}
    here = [primary] if primary else []
    if (here or caches) and not settings.network.vpc:
        yield "network.vpc", "is missing: servers that were there before the stack are in a VPC already; name it."
    if primary and (problem := names.instance_problem(primary.identifier)):
        yield "postgres.existing.identifier", f"{problem}."
    for name, replica in replicas.items():
        key = f"postgres.replicas.{name}.existing"
        if primary is None:
            yield key, "is a replica of an instance that was there before: name that one in postgres.existing."
        elif replica.encrypted is not primary.encrypted:
            yield f"{key}.encrypted", "is not the primary's: RDS has no other replicas of it (Overview.Encryption)."
    yield from _identifiers(tier)
    for section, one in (
        ("postgres.existing", primary),
        *((f"postgres.replicas.{name}.existing", each) for name, each in replicas.items()),
        *((f"redis.{name}.existing", each) for name, each in caches.items()),
    ):
        if one:
            yield from ((f"{section}.{key}", rule) for key, rule in _server(one))


@says(
    {
        "postgres.replicas.NAME": "its identifier is no other instance's",
        "redis.NAME": "its id is no other cache's",
    }
)
def _identifiers(tier: Instances) -> Broken:
    """An identifier is one server's, of each service in each region (CreateDBInstance, CreateReplicationGroup)."""
    databases = Counter((each.region, each.identifier) for each in tier.databases)
    caches = Counter(each.identifier for each in tier.caches.values())
    for replica in tier.replicas.values():
        if databases[replica.region, replica.identifier] > 1:
            yield f"postgres.replicas.{replica.name}", f"`{replica.identifier}` is another instance's identifier too."
    for cache in tier.caches.values():
        if caches[cache.identifier] > 1:
            yield f"redis.{cache.name}", f"`{cache.identifier}` is another cache's id too."


def _server(one: ExistingServer) -> Broken:
    group = one.parameter_group
    if group and group.managed and group.name.startswith(AWS_GROUPS):
        yield "parameter_group.managed", f"{group.name} is AWS's own, in which nothing can be set: write false."
    if problem := key_problem(encrypted=one.encrypted, key=one.key):
        yield "key", f"{problem}."
