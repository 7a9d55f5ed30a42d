"""What is kept apart from the servers: vaults, plans, restore tests, other regions, and buckets' settings."""

from __future__ import annotations

from typing import Any

from graph import types
from preview.impact.conditions import less
from preview.impact.effect import Edit, Effect, Rule

_VAULT = "AWS Backup Developer Guide, create-a-vault"
_LOCK = "AWS Backup Developer Guide, vault-lock"
_PLAN = "AWS Backup Developer Guide, plan-options-and-configuration"
_TEST = "AWS Backup Developer Guide, restore-testing"
_REGION = "RDS User Guide, USER_ReplicateBackups"
_LIFECYCLE = "Amazon S3 User Guide, object-lifecycle-mgmt"


def _rules(side: Any) -> dict[str, dict[str, Any]]:
    return {str(rule.get("ruleName")): rule for rule in side or ()}


def _days(rule: dict[str, Any]) -> float:
    return float((rule.get("lifecycle") or {}).get("deleteAfter") or float("inf"))


def _both(edit: Edit) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    was, now = _rules(edit.before), _rules(edit.after)
    return [(was[name], now[name]) for name in was if name in now]


def _gone(edit: Edit) -> bool:
    return bool(set(_rules(edit.before)) - set(_rules(edit.after)))


def _continuous(side: Any) -> bool:
    return any(rule.get("enableContinuousBackup") for rule in side or ())


def _shorter_logs(edit: Edit) -> bool:
    return any(_days(now) < _days(was) for was, now in _both(edit) if now.get("enableContinuousBackup"))


def _shorter(edit: Edit) -> bool:
    return any(_days(now) < _days(was) for was, now in _both(edit))


def _uncopied(edit: Edit) -> bool:
    return any(was.get("copyActions") and not now.get("copyActions") for was, now in _both(edit))


def _expirations(side: Any) -> dict[str, float]:
    """Rule of a lifecycle -> the days after which something goes."""
    found = {}
    for rule in side or ():
        for part, key in (("expiration", "days"), ("noncurrentVersionExpiration", "noncurrentDays")):
            days = (rule.get(part) or {}).get(key)
            if days and rule.get("status") == "Enabled":
                found[f"{rule.get('id')} {part}"] = float(days)
    return found


def _expires_earlier(edit: Edit) -> bool:
    was, now = _expirations(edit.before), _expirations(edit.after)
    return any(days < was.get(name, float("inf")) for name, days in now.items())


def _opens(edit: Edit) -> bool:
    return not edit.after


BACKUPS: dict[str, tuple[Rule, ...]] = {
    types.VAULT: (
        Rule(
            id="vault-delete-protected",
            key="*",
            effect=Effect.BLOCKED,
            when=lambda e: e.change.protect,
            users="Pulumi refuses: the vault is protected.",
            source="Pulumi, resource option `protect`",
            way_round="If it shall really go: `pulumi state unprotect URN`.",
        ),
        Rule(
            id="vault-destroy",
            key="*",
            effect=Effect.DATA_AT_RISK,
            when=lambda e: bool((e.change.was or {}).get("forceDestroy")),
            users="Every recovery point in it is deleted.",
            source="terraform-provider-aws, backup/vault.go: force_destroy",
            way_round="Copy what must stay to another vault first.",
        ),
        Rule(
            id="vault-delete",
            key="*",
            effect=Effect.BLOCKED,
            users="AWS refuses while there is a recovery point in it.",
            source=_VAULT,
            way_round="Let them expire, or copy them to another vault.",
        ),
        Rule(
            id="vault-name",
            key="name",
            effect=Effect.DATA_AT_RISK,
            users="A new, empty vault takes its place; the old one is refused to go while it holds anything.",
            way_round="Leave the name.",
        ),
        Rule(
            id="vault-key",
            key="kmsKeyArn",
            effect=Effect.DATA_AT_RISK,
            users="A new, empty vault takes its place: the key of one that exists cannot be changed.",
            way_round="Make a second vault and let the plan fill that.",
        ),
    ),
    types.VAULT_POLICY: (
        Rule(
            id="vault-policy-delete",
            key="*",
            effect=Effect.IN_PLACE,
            users="Nothing now; from here on recovery points can be deleted by hand.",
            source="AWS Backup Developer Guide, create-a-vault-access-policy",
            way_round="Leave it in production.",
        ),
        Rule(
            id="vault-policy",
            key="policy",
            effect=Effect.IN_PLACE,
            users="Who may delete or copy recovery points changes at once.",
            source="AWS Backup Developer Guide, create-a-vault-access-policy",
        ),
    ),
    types.VAULT_LOCK: (
        Rule(
            id="lock-final-delete",
            key="*",
            effect=Effect.BLOCKED,
            when=lambda e: bool((e.change.was or {}).get("changeableForDays")),
            users="After its grace period nobody can lift a compliance lock, not even AWS.",
            source=_LOCK,
            way_round="Within the grace it can still be lifted.",
        ),
        Rule(
            id="lock-delete",
            key="*",
            effect=Effect.DATA_AT_RISK,
            users="Recovery points can be deleted again before their day.",
            source=_LOCK,
            way_round="Keep a VaultPolicy that denies it.",
        ),
        Rule(
            id="lock-final",
            key="changeableForDays",
            when=lambda e: bool(e.after) and not e.before,
            users="Nothing now; when these days are over no retention can be shortened and nothing deleted, for ever.",
            source=_LOCK,
            way_round="Begin with governance, and look at what it would have refused.",
        ),
        Rule(
            id="lock-grace",
            key="changeableForDays",
            effect=Effect.BLOCKED,
            users="A compliance lock whose grace is over cannot be replaced; before that it can.",
            way_round="Leave it.",
        ),
        Rule(
            id="lock-longest",
            key="maxRetentionDays",
            users="Jobs that keep longer than this fail from now on.",
            source=_LOCK,
            way_round="Hold it against every rule of the plans that fill the vault.",
        ),
        Rule(
            id="lock-shortest",
            key="minRetentionDays",
            users="Jobs that keep for less than this fail from now on.",
            source=_LOCK,
            way_round="Hold it against every rule of the plans that fill the vault.",
        ),
    ),
    types.BACKUP_PLAN: (
        Rule(
            id="plan-delete",
            key="*",
            effect=Effect.DATA_AT_RISK,
            users="No more recovery points are made; those there are expire one after the other.",
            source="AWS Backup Developer Guide, about-backup-plans",
            way_round="Make the plan that takes over first.",
        ),
        Rule(
            id="plan-logs-shorter",
            key="rules",
            effect=Effect.DATA_AT_RISK,
            when=_shorter_logs,
            users="The logs are cut at once: the days before cannot be restored any more.",
            source="AWS Backup Developer Guide, point-in-time-recovery",
            way_round="A snapshot of the days that must stay.",
        ),
        Rule(
            id="plan-logs-off",
            key="rules",
            effect=Effect.DATA_AT_RISK,
            when=lambda e: _continuous(e.before) and not _continuous(e.after),
            users="AWS Backup keeps no more logs; RDS has its retention back only when the recovery point is gone.",
            source="AWS Backup Developer Guide, point-in-time-recovery",
            way_round="`aws backup disassociate-recovery-point`, then look at the instance's retention.",
        ),
        Rule(
            id="plan-logs-on",
            key="rules",
            effect=Effect.IN_PLACE,
            when=lambda e: _continuous(e.after) and not _continuous(e.before),
            users="AWS Backup sets the instance's retention and window from now on.",
            source="AWS Backup Developer Guide, point-in-time-recovery",
        ),
        Rule(
            id="plan-fewer",
            key="rules",
            effect=Effect.DATA_AT_RISK,
            when=_gone,
            users="The rule that goes makes no more recovery points; those it made expire.",
            source=_PLAN,
            way_round="Hold the gap between those that stay against the RPO.",
        ),
        Rule(
            id="plan-shorter",
            key="rules",
            effect=Effect.IN_PLACE,
            when=_shorter,
            users="New recovery points are kept for less; those there are keep their day.",
            source=_PLAN,
        ),
        Rule(
            id="plan-uncopied",
            key="rules",
            effect=Effect.DATA_AT_RISK,
            when=_uncopied,
            users="Nothing is copied to the other region any more; the copies there are expire.",
            source="AWS Backup Developer Guide, cross-region-backup",
            way_round="Another way out of the region first: replicated automated backups, or a replica.",
        ),
        Rule(
            id="plan",
            key="rules",
            effect=Effect.IN_PLACE,
            users="The next job follows the new rules.",
            source=_PLAN,
        ),
    ),
    types.BACKUP_SELECTION: (
        Rule(
            id="selection-delete",
            key="*",
            effect=Effect.DATA_AT_RISK,
            users="What it names is not backed up any more.",
            source="AWS Backup Developer Guide, assigning-resources",
            way_round="Make the selection that takes over first.",
        ),
        Rule(
            id="selection-resources",
            key="resources",
            users="A new selection takes its place; the next job backs up what that names.",
        ),
    ),
    types.VAULT_NOTIFICATIONS: (
        Rule(
            id="vault-unheard",
            key="*",
            effect=Effect.IN_PLACE,
            users="Nobody hears any more of jobs that end.",
            source="AWS Backup Developer Guide, backup-notifications",
        ),
    ),
    types.RESTORE_TEST_PLAN: (
        Rule(
            id="restore-test-delete",
            key="*",
            effect=Effect.IN_PLACE,
            users="Nobody finds out any more whether the recovery points are any good.",
            source=_TEST,
        ),
    ),
    types.RESTORE_TEST_SELECTION: (
        Rule(
            id="restore-test-metadata",
            key="restoreMetadataOverrides",
            effect=Effect.IN_PLACE,
            users="The next test restores so; subnet and security group must let the function in.",
            source="AWS Backup Developer Guide, restore-testing-inferred-metadata",
        ),
    ),
    types.BACKUPS_REPLICATION: (
        Rule(
            id="elsewhere-delete",
            key="*",
            effect=Effect.DATA_AT_RISK,
            users="The other region gets no more logs; what is there expires with its retention.",
            source=_REGION,
            way_round="Make what takes over first.",
        ),
        Rule(
            id="elsewhere-shorter",
            key="retentionPeriod",
            effect=Effect.DATA_AT_RISK,
            when=less,
            users="It is stopped and started again, and nothing beyond the shorter retention can be restored there.",
            way_round="Restore or copy in that region what must stay.",
        ),
        Rule(
            id="elsewhere-longer",
            key="retentionPeriod",
            users="It is stopped and started again: until the first snapshot is there, that region is behind.",
            way_round="At a quiet time.",
        ),
    ),
    types.BUCKET_VERSIONING: (
        Rule(
            id="bucket-versions-off",
            key="versioningConfiguration",
            effect=Effect.DATA_AT_RISK,
            when=lambda e: (e.after or {}).get("status") != "Enabled",
            users="What is overwritten or deleted from now on is gone at once; former versions stay as they are.",
            source="Amazon S3 User Guide, Versioning",
            way_round="Leave it on and shorten the days of former versions.",
        ),
        Rule(
            id="bucket-versions-delete",
            key="*",
            effect=Effect.DATA_AT_RISK,
            users="Versioning is suspended: what is overwritten or deleted is gone at once.",
            source="terraform-provider-aws, s3/bucket_versioning.go",
            way_round="Leave it on and shorten the days of former versions.",
        ),
    ),
    types.BUCKET_LIFECYCLE: (
        Rule(
            id="bucket-expires-earlier",
            key="rules",
            effect=Effect.DATA_AT_RISK,
            when=_expires_earlier,
            users="What is older than the new days goes within a day or two, though it was promised longer.",
            source=_LIFECYCLE,
            way_round="Copy what must stay to another folder first.",
        ),
        Rule(
            id="bucket-lifecycle",
            key="rules",
            effect=Effect.IN_PLACE,
            users="Objects are kept longer, or as long.",
            source=_LIFECYCLE,
        ),
        Rule(
            id="bucket-lifecycle-delete",
            key="*",
            effect=Effect.IN_PLACE,
            users="Nothing expires any more; the bucket grows.",
            source=_LIFECYCLE,
        ),
    ),
    types.BUCKET_PUBLIC_ACCESS: (
        *(
            Rule(
                id=f"bucket-open-{key.lower()}",
                key=key,
                effect=Effect.DATA_AT_RISK,
                when=_opens,
                users="A policy or an ACL may give the world what is in it.",
                source="Amazon S3 User Guide, access-control-block-public-access",
                way_round="Leave all four on.",
            )
            for key in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
        ),
        Rule(
            id="bucket-open",
            key="*",
            effect=Effect.DATA_AT_RISK,
            users="A policy or an ACL may give the world what is in it.",
            source="Amazon S3 User Guide, access-control-block-public-access",
            way_round="Leave it.",
        ),
    ),
    types.BUCKET_POLICY: (
        Rule(
            id="bucket-policy",
            key="policy",
            effect=Effect.DOWNTIME,
            users="Principals no longer named in it are refused at once.",
            source="Amazon S3 User Guide, bucket-policies",
            way_round="Read the statements that change.",
        ),
    ),
    types.BUCKET_ENCRYPTION: (
        Rule(
            id="bucket-key",
            key="rules",
            effect=Effect.IN_PLACE,
            users="New objects are encrypted under the new key; those there are still need the old one.",
            source="Amazon S3 User Guide, bucket-encryption",
        ),
    ),
}
