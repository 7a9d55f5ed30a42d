"""AWS Backup: vaults, plans and restore tests."""

from __future__ import annotations

from graph.kind import Kind
from graph.types import (
    BACKUP_PLAN,
    BACKUP_SELECTION,
    RESTORE_TEST_PLAN,
    RESTORE_TEST_SELECTION,
    VAULT,
    VAULT_LOCK,
    VAULT_NOTIFICATIONS,
    VAULT_POLICY,
)

KINDS = {
    BACKUP_PLAN: Kind(source="backup/plan.go", id="{uuid}", arn="backup:backup-plan:{uuid}", replaces={"name"}),
    BACKUP_SELECTION: Kind(
        source="backup/selection.go",
        id="{uuid}",
        replaces={"conditions", "iamRoleArn", "name", "notResources", "planId", "resources", "selectionTags"},
        kept={"conditions", "notResources"},
    ),
    VAULT: Kind(
        source="backup/vault.go",
        id="{name}",
        arn="backup:backup-vault:{name}",
        replaces={"kmsKeyArn", "name"},
        defaults={"forceDestroy": False},
        kept={"kmsKeyArn"},
    ),
    VAULT_LOCK: Kind(
        source="backup/vault_lock_configuration.go",
        id="{backupVaultName}",
        named="",
        replaces={"backupVaultName", "changeableForDays", "maxRetentionDays", "minRetentionDays"},
    ),
    VAULT_NOTIFICATIONS: Kind(
        source="backup/vault_notifications.go",
        id="{backupVaultName}",
        named="",
        replaces={"backupVaultEvents", "backupVaultName", "snsTopicArn"},
    ),
    VAULT_POLICY: Kind(source="backup/vault_policy.go", id="{backupVaultName}", named="", replaces={"backupVaultName"}),
    RESTORE_TEST_PLAN: Kind(
        source="backup/restore_testing_plan.go",
        id="{name}",
        arn="backup:restore-testing-plan:{name}-{uuid}",
        autonamed=False,
        replaces={"name"},
        kept={"scheduleExpressionTimezone", "startWindowHours"},
    ),
    RESTORE_TEST_SELECTION: Kind(
        source="backup/restore_testing_selection.go",
        id="{name}:{restoreTestingPlanName}",
        autonamed=False,
        replaces={"name", "protectedResourceType", "restoreTestingPlanName"},
        kept={"protectedResourceArns", "restoreMetadataOverrides", "validationWindowHours"},
    ),
}
