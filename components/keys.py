"""Customer-managed KMS keys: one for storage, one for secrets, one for notifications, one for logs.

Separate keys, because each has another circle of users: a publisher of alarms must never be able to read a secret.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.policy import Statement, account_root, allow, called, document, exporter
from components.refuse import refuse
from knowledge import limits

EVENTS = ("backup.amazonaws.com", "events.amazonaws.com", "events.rds.amazonaws.com")
"""Services that publish events to encrypted topics."""


@dataclass(frozen=True, kw_only=True)
class KeysArgs:
    """What the keys need to know about their account."""

    prefix: str
    """Prefix of the aliases and of the log groups that the logs key may encrypt, e.g. `shop-prod`."""
    account_id: pulumi.Input[str]
    """Account that owns the keys."""
    region: pulumi.Input[str]
    """Region of the keys, part of the log service's principal."""
    partition: pulumi.Input[str] = "aws"
    """AWS partition: `aws`, `aws-cn` or `aws-us-gov`."""
    existing_instances: Sequence[str] = ()
    """Identifiers of instances that were there before: the logs key may encrypt their log groups too."""
    exports_to: str | None = None
    """Name of a bucket under the storage key to which ElastiCache exports snapshots; None where it does not."""
    deletion_window_days: int = 30
    """Days between the order to delete a key and its deletion."""
    snapshots_stay: bool = True
    """Whether snapshots outlive the stack: their key is then retained in AWS when the stack is destroyed."""
    protect: bool = False
    """Refuse to delete the keys through Pulumi. A protected stack's logs are retained, and so is their key."""

    def __post_init__(self) -> None:
        """Refuse what KMS refuses, before anything is made. Raise ValueError."""
        refuse("keys", deletion_window_days=limits.DELETION_WINDOW.problem(self.deletion_window_days))


class Keys(pulumi.ComponentResource):
    """The four keys of a data tier, with aliases `alias/<prefix>-<purpose>`."""

    storage_arn: pulumi.Output[str]
    """Key of volumes, snapshots and caches. Stays as long as snapshots do."""
    secrets_arn: pulumi.Output[str]
    """Key of the secrets."""
    notifications_arn: pulumi.Output[str]
    """Key of the topics."""
    logs_arn: pulumi.Output[str]
    """Key of the log groups. Retained when they are: those of a protected instance."""

    def __init__(self, name: str, args: KeysArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the four keys, each with its policy and an alias."""
        super().__init__("data-tier:index:Keys", name, {}, opts)
        self._name = name
        self._args = args
        # A key that stays costs a dollar a month: only what there is something to open with does.
        exports = [export_service(args, args.exports_to)] if args.exports_to else []
        self.storage_arn = self._key(
            "storage", "Volumes, snapshots and caches", *exports, retain=args.snapshots_stay or args.protect
        )
        self.secrets_arn = self._key("secrets", "Secrets")
        self.notifications_arn = self._key("notifications", "Notification topics", *publishers(args))
        self.logs_arn = self._key("logs", "Log groups", log_service(args), retain=args.protect)
        self.register_outputs(
            {
                "storage_arn": self.storage_arn,
                "secrets_arn": self.secrets_arn,
                "notifications_arn": self.notifications_arn,
                "logs_arn": self.logs_arn,
            }
        )

    def _key(self, purpose: str, what: str, *statements: Statement, retain: bool = False) -> pulumi.Output[str]:
        args = self._args
        key = aws.kms.Key(
            f"{self._name}-{purpose}",
            description=f"{what} of {args.prefix}",
            enable_key_rotation=True,
            deletion_window_in_days=args.deletion_window_days,
            policy=document(administration(args), *statements),
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect, retain_on_delete=retain),
        )
        aws.kms.Alias(
            f"{self._name}-{purpose}-alias",
            name=f"alias/{args.prefix}-{purpose}",
            target_key_id=key.key_id,
            opts=pulumi.ResourceOptions(parent=self),
        )
        return key.arn


def administration(args: KeysArgs) -> Statement:
    """The account decides by IAM who uses the key; without this statement nobody could ever change its policy."""
    return allow("Account", ["kms:*"], "*", Principal=account_root(args.partition, args.account_id))


def export_service(args: KeysArgs, bucket: str) -> Statement:
    """ElastiCache may use the key for what it writes to that bucket, and for nothing else.

    The bucket encrypts under this key what comes without a wish, and S3 asks for the key as whoever writes: a service,
    which no IAM policy of the account lets in (S3 User Guide, "Using server-side encryption with AWS KMS keys").
    """
    arn = pulumi.Output.format("arn:{0}:s3:::{1}", args.partition, bucket)
    return allow(
        "ExportedSnapshots",
        ["kms:Decrypt", "kms:GenerateDataKey"],
        "*",
        Principal={"Service": exporter(args.region)},
        Condition={
            "StringEquals": {"kms:ViaService": called("s3", args.region)},
            # The bucket's ARN is the context under a bucket key, an object's without one.
            "ArnLike": {"kms:EncryptionContext:aws:s3:arn": [arn, pulumi.Output.format("{0}/*", arn)]},
        },
    )


def publishers(args: KeysArgs) -> tuple[Statement, ...]:
    """The services that publish to encrypted topics.

    Without both actions an alarm is dropped in silence (AWS: SNS key management). The condition on the source account
    is documented for CloudWatch; for RDS events and Backup it is not, so theirs stands in the topic policy instead,
    and EventBridge takes none for an encrypted topic (https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html).
    """
    actions = ["kms:Decrypt", "kms:GenerateDataKey*"]
    return (
        allow(
            "Alarms",
            actions,
            "*",
            Principal={"Service": "cloudwatch.amazonaws.com"},
            Condition={"StringEquals": {"aws:SourceAccount": args.account_id}},
        ),
        allow("Events", actions, "*", Principal={"Service": list(EVENTS)}),
    )


def log_service(args: KeysArgs) -> Statement:
    """CloudWatch Logs may use the key for log groups of this stack only (encryption context = the group's ARN)."""
    paths = [f"/aws/*/{args.prefix}*", *(f"/aws/rds/instance/{each}/*" for each in args.existing_instances)]
    groups = [
        pulumi.Output.format("arn:{0}:logs:{1}:{2}:log-group:{3}", args.partition, args.region, args.account_id, each)
        for each in paths
    ]
    return allow(
        "Logs",
        ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
        "*",
        Principal={"Service": called("logs", args.region)},
        Condition={
            "ArnLike": {
                "kms:EncryptionContext:aws:logs:arn": groups if len(groups) > 1 else groups[0],
            }
        },
    )
