"""What a `Redis` is told, and what ElastiCache would refuse of it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from knowledge.parameters import Parameter
from knowledge.redis import nodes_problem


@dataclass(frozen=True, kw_only=True)
class RedisArgs:
    """The cache."""

    replication_group_id: str
    """Physical id, at most 40 lower-case characters."""
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
    """KMS key at rest."""
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

    def __post_init__(self) -> None:
        """Refuse what ElastiCache refuses, before anything is made."""
        found = problems(self)
        if found:
            raise ValueError(f"redis: {self.replication_group_id}: " + "; ".join(found))


def problems(args: RedisArgs) -> list[str]:
    """Return one sentence for each thing that ElastiCache would refuse, or change silently."""
    found = []
    cluster_mode = {each.name: each.value for each in args.parameters}.get("cluster-enabled") == "yes"
    if not re.fullmatch(r"[a-z](?!.*--)[a-z0-9-]{0,38}[a-z0-9]", args.replication_group_id):
        found.append(
            f"replication_group_id {args.replication_group_id!r} must be 2 to 40 lower-case letters, digits and single "
            "hyphens, starting with a letter and not ending in a hyphen (ElastiCache lowers the rest silently)"
        )
    if args.engine not in ("valkey", "redis"):
        found.append(f"engine {args.engine!r} is neither valkey nor redis (lower case)")
    elif not args.family.startswith(args.engine):
        found.append(f"family {args.family!r} is not one of engine {args.engine}")
    if not re.fullmatch(r"\d+\.\d+", args.version):
        found.append(f"version {args.version!r} must be major.minor, e.g. 8.1: patches come by themselves")
    if not 0 <= args.replicas <= 5:
        found.append(f"replicas is {args.replicas}; ElastiCache takes 0 to 5 per primary")
    if args.multi_az and args.replicas == 0:
        found.append("multi_az needs one replica at least: with none there is nothing in the other zone")
    if args.shards is not None and not 1 <= args.shards <= 500:
        found.append(f"shards is {args.shards}; ElastiCache takes 1 to 500")
    elif problem := nodes_problem(args.shards, args.replicas):
        found.append(problem)
    cluster_enabled = {each.name: each.value for each in args.parameters}.get("cluster-enabled") == "yes"
    if cluster_enabled and args.shards is None:
        found.append("parameters set cluster-enabled = yes, but shards is absent; give shards or drop the parameter")
    if args.shards is not None and not cluster_mode:
        found.append("shards is set, but parameters lack cluster-enabled = yes; compute them for cluster mode")
    if not 0 <= args.snapshot_retention_days <= 35:
        found.append(f"snapshot_retention_days is {args.snapshot_retention_days}; ElastiCache takes 0 to 35")
    if not args.node_type.startswith("cache."):
        found.append(f"node_type {args.node_type!r} does not start with `cache.`")
    return found
