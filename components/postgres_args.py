"""What a `Postgres` is told, and what RDS would refuse of it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi

from components.instance import check_identifier, insights_problems
from components.replica import ReplicaSpec
from knowledge import events, names, storage
from knowledge.parameters import Parameter


@dataclass(frozen=True, kw_only=True)
class PostgresArgs:
    """The database server."""

    identifier: str
    """Physical identifier of the primary; replicas are `<identifier>-<name>`."""
    account_id: pulumi.Input[str]
    """Account, for the trust policy of the monitoring role."""
    partition: pulumi.Input[str] = "aws"
    """AWS partition."""
    version: str = "17"
    """Major version (RDS keeps the minor current), or an exact one with `auto_minor_version_upgrade` off."""
    instance_class: str
    """RDS instance class of the primary."""
    parameters: Sequence[Parameter]
    """Parameters for that class."""
    database: str
    """Database made with the instance."""
    username: str
    """Master user."""
    password: pulumi.Input[str]
    """Initial password: the bootstrap replaces it, later differences are ignored."""
    port: int = 5432
    """Port."""
    allocated_storage: int
    """GiB at the start. RDS adds to it by itself up to the maximum, and it never shrinks."""
    max_allocated_storage: int | None = None
    """GiB that storage autoscaling may reach; no autoscaling when absent."""
    iops: int | None = None
    """Provisioned IOPS of gp3, from 400 GiB on."""
    storage_throughput: int | None = None
    """Provisioned MiB/s of gp3, from 400 GiB on."""
    multi_az: bool = False
    """Standby in another zone."""
    subnet_ids: pulumi.Input[list[str]]
    """Subnets in two zones at least."""
    security_group_ids: Sequence[pulumi.Input[str]]
    """Security groups."""
    storage_key_arn: pulumi.Input[str]
    """KMS key of volume, snapshots and insights."""
    logs_key_arn: pulumi.Input[str]
    """KMS key of the log groups."""
    log_retention_days: int = 30
    """Days that logs are kept."""
    replicas: Mapping[str, ReplicaSpec] = field(default_factory=dict)
    """Read replicas by name."""
    backup_retention_days: int = 7
    """Days of automated backups, 0 to 35."""
    backup_window: str
    """Daily window, UTC, `01:00-01:30`."""
    backups_elsewhere: bool = False
    """Whether AWS Backup keeps the logs: it then sets retention and window on the instance, and these two only begin
    with what stands here (AWS Backup Developer Guide, point-in-time-recovery)."""
    maintenance_window: str
    """Weekly window, UTC, `sun:03:00-sun:04:00`."""
    monitoring_interval: int = 60
    """Seconds between Enhanced Monitoring samples, 0 for none."""
    insights: str = "standard"
    """Database Insights: `off`, `standard` or `advanced`."""
    insights_retention_days: int = 7
    """Days that insights are kept: 7 are free, then multiples of 31; `advanced` asks for 465 at least."""
    iam_authentication: bool = True
    """IAM authentication."""
    ca_certificate: str = "rds-ca-rsa2048-g1"
    """Certificate authority of the server certificate."""
    auto_minor_version_upgrade: bool = True
    """Minor upgrades in the maintenance window."""
    allow_major_version_upgrade: bool = False
    """Let a new major in `version` upgrade the server."""
    apply_immediately: bool = False
    """Change now in place of the maintenance window."""
    final_snapshot: bool = True
    """Take a snapshot when the primary is deleted."""
    protect: bool = False
    """Deletion protection, in RDS and in Pulumi."""
    event_topic_arns: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """Severity (`warning`, `info`) -> topic that hears of RDS events."""

    def __post_init__(self) -> None:
        """Refuse what RDS refuses, before anything is made."""
        found = problems(self)
        if found:
            raise ValueError(f"postgres: {self.identifier}: " + "; ".join(found))
        for identifier in (self.identifier, *(names.server(self.identifier, name) for name in self.replicas)):
            check_identifier("postgres", identifier)


_STORAGE_ARGS = {"iops": "iops", "throughput": "storage_throughput"}


def problems(args: PostgresArgs) -> list[str]:
    """Return what RDS would refuse of these settings, or do otherwise than the reader thinks."""
    found = []
    if not re.fullmatch(r"\d+(\.\d+)?", args.version):
        found.append(f"version {args.version!r} must be a major such as 17, or an exact one such as 17.10")
    if "." in args.version and args.auto_minor_version_upgrade:
        found.append(
            f"version {args.version} names a minor while auto_minor_version_upgrade is on: after the first automatic "
            f"upgrade this would be a downgrade; write {args.version.split('.')[0]} or switch it off"
        )
    if not 0 <= args.backup_retention_days <= 35:
        found.append(f"backup_retention_days is {args.backup_retention_days}; RDS takes 0 to 35")
    if args.replicas and args.backup_retention_days == 0:
        found.append("backup_retention_days is 0, and RDS makes replicas only of a source with backups; set 1 or more")
    if len(args.replicas) > 15:
        found.append(f"{len(args.replicas)} replicas; RDS takes 15 per source")
    if args.allocated_storage < storage.SMALLEST:
        found.append(f"allocated_storage is {args.allocated_storage} GiB; gp3 starts at {storage.SMALLEST}")
    for name, ceiling in {
        "max_allocated_storage": args.max_allocated_storage,
        **{
            f"replicas.{name}.max_allocated_storage": spec.max_allocated_storage for name, spec in args.replicas.items()
        },
    }.items():
        if problem := storage.ceiling_problem(args.allocated_storage, ceiling or 0):
            found.append(f"{name} {problem}")
    found += [
        f"{_STORAGE_ARGS[knob]} {rule}"
        for knob, rule in storage.speed_problems(args.allocated_storage, args.iops, args.storage_throughput)
    ]
    if args.monitoring_interval not in (0, 1, 5, 10, 15, 30, 60):
        found.append(f"monitoring_interval is {args.monitoring_interval}; RDS takes 0, 1, 5, 10, 15, 30 or 60 seconds")
    found += insights_problems(args.insights, args.insights_retention_days)
    unknown = sorted(set(args.event_topic_arns) - set(events.RDS))
    if unknown:
        found.append(f"event_topic_arns has {unknown}; RDS events go to {', '.join(events.RDS)}")
    return found
