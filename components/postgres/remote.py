"""What a replica in a second region needs there: keys, a security group and topics. Its network exists already."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components.keys import KeysArgs, administration, log_service, publishers
from components.network.firewall import check_peers, slug
from components.network.rules import ingress
from components.notifications.args import NotificationsArgs, Subscription
from components.notifications.topics import Notifications
from components.policy import Statement, document
from components.postgres.replica import SecondRegion
from components.refuse import refuse
from knowledge import limits, networks
from knowledge.alarms import events


@dataclass(frozen=True, kw_only=True)
class RemoteSiteArgs:
    """A second region: its existing network, and who may connect there."""

    prefix: str
    """Prefix of the names there, e.g. `shop-prod-dr`."""
    region: str
    """Region."""
    account_id: pulumi.Input[str]
    """Account that owns the keys."""
    partition: pulumi.Input[str] = "aws"
    """AWS partition."""
    vpc_id: pulumi.Input[str]
    """Existing VPC there."""
    subnet_ids: list[pulumi.Input[str]]
    """Its subnets, in two zones at least."""
    existing_instance: str | None = None
    """Identifier of the replica, where it was there before: its log groups are called by it."""
    clients: list[str] = field(default_factory=list)
    """Security groups and ranges there that may connect."""
    port: int = 5432
    """Port of PostgreSQL."""
    recipients: Mapping[str, Sequence[Subscription]] = field(default_factory=dict)
    """Severity -> who hears of the alarms there: an alarm can only tell a topic of its own region."""
    deletion_window_days: int = 30
    """Days between the order to delete a key and its deletion."""
    protect: bool = False
    """Refuse to delete the keys through Pulumi."""

    def __post_init__(self) -> None:
        """Refuse clients that are the whole internet. Raise ValueError."""
        check_peers("remote: clients", self.clients)
        refuse(
            "remote",
            subnet_ids=networks.subnets_problem(self.subnet_ids),
            port=limits.PORT.problem(self.port),
            deletion_window_days=limits.DELETION_WINDOW.problem(self.deletion_window_days),
        )


class Remote(pulumi.ComponentResource):
    """Keys, security group and topics of a second region."""

    security_group_id: pulumi.Output[str]
    """Group of the replica there."""
    storage_key_arn: pulumi.Output[str]
    """Key of volume, snapshots and insights there."""
    logs_key_arn: pulumi.Output[str]
    """Key of the log groups there."""
    topic_arns: dict[str, pulumi.Output[str]]
    """Severity -> topic there."""

    def __init__(self, name: str, args: RemoteSiteArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the keys, the security group and the topics."""
        super().__init__("data-tier:index:Remote", name, {}, opts)
        self._name = name
        self._args = args
        policy = KeysArgs(
            prefix=args.prefix,
            account_id=args.account_id,
            region=args.region,
            partition=args.partition,
            existing_instances=[args.existing_instance] if args.existing_instance else [],
        )
        self.storage_key_arn = self._key("storage", "Volume and snapshots", administration(policy))
        self.logs_key_arn = self._key("logs", "Log groups", administration(policy), log_service(policy))
        self.security_group_id = self._group()
        self.topic_arns = Notifications(
            f"{name}-notifications",
            NotificationsArgs(
                prefix=args.prefix,
                account_id=args.account_id,
                region=args.region,
                partition=args.partition,
                key_arn=self._key("notifications", "Notification topics", administration(policy), *publishers(policy)),
                recipients=args.recipients,
                elsewhere=True,
            ),
            pulumi.ResourceOptions(parent=self),
        ).topic_arns
        self.register_outputs(
            {
                "security_group_id": self.security_group_id,
                "storage_key_arn": self.storage_key_arn,
                "logs_key_arn": self.logs_key_arn,
                "topic_arns": self.topic_arns,
            }
        )

    @property
    def replica(self) -> SecondRegion:
        """For the replica that lives there."""
        return SecondRegion(
            region=self._args.region,
            subnet_ids=self._args.subnet_ids,
            security_group_ids=[self.security_group_id],
            storage_key_arn=self.storage_key_arn,
            logs_key_arn=self.logs_key_arn,
            event_topic_arns={each: self.topic_arns[each] for each in events.RDS},
        )

    def _key(self, purpose: str, what: str, *statements: Statement) -> pulumi.Output[str]:
        args = self._args
        key = aws.kms.Key(
            f"{self._name}-{purpose}",
            description=f"{what} of {args.prefix}",
            enable_key_rotation=True,
            deletion_window_in_days=args.deletion_window_days,
            policy=document(*statements),
            region=args.region,
            # A replica leaves no snapshot. What a protected one leaves, its logs and its backups, these keys open.
            opts=pulumi.ResourceOptions(
                parent=self, protect=args.protect, retain_on_delete=args.protect and purpose != "notifications"
            ),
        )
        aws.kms.Alias(
            f"{self._name}-{purpose}-alias",
            name=f"alias/{args.prefix}-{purpose}",
            target_key_id=key.key_id,
            region=args.region,
            opts=pulumi.ResourceOptions(parent=self),
        )
        return key.arn

    def _group(self) -> pulumi.Output[str]:
        args = self._args
        group = aws.ec2.SecurityGroup(
            f"{self._name}-database",
            name=f"{args.prefix}-database",
            description="PostgreSQL: replica for disaster recovery",
            vpc_id=args.vpc_id,
            region=args.region,
            tags={"Name": f"{args.prefix}-database"},
            opts=pulumi.ResourceOptions(parent=self),
        )
        for client in args.clients:
            ingress(
                f"{self._name}-database-from-{slug(client)}",
                group.id,
                args.port,
                client,
                f"PostgreSQL from {client}",
                pulumi.ResourceOptions(parent=self),
                region=args.region,
            )
        return group.id
