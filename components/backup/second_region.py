"""A second region for backups: a key and a vault for copies there, and the primary's automated backups."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.backup.vault import BackupVault, LockArgs, VaultArgs
from components.keys import KeysArgs, administration
from components.policy import document
from components.refuse import refuse
from knowledge import limits


@dataclass(frozen=True, kw_only=True)
class BackupRegionArgs:
    """Where to, and how long."""

    prefix: str
    """Prefix of the names there."""
    region: str
    """Region."""
    account_id: pulumi.Input[str]
    """Account that owns the key."""
    partition: pulumi.Input[str] = "aws"
    """AWS partition."""
    copies: bool = True
    """Make a vault for the copies of a backup plan."""
    lock: LockArgs | None = None
    """Vault lock there."""
    replicate_arn: pulumi.Input[str] | None = None
    """Instance whose automated backups, logs and all, are kept there too: point-in-time recovery without the first
    region. RDS allows it between certain regions only (USER_ReplicateBackups)."""
    replicate_days: int = 7
    """Days of them."""
    deletion_window_days: int = 30
    """Days between the order to delete the key and its deletion."""
    protect: bool = False
    """Refuse to delete key and vault through Pulumi."""

    def __post_init__(self) -> None:
        """Refuse what RDS and AWS Backup refuse, before anything is made. Raise ValueError."""
        refuse(
            "backup",
            replicate_days=limits.REPLICATED_BACKUPS.problem(self.replicate_days),
            deletion_window_days=limits.DELETION_WINDOW.problem(self.deletion_window_days),
        )


class BackupRegion(pulumi.ComponentResource):
    """Key, vault and replicated automated backups."""

    vault_arn: pulumi.Output[str] | None
    """Vault of the copies; None where none are made."""
    key_arn: pulumi.Output[str]
    """Key of the vault there."""

    def __init__(self, name: str, args: BackupRegionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the key, the vault and the replication of automated backups."""
        super().__init__("data-tier:index:BackupRegion", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        owner = KeysArgs(prefix=args.prefix, account_id=args.account_id, region=args.region, partition=args.partition)
        key = aws.kms.Key(
            f"{name}-key",
            description=f"Backups of {args.prefix}",
            enable_key_rotation=True,
            deletion_window_in_days=args.deletion_window_days,
            policy=document(administration(owner)),
            region=args.region,
            # A key outlives what it encrypted: without it every copy is lost. Where nothing is protected the copies go
            # with their vault; RDS keeps replicated backups for their days (USER_ReplicateBackups).
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=args.protect,
                retain_on_delete=args.protect or args.replicate_arn is not None,
            ),
        )
        aws.kms.Alias(
            f"{name}-key-alias",
            name=f"alias/{args.prefix}-backup",
            target_key_id=key.key_id,
            region=args.region,
            opts=child,
        )
        self.key_arn = key.arn
        self.vault_arn = None
        if args.copies:
            vault = VaultArgs(
                vault=f"{args.prefix}-copies",
                key_arn=key.arn,
                region=args.region,
                lock=args.lock,
                protect=args.protect,
            )
            self.vault_arn = BackupVault(name, vault, child).arn
        if args.replicate_arn is not None:
            aws.rds.InstanceAutomatedBackupsReplication(
                f"{name}-replication",
                source_db_instance_arn=args.replicate_arn,
                kms_key_id=key.arn,
                retention_period=args.replicate_days,
                region=args.region,
                opts=child,
            )
        self.register_outputs({"vault_arn": self.vault_arn, "key_arn": self.key_arn})
