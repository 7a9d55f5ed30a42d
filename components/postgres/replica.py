"""One read replica: in the primary's region, or in a second one for disaster recovery."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components.outputs import outputs
from components.postgres.existing import ExistingInstance
from components.postgres.instance import LOGS, TIMEOUTS, log_groups, parameter_group
from components.refuse import refuse
from knowledge import names, networks
from knowledge.parameters import Parameter


@dataclass(frozen=True, kw_only=True)
class SecondRegion:
    """A second region: nothing of the first one can be used there, so each part is named."""

    region: str
    """Region of the replica."""
    subnet_ids: Sequence[pulumi.Input[str]]
    """Subnets there, in two zones at least."""
    security_group_ids: Sequence[pulumi.Input[str]]
    """Security groups there."""
    storage_key_arn: pulumi.Input[str]
    """KMS key there: an encrypted snapshot never leaves its region under its own key."""
    logs_key_arn: pulumi.Input[str]
    """KMS key of the log groups there."""
    event_topic_arns: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """Topics there by severity, `warning` and `info`: RDS tells of an instance in its own region alone."""


@dataclass(frozen=True, kw_only=True)
class ReplicaSpec:
    """What may differ from one replica to the next."""

    identifier: str | None = None
    """Physical identifier; `<prefix>-<name>` when absent."""
    instance_class: str
    """RDS instance class."""
    parameters: Sequence[Parameter]
    """Parameters for this class."""
    availability_zone: str | None = None
    """Zone; RDS chooses when absent."""
    storage_type: str | None = None
    """`gp3`, `gp2`, `io1` or `io2`; gp3 when absent, whatever the primary has (CreateDBInstanceReadReplica)."""
    iops: int | None = None
    """Provisioned IOPS, as of the primary; a replica does not inherit them."""
    storage_throughput: int | None = None
    """Provisioned MiB/s, likewise."""
    max_allocated_storage: int | None = None
    """GiB that storage autoscaling may reach: a replica does not inherit the primary's."""
    remote: SecondRegion | None = None
    """Second region, when it is a replica for disaster recovery."""
    existing: ExistingInstance | None = None
    """What it keeps, where it was there before."""


@dataclass(frozen=True, kw_only=True)
class ReplicaArgs:
    """A replica and what it shares with its primary."""

    identifier: str
    """Physical identifier."""
    prefix: str | None = None
    """First part of the names of what is made beside it; the identifier when absent."""
    spec: ReplicaSpec
    """What is particular to this replica."""
    version: str
    """The primary's version, for the parameter group's family. Never set on the replica: RDS upgrades minors replicas
    first and takes replicas along in a major, which is the reverse of the order of resources."""
    source_identifier: pulumi.Input[str]
    """The primary, for a replica in its region."""
    source_arn: pulumi.Input[str]
    """The primary, for a replica in another region."""
    port: int
    """Port."""
    security_group_ids: Sequence[pulumi.Input[str]]
    """Security groups in the primary's region; without any, RDS would take the VPC's default group."""
    encrypted: bool = True
    """Whether its primary is encrypted at rest, and so it is (RDS User Guide, Overview.Encryption)."""
    storage_key_arn: pulumi.Input[str]
    """Key of the insights in the primary's region (the volume always has the primary's key)."""
    logs_key_arn: pulumi.Input[str]
    """Key of the log groups in the primary's region."""
    log_retention_days: int
    """Days that logs are kept."""
    maintenance_window: str
    """Weekly window, UTC."""
    monitoring_interval: int = 0
    """Seconds between Enhanced Monitoring samples, 0 for none."""
    monitoring_role_arn: pulumi.Input[str] | None = None
    """Role that Enhanced Monitoring writes with."""
    insights: str = "standard"
    """`off`, or anything else for 7 days of insights: RDS has no advanced mode for a replica that it creates."""
    ca_certificate: str = "rds-ca-rsa2048-g1"
    """Certificate authority of the server certificate."""
    iam_authentication: bool = True
    """IAM authentication: a replica does not inherit it."""
    auto_minor_version_upgrade: bool = True
    """Minor upgrades in the maintenance window."""
    apply_immediately: bool = False
    """Change now in place of the maintenance window."""
    protect: bool = False
    """Deletion protection, in RDS and in Pulumi."""

    def __post_init__(self) -> None:
        """Refuse identifiers and remote networks that RDS refuses."""
        refuse("replica", identifier=names.instance_problem(self.identifier))
        remote = self.spec.remote
        if remote and (problem := networks.subnets_problem(remote.subnet_ids)):
            raise ValueError(f"replica: {self.identifier}: remote.subnet_ids {problem}")
        if remote and not remote.security_group_ids:
            raise ValueError(
                f"replica: {self.identifier} needs remote.security_group_ids (the default group is not safe)"
            )


class Replica(pulumi.ComponentResource):
    """A read replica with its own parameter group and log groups."""

    identifier: pulumi.Output[str]
    """Identifier of the replica."""
    arn: pulumi.Output[str]
    """ARN of the replica."""
    address: pulumi.Output[str]
    """Host of the replica."""
    port: pulumi.Output[int]
    """Port of the replica."""
    resource_id: pulumi.Output[str]
    """`db-...`: what an `rds-db:connect` policy names."""
    parameter_group_name: pulumi.Output[str]
    """Parameter group of the replica."""
    log_group: pulumi.Output[str]
    """Log group of PostgreSQL's own log."""

    def __init__(
        self,
        name: str,
        args: ReplicaArgs,
        opts: pulumi.ResourceOptions | None = None,
        *,
        primary: pulumi.Resource | None = None,
    ) -> None:
        """Make the replica.

        `primary` is what it is replaced along with: RDS promotes the replicas of an instance that it deletes
        (DeleteDBInstance), and a promoted one follows nobody again; the provider then refuses with "cannot elect new
        source database for replication" (terraform-provider-aws, rds/instance.go). So it goes before its primary does.
        """
        super().__init__("data-tier:index:Replica", name, {}, opts)
        spec, remote = args.spec, args.spec.remote
        region = remote.region if remote else None
        child = pulumi.ResourceOptions(parent=self)
        logs = log_groups(
            name,
            args.identifier,
            key_arn=remote.logs_key_arn if remote else args.logs_key_arn,
            retention_days=args.log_retention_days,
            keep=args.protect,
            existing=spec.existing is not None,
            region=region,
            opts=child,
        )
        kept = spec.existing or ExistingInstance()
        self.parameter_group_name = parameter_group(
            name,
            args.prefix or args.identifier,
            args.version,
            spec.parameters,
            existing=kept.parameter_group,
            region=region,
            opts=child,
        )
        self.log_group = logs[0].name
        insights = args.insights != "off"
        storage_key = kept.key_arn or (remote.storage_key_arn if remote else args.storage_key_arn)
        groups = remote.security_group_ids if remote else args.security_group_ids
        instance = aws.rds.Instance(
            f"{name}-instance",
            identifier=args.identifier,
            replicate_source_db=args.source_arn if remote else args.source_identifier,
            instance_class=spec.instance_class,
            availability_zone=spec.availability_zone,
            storage_type=spec.storage_type,
            iops=spec.iops,
            storage_throughput=spec.storage_throughput,
            max_allocated_storage=spec.max_allocated_storage,
            storage_encrypted=args.encrypted,
            # In one region a new replica has the source's key.
            kms_key_id=(kept.key_arn or (storage_key if remote else None)) if args.encrypted else None,
            db_subnet_group_name=kept.subnet_group or _subnets(name, args, child),
            vpc_security_group_ids=[*groups, *kept.security_group_ids],
            parameter_group_name=self.parameter_group_name,
            port=args.port,
            publicly_accessible=kept.public,
            ca_cert_identifier=args.ca_certificate,
            iam_database_authentication_enabled=args.iam_authentication,
            enabled_cloudwatch_logs_exports=list(LOGS),
            monitoring_interval=args.monitoring_interval,
            monitoring_role_arn=args.monitoring_role_arn,
            performance_insights_enabled=insights,
            performance_insights_kms_key_id=(kept.insights_key_arn or storage_key) if insights else None,
            performance_insights_retention_period=7 if insights and not spec.existing else None,
            auto_minor_version_upgrade=args.auto_minor_version_upgrade,
            maintenance_window=args.maintenance_window,
            apply_immediately=args.apply_immediately,
            copy_tags_to_snapshot=True,
            deletion_protection=args.protect,
            skip_final_snapshot=True,  # RDS refuses a final snapshot of a replica
            region=region,
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=args.protect,
                depends_on=logs,
                delete_before_replace=True,  # the identifier is fixed
                replace_with=[primary] if primary else None,
                custom_timeouts=TIMEOUTS,
            ),
        )
        self.identifier, self.arn = instance.identifier, instance.arn
        self.address, self.port, self.resource_id = instance.address, instance.port, instance.resource_id
        # Under the schema's names, which a reference to the replica (a Postgres's `replicas`) reads.
        self.register_outputs(outputs(self))


def _subnets(name: str, args: ReplicaArgs, child: pulumi.ResourceOptions) -> pulumi.Output[str] | None:
    """Name of the subnet group in another region; in one region RDS takes the source's."""
    remote = args.spec.remote
    if remote is None:
        return None
    named = args.prefix or args.identifier
    return aws.rds.SubnetGroup(
        f"{name}-subnets",
        name=named,
        description=f"Subnets of {named}",
        subnet_ids=remote.subnet_ids,
        region=remote.region,
        opts=child,
    ).name
