"""The arguments of a `Redis`, and what ElastiCache would refuse among them."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.redis.existing import ExistingCache
from knowledge import classes, limits, names
from knowledge.existing import key_problem
from knowledge.parameters import Parameter
from knowledge.redis import abilities
from knowledge.redis import catalogue as redis_catalogue
from knowledge.redis.parameters import multi_az_problem, nodes_problem
from knowledge.windows import utc_problems


@dataclass(frozen=True, kw_only=True)
class RedisArgs:
    """An ElastiCache replication group."""

    replication_group_id: str
    """Physical id, at most 40 lower-case characters."""
    prefix: str | None = None
    """First part of the names of what is made beside it; the id when absent."""
    engine: str = "valkey"
    """`valkey` or `redis`."""
    version: str
    """Version as `major.minor`, e.g. `8.1`. It stays that one until another is declared; patches come by themselves."""
    family: str
    """Parameter group family of that engine and version, e.g. `valkey8`."""
    node_type: str
    """ElastiCache node type."""
    parameters: Sequence[Parameter]
    """Parameters; with `cluster-enabled` = `yes` in cluster mode."""
    replicas: int = 0
    """Replicas per primary, 0 to 5; one or more switch automatic failover on."""
    shards: int | None = None
    """Shards in cluster mode; cluster mode is off when absent."""
    multi_az: bool = False
    """Primary and replicas in different zones."""
    auth_token: pulumi.Input[str] | None = None
    """Initial AUTH token, where users are not wanted; with users when absent."""
    port: int = 6379
    """Port."""
    subnet_ids: pulumi.Input[list[str]]
    """Subnets."""
    security_group_ids: Sequence[pulumi.Input[str]]
    """Security groups."""
    storage_key_arn: pulumi.Input[str]
    """KMS key at rest; of one that was there before, its own stays."""
    logs_key_arn: pulumi.Input[str]
    """KMS key of the log groups."""
    log_retention_days: int = 30
    """Days that logs are kept."""
    snapshot_retention_days: int = 7
    """Days of daily snapshots, 0 to 35."""
    snapshot_window: str
    """Daily window, UTC, `03:00-04:00`."""
    maintenance_window: str
    """Weekly window, UTC, `sun:05:00-sun:06:00`."""
    notification_topic_arn: pulumi.Input[str] | None = None
    """Topic of ElastiCache events; must not be encrypted."""
    apply_immediately: bool = False
    """Change now in place of the maintenance window."""
    final_snapshot: bool = True
    """Take a snapshot when the cache is deleted."""
    protect: bool = False
    """Refuse to delete the cache through Pulumi: ElastiCache has no deletion protection of its own."""
    existing: ExistingCache | None = None
    """What it keeps, where it was there before."""

    @property
    def named(self) -> str:
        """First part of the names of what is made beside it."""
        return self.prefix or self.replication_group_id

    def __post_init__(self) -> None:
        """Refuse what ElastiCache refuses, before anything is made."""
        found = problems(self)
        if found:
            raise ValueError(f"redis: {self.replication_group_id}: " + "; ".join(found))


def problems(args: RedisArgs) -> list[str]:
    """Return one sentence for each thing that ElastiCache would refuse, or change silently."""
    found = []
    too_many = nodes_problem(args.shards, args.replicas)
    cluster_mode = {each.name: each.value for each in args.parameters}.get("cluster-enabled") == "yes"
    daily, weekly = utc_problems(args.snapshot_window, args.maintenance_window, shortest=60)
    named = {
        "replication_group_id": names.cache_problem(args.replication_group_id),
        "engine": redis_catalogue.engine_problem(args.engine),
        "version": redis_catalogue.version_problem(args.engine, args.version, running=args.existing is not None),
        "node_type": classes.cache_problem(args.node_type),
        "replicas": limits.CACHE_REPLICAS.problem(args.replicas),
        "shards": None if args.shards is None else limits.SHARDS.problem(args.shards) or too_many,
        "multi_az": multi_az_problem(args.multi_az, args.replicas),
        "port": limits.PORT.problem(args.port),
        "snapshot_retention_days": limits.SNAPSHOT_RETENTION.problem(args.snapshot_retention_days),
        "snapshot_window": daily,
        "maintenance_window": weekly,
        "log_retention_days": limits.LOG_RETENTION.problem(args.log_retention_days),
        **_kept(args),
    }
    found += [f"{argument} {problem}" for argument, problem in named.items() if problem]
    if (known := redis_catalogue.REDIS_VERSIONS.get(args.engine, {}).get(args.version)) not in (None, args.family):
        found.append(f"family {args.family!r} is not that of {args.engine} {args.version}, {known}")
    if cluster_mode and args.shards is None:
        found.append("parameters set cluster-enabled = yes, but shards is absent; give shards or drop the parameter")
    if args.shards is not None and not cluster_mode:
        found.append("shards is set, but parameters lack cluster-enabled = yes; compute them for cluster mode")
    return found


def _kept(args: RedisArgs) -> dict[str, str | None]:
    """What contradicts what was there before; without that, of who logs in."""
    existing = args.existing
    if existing is None:
        users = args.auth_token is None
        return {"auth_token": abilities.users_problem(args.engine, args.version) if users else None}
    users = not existing.token
    first = existing.user_group_id is None
    return {
        "auth_token": "is not given beside existing: its token is in a secret" if args.auth_token is not None else None,
        "existing.key_arn": key_problem(encrypted=existing.encrypted, key=existing.key_arn),
        "existing.tls": abilities.tls_problem(args.engine, args.version, existing.tls),
        "existing.token": abilities.users_problem(args.engine, args.version) if users else None,
        "existing.user_group_id": None if first or users else "is not given beside token: a cache has one of the two",
    }
