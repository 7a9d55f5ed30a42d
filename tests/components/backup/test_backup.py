"""AWS Backup: vault, plan, selection, who is told, and the second region."""

from __future__ import annotations

import json
from typing import Any

import pytest

from components.backup.plan import Backup, BackupArgs, ScheduleArgs
from components.backup.second_region import BackupRegion, BackupRegionArgs
from components.backup.vault import LockArgs, VaultArgs

WEEKLY = ScheduleArgs(rule="weekly", cron="cron(0 2 ? * SUN *)", keep_days=30)
DAILY = ScheduleArgs(rule="daily", cron="cron(0 3 ? * MON-SAT *)", keep_days=7)
LOGS = ScheduleArgs(rule="continuous", cron="cron(0 3 ? * * *)", keep_days=14, continuous=True)
GOVERNANCE = LockArgs(mode="governance", min_days=7, max_days=90)


def args(**more: Any) -> BackupArgs:
    base: dict[str, Any] = {
        "prefix": "crm-prod",
        "key_arn": "arn:key",
        "resource_arns": ["arn:primary"],
        "schedules": [WEEKLY, DAILY],
        "told_topic_arn": "arn:info",
        "failed_topic_arn": "arn:warning",
    }
    return BackupArgs(**base | more)


def test_what_is_made(record: Any) -> None:
    seen = record(lambda: Backup("backup", args(protect=True, lock=GOVERNANCE)))
    assert seen.listing == [
        ("Backup", "backup", ""),
        ("BackupVault", "backup-here", "backup"),
        ("EventRule", "backup-failures", "backup"),
        ("EventTarget", "backup-failures-target", "backup"),
        ("Plan", "backup-plan", "backup"),
        ("Role", "backup-role", "backup"),
        ("RolePolicyAttachment", "backup-backup", "backup"),
        ("RolePolicyAttachment", "backup-restores", "backup"),
        ("Selection", "backup-selection", "backup"),
        ("Vault", "backup-here-vault", "backup-here"),
        ("VaultLockConfiguration", "backup-here-lock", "backup-here"),
        ("VaultNotifications", "backup-notifications", "backup"),
        ("VaultPolicy", "backup-here-policy", "backup-here"),
    ]
    vault = seen["backup-here-vault"]
    assert (vault.inputs, vault.protect) == (
        {"name": "crm-prod-vault", "kmsKeyArn": "arn:key", "forceDestroy": False},
        True,
    )
    assert json.loads(seen["backup-here-policy"].inputs["policy"])["Statement"] == [
        {
            "Sid": "KeepRecoveryPoints",
            "Effect": "Deny",
            "Action": [
                "backup:DeleteRecoveryPoint",
                "backup:DisassociateRecoveryPoint",
                "backup:UpdateRecoveryPointLifecycle",
            ],
            "Resource": "*",
            "Principal": "*",
        }
    ]
    assert seen["backup-here-lock"].inputs == {
        "backupVaultName": "crm-prod-vault",
        "minRetentionDays": 7,
        "maxRetentionDays": 90,
    }
    assert seen["backup-plan"].inputs == {
        "name": "crm-prod-plan",
        "rules": [
            {
                "ruleName": name,
                "targetVaultName": "crm-prod-vault",
                "schedule": cron,
                "startWindow": 60,
                "completionWindow": 720,
                "enableContinuousBackup": False,
                "lifecycle": {"deleteAfter": days},
                "copyActions": [],
            }
            for name, cron, days in (
                ("weekly", "cron(0 2 ? * SUN *)", 30),
                ("daily", "cron(0 3 ? * MON-SAT *)", 7),
            )
        ],
    }
    assert seen["backup-selection"].inputs == {
        "name": "crm-prod-primary",
        "planId": "id-backup-plan",
        "iamRoleArn": "arn:backup-role",
        "resources": ["arn:primary"],
    }
    assert {"backup-backup", "backup-restores"} <= seen["backup-selection"].waits_for


def test_a_stack_that_may_go_leaves_nothing_behind(record: Any) -> None:
    seen = record(lambda: Backup("backup", args()))
    assert seen["backup-here-vault"].inputs["forceDestroy"] is True
    assert seen.of("VaultPolicy") == seen.of("VaultLockConfiguration") == {}


def test_who_hears_of_it(record: Any) -> None:
    seen = record(lambda: Backup("backup", args()))
    assert seen["backup-notifications"].inputs == {
        "backupVaultName": "crm-prod-vault",
        "snsTopicArn": "arn:info",
        "backupVaultEvents": [
            "BACKUP_JOB_COMPLETED",
            "CONTINUOUS_BACKUP_INTERRUPTED",
            "COPY_JOB_FAILED",
            "RESTORE_JOB_COMPLETED",
        ],
    }
    own = {"iamRoleArn": ["arn:backup-role"]}
    assert json.loads(seen["backup-failures"].inputs["eventPattern"]) == {
        "source": ["aws.backup"],
        "$or": [
            {
                "detail-type": ["Backup Job State Change", "Copy Job State Change"],
                "detail": {**own, "state": ["FAILED", "ABORTED", "EXPIRED", "PARTIAL"]},
            },
            {"detail-type": ["Restore Job State Change"], "detail": {**own, "status": ["FAILED", "ABORTED"]}},
        ],
    }
    # As a service: with a role, delivery to an encrypted topic may fail.
    assert seen["backup-failures-target"].inputs == {"rule": "crm-prod-backup-failures", "arn": "arn:warning"}
    (trust,) = json.loads(seen["backup-role"].inputs["assumeRolePolicy"])["Statement"]
    assert trust["Principal"] == {"Service": "backup.amazonaws.com"}
    assert "Condition" not in trust


def test_snapshots_are_copied_and_logs_are_not(record: Any) -> None:
    given = args(schedules=[WEEKLY, LOGS], copy_vault_arn="arn:far", copy_keep_days=60)
    rules = record(lambda: Backup("backup", given))["backup-plan"].inputs["rules"]
    assert [(rule["ruleName"], rule["enableContinuousBackup"], rule["copyActions"]) for rule in rules] == [
        ("weekly", False, [{"destinationVaultArn": "arn:far", "lifecycle": {"deleteAfter": 60}}]),
        ("continuous", True, []),
    ]


def region(**more: Any) -> BackupRegionArgs:
    base: dict[str, Any] = {"prefix": "crm-prod", "region": "eu-central-1", "account_id": "123456789012"}
    return BackupRegionArgs(**base | more)


@pytest.mark.parametrize(
    ("more", "stays"),
    [({}, False), ({"protect": True}, True), ({"replicate_arn": "arn:p"}, True), ({"copies": False}, False)],
)
def test_the_key_there_stays_as_long_as_what_it_opens(record: Any, more: dict[str, Any], stays: bool) -> None:
    seen = record(lambda: BackupRegion("far", region(prefix="shop-live", **more)))
    assert seen["far-key"].retain_on_delete is stays


def test_the_second_region(record: Any) -> None:
    seen = record(
        lambda: BackupRegion("far", region(lock=GOVERNANCE, replicate_arn="arn:p", replicate_days=5, protect=True))
    )
    assert seen.listing == [
        ("Alias", "far-key-alias", "far"),
        ("BackupRegion", "far", ""),
        ("BackupVault", "far", "far"),
        ("InstanceAutomatedBackupsReplication", "far-replication", "far"),
        ("Key", "far-key", "far"),
        ("Vault", "far-vault", "far"),
        ("VaultLockConfiguration", "far-lock", "far"),
        ("VaultPolicy", "far-policy", "far"),
    ]
    made = [each for each in seen.resources if each.type.startswith("aws:")]
    assert {each.inputs["region"] for each in made} == {"eu-central-1"}
    key = seen["far-key"]
    assert (key.protect, key.retain_on_delete, key.inputs["enableKeyRotation"]) == (True, True, True)
    assert seen["far-vault"].inputs["kmsKeyArn"] == "arn:far-key"
    assert seen["far-replication"].inputs == {
        "region": "eu-central-1",
        "sourceDbInstanceArn": "arn:p",
        "kmsKeyId": "arn:far-key",
        "retentionPeriod": 5,
    }


def test_a_second_region_for_logs_alone_has_no_vault(record: Any) -> None:
    seen = record(lambda: BackupRegion("far", region(copies=False, replicate_arn="arn:p")))
    assert seen.of("Vault") == {}
    assert set(seen.of("InstanceAutomatedBackupsReplication")) == {"far-replication"}


def test_a_compliance_lock_has_a_grace(record: Any) -> None:
    lock = LockArgs(mode="compliance", min_days=7, max_days=90, grace_days=5)
    seen = record(lambda: Backup("backup", args(lock=lock)))
    assert seen["backup-here-lock"].inputs["changeableForDays"] == 5


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: args(schedules=[]), "one at least"),
        (lambda: args(schedules=[WEEKLY, WEEKLY]), "a name of its own"),
        (lambda: args(schedules=[LOGS, ScheduleArgs(rule="b", cron="c", keep_days=1, continuous=True)]), "continuous"),
        (lambda: args(lock=LockArgs(mode="governance", min_days=10, max_days=90)), "daily keeps 7 days"),
        (lambda: ScheduleArgs(rule="logs", cron="c", keep_days=36, continuous=True), "1 to 35"),
        (lambda: ScheduleArgs(rule="daily", cron="c", keep_days=0), "1 to 36500"),
        (lambda: LockArgs(mode="strict", min_days=1, max_days=2), "governance, compliance"),
        (lambda: LockArgs(mode="governance", min_days=3, max_days=2), "more than 2 at most"),
        (lambda: LockArgs(mode="compliance", min_days=1, max_days=2, grace_days=2), "3 to 36500 days"),
        (lambda: VaultArgs(vault="v" * 51, key_arn="k"), "2 to 50"),
        (lambda: region(replicate_days=36), "1 to 35"),
    ],
)
def test_what_aws_refuses(make: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        make()
