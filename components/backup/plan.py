"""AWS Backup of the primary: vault, plan, selection, and notifications.

Point-in-time recovery is RDS's own, by its automated backups (ADR 0013); the plan adds recovery points that live apart
from the instance: they outlive it, can be locked, copied to another region and restored as a test.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.backup.vault import BackupVault, LockArgs, VaultArgs
from components.policy import trust
from components.refuse import refuse
from knowledge import limits
from knowledge.backups.jobs import COMPLETION_WINDOW, START_WINDOW

EVENTS = ("BACKUP_JOB_COMPLETED", "CONTINUOUS_BACKUP_INTERRUPTED", "COPY_JOB_FAILED", "RESTORE_JOB_COMPLETED")
"""What the vault tells: `..._COMPLETED` is every end, be it good (backup-notifications)."""
MANAGED = ("AWSBackupServiceRolePolicyForBackup", "AWSBackupServiceRolePolicyForRestores")
"""AWS's own policies: what Backup calls for RDS changes with the service, and only the service assumes the role."""


@dataclass(frozen=True, kw_only=True)
class ScheduleArgs:
    """One rule of the plan."""

    rule: str
    """Its name, such as `weekly`."""
    cron: str
    """AWS cron expression in UTC, such as `cron(0 2 ? * SUN *)`: RDS's windows are in UTC all the year, and a rule in
    local time would meet them in summer, or be left out in the hour that spring skips."""
    keep_days: int
    """Days that its recovery points are kept."""
    continuous: bool = False
    """Whether it keeps the transaction logs in place of a snapshot."""

    def __post_init__(self) -> None:
        """Refuse a retention that AWS Backup refuses."""
        limit = limits.KEPT_CONTINUOUSLY if self.continuous else limits.KEPT
        refuse(f"backup: {self.rule}", keep_days=limit.problem(self.keep_days))


@dataclass(frozen=True, kw_only=True)
class BackupArgs:
    """What is backed up, when, and who hears of it."""

    prefix: str
    """Prefix of the names: `<prefix>-vault`, `<prefix>-plan`, and the role `<prefix>-backup`."""
    partition: pulumi.Input[str] = "aws"
    """AWS partition."""
    key_arn: pulumi.Input[str]
    """KMS key of the vault: the storage key, which the instance's recovery points bear in any case."""
    resource_arns: Sequence[pulumi.Input[str]]
    """Instances to back up. A replica needs none: it is its source's copy."""
    schedules: Sequence[ScheduleArgs]
    """Rules of the plan."""
    copy_vault_arn: pulumi.Input[str] | None = None
    """Vault of another region in which each snapshot is copied."""
    copy_keep_days: int = 30
    """Days that the copies are kept."""
    lock: LockArgs | None = None
    """Vault lock."""
    told_topic_arn: pulumi.Input[str]
    """Topic for every job that ends."""
    failed_topic_arn: pulumi.Input[str]
    """Topic for jobs that fail."""
    protect: bool = False
    """Refuse to delete the vault through Pulumi, and deny the deletion of recovery points."""

    def __post_init__(self) -> None:
        """Refuse names, doubles and a retention that AWS Backup or the lock refuses."""
        refuse("backup", copy_keep_days=limits.KEPT.problem(self.copy_keep_days))
        names = [each.rule for each in self.schedules]
        if not names or len(set(names)) != len(names):
            raise ValueError(f"backup: schedules are named {names}; give one at least, and each a name of its own")
        if sum(each.continuous for each in self.schedules) > 1:
            raise ValueError("backup: two continuous schedules; an instance has one continuous recovery point")
        if self.lock:
            for each in self.schedules:
                if problem := limits.locked_problem(each.keep_days, self.lock.min_days, self.lock.max_days):
                    raise ValueError(f"backup: {each.rule} {problem}")
            copied = self.copy_vault_arn is not None
            problem = limits.locked_problem(self.copy_keep_days, self.lock.min_days, self.lock.max_days)
            refuse("backup", copy_keep_days=problem if copied else None)


class Backup(pulumi.ComponentResource):
    """Vault, plan, selection, role, notifications."""

    vault_name: pulumi.Output[str]
    """Name of the vault."""
    vault_arn: pulumi.Output[str]
    """ARN of the vault."""
    plan_arn: pulumi.Output[str]
    """ARN of the plan."""
    role_arn: pulumi.Output[str]
    """Role as which AWS Backup backs up and restores."""

    def __init__(self, name: str, args: BackupArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the vault, the plan and its selection, and the notifications."""
        super().__init__("data-tier:index:Backup", name, {}, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        vault = BackupVault(
            f"{name}-here",
            VaultArgs(vault=f"{args.prefix}-vault", key_arn=args.key_arn, lock=args.lock, protect=args.protect),
            self._child,
        )
        role, attached = self._role()
        plan = self._plan(vault)
        aws.backup.Selection(
            f"{name}-selection",
            name=f"{args.prefix}-primary",
            plan_id=plan.id,
            iam_role_arn=role.arn,
            resources=list(args.resource_arns),
            opts=pulumi.ResourceOptions(parent=self, depends_on=attached),
        )
        self._tell(vault, role)
        self.vault_name, self.vault_arn = vault.name, vault.arn
        self.plan_arn, self.role_arn = plan.arn, role.arn
        self.register_outputs(
            {
                "vault_name": self.vault_name,
                "vault_arn": self.vault_arn,
                "plan_arn": self.plan_arn,
                "role_arn": self.role_arn,
            }
        )

    def _role(self) -> tuple[aws.iam.Role, list[pulumi.Resource]]:
        args = self._args
        role = aws.iam.Role(
            f"{self._name}-role",
            name=f"{args.prefix}-backup",
            description="Backs the primary up and restores it for tests",
            # No condition: AWS Backup names aws:SourceAccount for topics and keys that it uses, not for a role that it
            # assumes (AWS Backup Developer Guide, "Cross-service confused deputy prevention", "IAM service roles"), and
            # a role is only ever passed within its account.
            assume_role_policy=trust("backup.amazonaws.com"),
            opts=self._child,
        )
        attached: list[pulumi.Resource] = [
            aws.iam.RolePolicyAttachment(
                f"{self._name}-{policy.removeprefix('AWSBackupServiceRolePolicyFor').lower()}",
                role=role.name,
                policy_arn=pulumi.Output.format("arn:{0}:iam::aws:policy/service-role/{1}", args.partition, policy),
                opts=self._child,
            )
            for policy in MANAGED
        ]
        return role, attached

    def _plan(self, vault: BackupVault) -> aws.backup.Plan:
        args = self._args
        return aws.backup.Plan(
            f"{self._name}-plan",
            name=f"{args.prefix}-plan",
            rules=[
                aws.backup.PlanRuleArgs(
                    rule_name=each.rule,
                    target_vault_name=vault.name,
                    schedule=each.cron,
                    start_window=START_WINDOW,
                    completion_window=COMPLETION_WINDOW,
                    enable_continuous_backup=each.continuous,
                    lifecycle=aws.backup.PlanRuleLifecycleArgs(delete_after=each.keep_days),
                    # Logs cannot be copied; of a continuous rule AWS Backup would copy a snapshot more.
                    copy_actions=[] if each.continuous else self._copies(),
                )
                for each in args.schedules
            ],
            opts=self._child,
        )

    def _copies(self) -> list[aws.backup.PlanRuleCopyActionArgs]:
        args = self._args
        if args.copy_vault_arn is None:
            return []
        return [
            aws.backup.PlanRuleCopyActionArgs(
                destination_vault_arn=args.copy_vault_arn,
                lifecycle=aws.backup.PlanRuleCopyActionLifecycleArgs(delete_after=args.copy_keep_days),
            )
        ]

    def _tell(self, vault: BackupVault, role: aws.iam.Role) -> None:
        """Every end to one topic, which the vault does; failures to another: SNS cannot tell them apart by itself.

        EventBridge publishes as a service: with a role, delivery to an encrypted topic may fail
        (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html).
        """
        name, args = self._name, self._args
        aws.backup.VaultNotifications(
            f"{name}-notifications",
            backup_vault_name=vault.name,
            sns_topic_arn=args.told_topic_arn,
            backup_vault_events=list(EVENTS),
            opts=self._child,
        )
        rule = aws.cloudwatch.EventRule(
            f"{name}-failures",
            name=f"{args.prefix}-backup-failures",
            description="Backup, copy and restore jobs that fail",
            event_pattern=failures(role.arn),
            opts=self._child,
        )
        aws.cloudwatch.EventTarget(
            f"{name}-failures-target",
            rule=rule.name,
            arn=args.failed_topic_arn,
            opts=self._child,
        )


def failures(role_arn: pulumi.Input[str]) -> pulumi.Output[str]:
    """The jobs of this role that fail, as EventBridge tells of them (AWS Backup Developer Guide, eventbridge).

    How it stands is `state` for a backup or a copy, `status` for a restore.
    """
    jobs = {"iamRoleArn": [role_arn], "state": ["FAILED", "ABORTED", "EXPIRED", "PARTIAL"]}
    restores = {"iamRoleArn": [role_arn], "status": ["FAILED", "ABORTED"]}
    return pulumi.Output.json_dumps(
        {
            "source": ["aws.backup"],
            "$or": [
                {"detail-type": ["Backup Job State Change", "Copy Job State Change"], "detail": jobs},
                {"detail-type": ["Restore Job State Change"], "detail": restores},
            ],
        }
    )
