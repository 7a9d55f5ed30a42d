"""A vault of AWS Backup: who may delete a recovery point before it expires, and for how long nobody may."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.policy import deny, document
from components.refuse import refuse
from knowledge import limits

LOCKS = ("governance", "compliance")

# Recovery points go when their days are over, which AWS Backup does by itself, and not by anybody's hand. Whoever may
# change this policy can lift it first: two steps in place of one slip. A lock cannot be lifted so. The resource is `*`,
# because recovery points of RDS bear RDS's ARN and not the vault's (AWS Backup, create-a-vault-access-policy).
KEPT = deny(
    "KeepRecoveryPoints",
    ["backup:DeleteRecoveryPoint", "backup:DisassociateRecoveryPoint", "backup:UpdateRecoveryPointLifecycle"],
    "*",
    Principal="*",
)


@dataclass(frozen=True, kw_only=True)
class LockArgs:
    """Vault lock (AWS Backup Developer Guide, vault-lock): recovery points cannot be deleted before their day."""

    mode: str
    """`governance`: a principal that may manage locks can lift it. `compliance`: after `grace_days` nobody can, not
    even AWS; the vault then stays, and is paid for, until its last recovery point has expired."""
    min_days: int
    """A job whose retention is shorter fails."""
    max_days: int
    """A job whose retention is longer fails."""
    grace_days: int = 3
    """Compliance: days in which the lock can still be lifted, 3 at least."""

    def __post_init__(self) -> None:
        """Refuse what AWS Backup refuses."""
        if self.mode not in LOCKS:
            raise ValueError(f"backup: lock mode {self.mode!r} is none of {', '.join(LOCKS)}")
        refuse(
            "backup",
            lock=limits.lock_problem(self.min_days, self.max_days),
            grace_days=limits.LOCK_GRACE.problem(self.grace_days),
        )


@dataclass(frozen=True, kw_only=True)
class VaultArgs:
    """A vault: its name, key and lock, and who may delete from it."""

    vault: str
    """Name of the vault, 2 to 50 letters, digits, `-` and `_`."""
    key_arn: pulumi.Input[str]
    """KMS key. RDS recovery points bear the key of their instance; copies from another region are encrypted with this
    one. It must live as long as they do."""
    region: pulumi.Input[str] | None = None
    """Region, where it is another than the provider's."""
    lock: LockArgs | None = None
    """None: recovery points can be deleted by any principal that IAM allows to."""
    protect: bool = False
    """Refuse to delete it through Pulumi, and deny everybody the deletion of recovery points."""

    def __post_init__(self) -> None:
        """Refuse a name that AWS Backup refuses."""
        if not 2 <= len(self.vault) <= 50:
            raise ValueError(f"backup: vault {self.vault!r} has {len(self.vault)} characters; AWS Backup takes 2 to 50")


class BackupVault(pulumi.ComponentResource):
    """Vault, its policy and its lock."""

    name: pulumi.Output[str]
    """Name of the vault."""
    arn: pulumi.Output[str]
    """ARN of the vault."""

    def __init__(self, name: str, args: VaultArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the vault, its access policy and its lock."""
        super().__init__("data-tier:index:BackupVault", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        vault = aws.backup.Vault(
            f"{name}-vault",
            name=args.vault,
            kms_key_arn=args.key_arn,
            region=args.region,
            # Without it AWS refuses to delete a vault that holds anything.
            force_destroy=not args.protect,
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )
        if args.protect:
            aws.backup.VaultPolicy(
                f"{name}-policy",
                backup_vault_name=vault.name,
                policy=document(KEPT),
                region=args.region,
                opts=child,
            )
        if args.lock:
            aws.backup.VaultLockConfiguration(
                f"{name}-lock",
                backup_vault_name=vault.name,
                min_retention_days=args.lock.min_days,
                max_retention_days=args.lock.max_days,
                # That it is given at all is what makes the lock a compliance one.
                changeable_for_days=args.lock.grace_days if args.lock.mode == "compliance" else None,
                region=args.region,
                opts=child,
            )
        self.name, self.arn = vault.name, vault.arn
        self.register_outputs({"name": self.name, "arn": self.arn})
