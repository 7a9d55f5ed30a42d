"""The arguments of a `Postgres`, and what RDS would refuse among them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi

from components.postgres.existing import ExistingInstance
from components.postgres.instance import insights_problems
from components.postgres.replica import ReplicaSpec
from knowledge import classes, limits, names, storage
from knowledge.alarms import events
from knowledge.parameters import Parameter
from knowledge.postgres import catalogue as postgres_catalogue
from knowledge.windows import utc_problems


@dataclass(frozen=True, kw_only=True)
class PostgresArgs:
    """A PostgreSQL instance on RDS and its replicas."""

    identifier: str
    """Physical identifier of the primary."""
    prefix: str | None = None
    """First part of the names of what is made beside the primary, replicas included; the identifier when absent."""
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
    """Database made with the instance; one that was there before has its own (`existing.initial_database`)."""
    username: str
    """Master user."""
    password: pulumi.Input[str] | None = None
    """Initial password: the bootstrap replaces it, later differences are ignored; none of one that was there before."""
    port: int = 5432
    """Port."""
    allocated_storage: int
    """Initial size in GiB. RDS grows it automatically up to the maximum; it never shrinks."""
    storage_type: str = "gp3"
    """`gp3`, `gp2`, `io1` or `io2`."""
    max_allocated_storage: int | None = None
    """GiB that storage autoscaling may reach; no autoscaling when absent."""
    iops: int | None = None
    """Provisioned IOPS: of gp3 from 400 GiB on, of io1 and io2 always."""
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
    existing: ExistingInstance | None = None
    """What the primary keeps, where it was there before."""

    @property
    def named(self) -> str:
        """First part of the names of what is made beside the primary."""
        return self.prefix or self.identifier

    def replica_identifier(self, name: str) -> str:
        """Physical identifier of a replica."""
        return self.replicas[name].identifier or names.server(self.named, name)

    def __post_init__(self) -> None:
        """Refuse what RDS refuses, before anything is made."""
        found = problems(self)
        if found:
            raise ValueError(f"postgres: {self.identifier}: " + "; ".join(found))


_STORAGE_ARGS = {
    "type": "storage_type",
    "allocated": "allocated_storage",
    "iops": "iops",
    "throughput": "storage_throughput",
}


def problems(args: PostgresArgs) -> list[str]:
    """Return what RDS would refuse of these settings, or do otherwise than the reader thinks."""
    found = []
    if "." in args.version and args.auto_minor_version_upgrade:
        found.append(
            f"version {args.version} names a minor while auto_minor_version_upgrade is on: after the first automatic "
            f"upgrade this would be a downgrade; write {args.version.split('.')[0]} or switch it off"
        )
    daily, weekly = utc_problems(args.backup_window, args.maintenance_window, shortest=30)
    named: dict[str, str | None] = {
        "identifier": names.instance_problem(args.identifier),
        **{f"replicas.{name}": names.instance_problem(args.replica_identifier(name)) for name in args.replicas},
        "replicas": limits.REPLICAS.problem(len(args.replicas)),
        "version": postgres_catalogue.version_problem(args.version, running=args.existing is not None),
        "instance_class": classes.rds_problem(args.instance_class),
        **{
            f"replicas.{name}.instance_class": classes.rds_problem(r.instance_class)
            for name, r in args.replicas.items()
        },
        "database": names.database_problem(args.database),
        "username": names.master_problem(args.username),
        "port": limits.PORT.problem(args.port),
        "allocated_storage": limits.ALLOCATED_STORAGE.problem(args.allocated_storage),
        "max_allocated_storage": limits.MAX_ALLOCATED_STORAGE.problem(args.max_allocated_storage or 0),
        "backup_retention_days": limits.source_problem(args.backup_retention_days, len(args.replicas)),
        "backup_window": daily,
        "maintenance_window": weekly,
        "log_retention_days": limits.LOG_RETENTION.problem(args.log_retention_days),
        "monitoring_interval": limits.MONITORING.problem(args.monitoring_interval),
    }
    found += [f"{argument} {problem}" for argument, problem in named.items() if problem]
    own = args.max_allocated_storage or 0
    if problem := storage.ceiling_problem(args.allocated_storage, own):
        found.append(f"max_allocated_storage {problem}")
    for name, spec in args.replicas.items():
        ceiling = spec.max_allocated_storage or 0
        problem = storage.ceiling_problem(args.allocated_storage, ceiling)
        if problem := problem or storage.replica_ceiling_problem(ceiling, own):
            found.append(f"replicas.{name}.max_allocated_storage {problem}")
    found += [
        f"{_STORAGE_ARGS[knob]} {rule}"
        for knob, rule in storage.Volume(
            type=args.storage_type,
            allocated=args.allocated_storage,
            iops=args.iops,
            throughput=args.storage_throughput,
        ).problems()
    ]
    found += insights_problems(args.insights, args.insights_retention_days)
    unknown = sorted(set(args.event_topic_arns) - set(events.RDS))
    if unknown:
        found.append(f"event_topic_arns has {unknown}; RDS events go to {', '.join(events.RDS)}")
    return found
