"""Who may connect by IAM token: the policy of an identity, for the role that logs in as it.

RDS User Guide, "Creating and using an IAM policy for IAM database access": a login by name on the resource id of each
instance, replicas having their own. ElastiCache User Guide, "Authenticating with IAM": the replication group and the
user, both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from components.policy import Statement, allow
from components.postgres.primary import Postgres
from components.postgres.replica import Replica
from components.redis.replication_group import Redis


@dataclass(frozen=True, kw_only=True)
class Connecting:
    """Logins of an identity, or of several."""

    logins: Sequence[str] = ()
    """PostgreSQL logins."""
    cache_users: Sequence[tuple[str, str]] = ()
    """Cache and id of the ElastiCache user."""


def connect(who: Connecting, postgres: Postgres, caches: Mapping[str, Redis]) -> list[Statement]:
    """Return the statements that allow `who` to connect to the primary, the replicas and the caches, if anywhere."""
    servers: list[Postgres | Replica] = [postgres, *postgres.replicas.values()]
    logins = [_database_user(each.arn, each.resource_id, login) for each in servers for login in who.logins]
    groups = [caches[cache].arn for cache in dict(who.cache_users)]
    users = [*groups, *(_cache_user(caches[cache].arn, user) for cache, user in who.cache_users)]
    return [
        *([allow("ConnectDatabase", ["rds-db:connect"], logins)] if logins else []),
        *([allow("ConnectCaches", ["elasticache:Connect"], users)] if users else []),
    ]


def _database_user(instance: pulumi.Output[str], resource_id: pulumi.Output[str], login: str) -> pulumi.Output[str]:
    """From `arn:aws:rds:REGION:ACCOUNT:db:NAME`, so that a replica's own region is in it."""

    def named(found: list[str]) -> str:
        _, partition, _, region, account, *_ = found[0].split(":")
        return f"arn:{partition}:rds-db:{region}:{account}:dbuser:{found[1]}/{login}"

    return pulumi.Output.all(instance, resource_id).apply(named)


def _cache_user(group: pulumi.Output[str], user: str) -> pulumi.Output[str]:
    """From `arn:aws:elasticache:REGION:ACCOUNT:replicationgroup:ID`."""
    return group.apply(lambda arn: ":".join([*arn.split(":")[:5], "user", user]))
