"""RDS for PostgreSQL: a primary, its replicas, and all that belongs to them alone."""

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from components.policy import trust
from components.postgres.args import PostgresArgs
from components.postgres.events import subscribe
from components.postgres.existing import ExistingInstance
from components.postgres.instance import LOGS, TIMEOUTS, log_groups, parameter_group
from components.postgres.replica import Replica, ReplicaArgs
from components.secret import secret
from knowledge import names

OWNED_BY_AWS_BACKUP = ("backupRetentionPeriod", "backupWindow")


class Postgres(pulumi.ComponentResource):
    """RDS for PostgreSQL: the primary and its replicas."""

    identifier: pulumi.Output[str]
    """Identifier of the primary."""
    arn: pulumi.Output[str]
    """ARN of the primary."""
    address: pulumi.Output[str]
    """Host of the primary."""
    port: pulumi.Output[int]
    """Port of the primary."""
    resource_id: pulumi.Output[str]
    """`db-...`: what an `rds-db:connect` policy names."""
    engine_version: pulumi.Output[str]
    """Exact version that runs."""
    parameter_group_name: pulumi.Output[str]
    """Parameter group of the primary."""
    subnet_group_name: pulumi.Output[str]
    """Subnet group of the primary."""
    log_group: pulumi.Output[str]
    """Log group of PostgreSQL's own log."""
    iam_authentication: bool
    """Whether logins may be by IAM token."""
    replicas: dict[str, Replica]
    """Replicas by name."""

    def __init__(self, name: str, args: PostgresArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the primary, then the replicas."""
        super().__init__("data-tier:index:Postgres", name, {}, opts)
        self._name = name
        self._args = args
        child = pulumi.ResourceOptions(parent=self)
        self.iam_authentication = args.iam_authentication
        role_arn, attached = self._monitoring()
        primary = self._primary(role_arn, attached, child)
        self.identifier, self.arn, self.address = primary.identifier, primary.arn, primary.address
        self.port, self.resource_id = primary.port, primary.resource_id
        self.engine_version = primary.engine_version_actual
        self.replicas = {
            key: Replica(
                f"{name}-{key}",
                ReplicaArgs(
                    identifier=args.replica_identifier(key),
                    prefix=names.server(args.named, key),
                    spec=spec,
                    version=args.version,
                    source_identifier=primary.identifier,
                    source_arn=primary.arn,
                    port=args.port,
                    security_group_ids=args.security_group_ids,
                    encrypted=args.existing is None or args.existing.encrypted,
                    storage_key_arn=args.storage_key_arn,
                    logs_key_arn=args.logs_key_arn,
                    log_retention_days=args.log_retention_days,
                    maintenance_window=args.maintenance_window,
                    monitoring_interval=args.monitoring_interval,
                    monitoring_role_arn=role_arn,
                    insights=args.insights,
                    ca_certificate=args.ca_certificate,
                    iam_authentication=args.iam_authentication,
                    auto_minor_version_upgrade=args.auto_minor_version_upgrade,
                    apply_immediately=args.apply_immediately,
                    protect=args.protect,
                ),
                child,
                primary=primary,
            )
            for key, spec in args.replicas.items()
        }
        subscribe(
            name,
            args,
            identifier=self.identifier,
            parameter_group_name=self.parameter_group_name,
            replicas=self.replicas,
            opts=child,
        )
        self.register_outputs(
            {
                "identifier": self.identifier,
                "arn": self.arn,
                "address": self.address,
                "port": self.port,
                "resource_id": self.resource_id,
                "engine_version": self.engine_version,
                "parameter_group_name": self.parameter_group_name,
                "subnet_group_name": self.subnet_group_name,
            }
        )

    def _monitoring(self) -> tuple[pulumi.Output[str] | None, list[pulumi.Resource]]:
        args = self._args
        if not args.monitoring_interval:
            return None, []
        role = aws.iam.Role(
            f"{self._name}-monitoring",
            name=f"{args.named}-monitoring",
            description="Writes Enhanced Monitoring samples",
            assume_role_policy=trust(
                "monitoring.rds.amazonaws.com", {"StringEquals": {"aws:SourceAccount": args.account_id}}
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        attachment = aws.iam.RolePolicyAttachment(
            f"{self._name}-monitoring-policy",
            role=role.name,
            policy_arn=pulumi.Output.format(
                "arn:{0}:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole", args.partition
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        return role.arn, [attachment]

    def _primary(
        self,
        role_arn: pulumi.Output[str] | None,
        attached: list[pulumi.Resource],
        child: pulumi.ResourceOptions,
    ) -> aws.rds.Instance:
        name, args = self._name, self._args
        kept = args.existing or ExistingInstance()
        self.subnet_group_name = self._subnets(kept.subnet_group, child)
        self.parameter_group_name = parameter_group(
            name, args.named, args.version, args.parameters, existing=kept.parameter_group, opts=child
        )
        logs = log_groups(
            name,
            args.identifier,
            key_arn=args.logs_key_arn,
            retention_days=args.log_retention_days,
            keep=args.protect,
            existing=args.existing is not None,
            opts=child,
        )
        self.log_group = logs[0].name
        insights, key = args.insights != "off", kept.key_arn or args.storage_key_arn
        return aws.rds.Instance(
            f"{name}-primary",
            identifier=args.identifier,
            engine="postgres",
            engine_version=args.version,
            # Else it is charged once a major is old. Where it exists it stays: disabling makes RDS upgrade the major.
            engine_lifecycle_support=None if args.existing else "open-source-rds-extended-support-disabled",
            instance_class=args.instance_class,
            db_name=args.existing.initial_database if args.existing else args.database,
            username=args.username,
            password=None if args.password is None else secret(args.password),
            port=args.port,
            storage_type=args.storage_type,
            allocated_storage=args.allocated_storage,
            max_allocated_storage=args.max_allocated_storage,
            iops=args.iops,
            storage_throughput=args.storage_throughput,
            storage_encrypted=kept.encrypted,
            kms_key_id=key if kept.encrypted else None,
            multi_az=args.multi_az,
            db_subnet_group_name=self.subnet_group_name,
            vpc_security_group_ids=[*args.security_group_ids, *kept.security_group_ids],
            publicly_accessible=kept.public,
            parameter_group_name=self.parameter_group_name,
            ca_cert_identifier=args.ca_certificate,
            iam_database_authentication_enabled=args.iam_authentication,
            enabled_cloudwatch_logs_exports=list(LOGS),
            monitoring_interval=args.monitoring_interval,
            monitoring_role_arn=role_arn,
            database_insights_mode=args.insights if insights else None,
            performance_insights_enabled=insights,
            performance_insights_kms_key_id=(kept.insights_key_arn or key) if insights else None,
            # What an instance that was there before keeps for longer is not thrown away; `advanced` asks for its days.
            performance_insights_retention_period=(
                args.insights_retention_days
                if insights and (not args.existing or args.insights == "advanced")
                else None
            ),
            backup_retention_period=args.backup_retention_days,
            backup_window=args.backup_window,
            maintenance_window=args.maintenance_window,
            copy_tags_to_snapshot=True,
            delete_automated_backups=not args.protect,
            auto_minor_version_upgrade=args.auto_minor_version_upgrade,
            allow_major_version_upgrade=args.allow_major_version_upgrade,
            apply_immediately=args.apply_immediately,
            deletion_protection=args.protect,
            skip_final_snapshot=not args.final_snapshot,
            final_snapshot_identifier=self._final_snapshot(child) if args.final_snapshot else None,
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=args.protect,
                # Growth by autoscaling needs no entry here: the provider lets a larger volume be, and a larger
                # figure in the declaration still takes effect. So does it with a minor newer than `version`.
                ignore_changes=[
                    "password",
                    *(OWNED_BY_AWS_BACKUP if args.backups_elsewhere else ()),
                    *(["engineVersion"] if self._minor_is_rds_s() else []),
                ],
                depends_on=[*logs, *attached],
                delete_before_replace=True,  # the identifier is fixed
                custom_timeouts=TIMEOUTS,
            ),
        )

    def _minor_is_rds_s(self) -> bool:
        """Whether the version stays as RDS has it: of an instance that was there before an import brings the minor, and
        "16" in its place would be an upgrade to whatever is the default of 16, or a downgrade, which RDS refuses
        (terraform-provider-aws, rds/instance.go: only what it was told as "16" is left as that)."""
        args = self._args
        return args.existing is not None and args.auto_minor_version_upgrade and not args.allow_major_version_upgrade

    def _subnets(self, existing: str | None, child: pulumi.ResourceOptions) -> pulumi.Output[str]:
        """Name of the subnet group, which is made where none exists."""
        if existing is not None:
            return pulumi.Output.from_input(existing)
        args = self._args
        return aws.rds.SubnetGroup(
            f"{self._name}-subnets",
            name=args.named,
            description=f"Subnets of {args.named}",
            subnet_ids=args.subnet_ids,
            opts=child,
        ).name

    def _final_snapshot(self, child: pulumi.ResourceOptions) -> pulumi.Output[str]:
        # A new name for each generation of the instance: the keepers are the inputs that replace it. In the state
        # before anything is destroyed, so that two generations never ask for one name.
        args = self._args
        generation = random.RandomId(
            f"{self._name}-generation",
            byte_length=4,
            keepers={
                "identifier": args.identifier,
                "storage_key": (args.existing and args.existing.key_arn) or args.storage_key_arn,
                "username": args.username,
                "database": args.database,
            },
            opts=child,
        )
        return pulumi.Output.concat(args.named, "-final-", generation.hex)
