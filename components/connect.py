"""What an application's own role must be allowed to log in by IAM: to RDS with `rds-db:connect`, to ElastiCache with
`elasticache:Connect`."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.policy import Statement, allow, document


@dataclass(frozen=True, kw_only=True)
class CacheConnection:
    """One user of one cache."""

    group_arn: pulumi.Input[str]
    """ARN of the replication group."""
    user_id: str
    """Id, and name, of the user."""


@dataclass(frozen=True, kw_only=True)
class ConnectArgs:
    """Where an identity logs in, and as whom."""

    account_id: pulumi.Input[str]
    """Account of the database and caches."""
    region: pulumi.Input[str]
    """Region of the database and caches."""
    partition: pulumi.Input[str] = "aws"
    """AWS partition."""
    login: str | None = None
    """PostgreSQL login; absent where it has none."""
    resource_ids: Sequence[pulumi.Input[str]] = ()
    """DbiResourceIds of the primary and of each replica: every instance has its own."""
    caches: Sequence[CacheConnection] = ()
    """Its users in the caches."""


def connect_policy(args: ConnectArgs) -> pulumi.Output[str]:
    """Return the JSON of a policy to attach to the role of an application.

    RDS User Guide, UsingWithRDS.IAMDBAuth.IAMPolicy; ElastiCache guide, auth-iam: Connect is checked against the
    replication group and against the user.
    """
    place = (args.partition, args.region, args.account_id)
    statements: list[Statement] = []
    if args.login:
        users = [
            pulumi.Output.format("arn:{0}:rds-db:{1}:{2}:dbuser:{3}/{4}", *place, resource, args.login)
            for resource in args.resource_ids
        ]
        statements.append(allow("Database", ["rds-db:connect"], users))
    if args.caches:
        ids = [pulumi.Output.format("arn:{0}:elasticache:{1}:{2}:user:{3}", *place, c.user_id) for c in args.caches]
        groups = [cache.group_arn for cache in args.caches]
        statements.append(allow("Caches", ["elasticache:Connect"], [*groups, *ids]))
    return document(*statements)
