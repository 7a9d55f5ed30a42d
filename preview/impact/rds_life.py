"""RDS instances that go, move to another version or class, or stop following."""

from __future__ import annotations

from knowledge.versions import numbers as version
from preview.impact.conditions import known, replica, sources_replicas
from preview.impact.effect import Edit, Effect, Rule

_MODIFYING = "RDS User Guide, Overview.DBInstance.Modifying"
_MAJOR = "RDS User Guide, USER_UpgradeDBInstance.PostgreSQL.MajorVersion.Process"
_MINOR = "RDS User Guide, USER_UpgradeDBInstance.PostgreSQL"
_REPLICAS = "RDS User Guide, USER_PostgreSQL.Replication.ReadReplicas"


def _multi_az(edit: Edit) -> bool:
    return bool((edit.change.was or {}).get("multiAz"))


def _major(edit: Edit) -> bool:
    return version(edit.before)[:1] != version(edit.after)[:1]


def _skips_snapshot(edit: Edit) -> bool:
    return bool((edit.change.was or {}).get("skipFinalSnapshot"))


LIFE: tuple[Rule, ...] = (
    Rule(
        id="rds-delete-protected",
        key="*",
        effect=Effect.BLOCKED,
        when=lambda e: e.change.protect,
        users="Pulumi refuses: the resource is protected.",
        source="Pulumi, resource option `protect`",
        way_round="If it shall really go: `pulumi state unprotect URN`, then turn deletion protection off and deploy.",
    ),
    Rule(
        id="rds-delete-guarded",
        key="*",
        effect=Effect.BLOCKED,
        when=lambda e: bool((e.change.was or {}).get("deletionProtection")),
        users="AWS refuses: deletion protection is on.",
        source="RDS User Guide, USER_DeleteInstance",
        way_round="Deploy `deletion_protection: false` first, then delete.",
    ),
    Rule(
        id="rds-delete-replica",
        key="*",
        effect=Effect.DOWNTIME,
        when=replica,
        users="Readers of this endpoint lose their connections and the address.",
        source=_REPLICAS,
        way_round="Point the readers at another replica first.",
    ),
    Rule(
        id="rds-delete-no-snapshot",
        key="*",
        effect=Effect.DATA_AT_RISK,
        when=_skips_snapshot,
        users="The database is deleted without a final snapshot.",
        source="RDS User Guide, USER_DeleteInstance",
        way_round="Take a manual snapshot, or deploy `skip_final_snapshot: false` first.",
    ),
    Rule(
        id="rds-delete",
        key="*",
        effect=Effect.DATA_AT_RISK,
        users="The database is gone but for its final snapshot; automated backups go with it.",
        source="RDS User Guide, USER_DeleteInstance",
        way_round="See the runbook on restoring before you do.",
    ),
    Rule(
        id="rds-promote",
        key="replicateSourceDb",
        effect=Effect.DATA_AT_RISK,
        when=lambda e: bool(e.before) and not e.after,
        users="The replica is promoted and stops following: from here on it holds other data than its source.",
        source=_REPLICAS,
        way_round="Leave replicateSourceDb unless the primary is lost.",
    ),
    Rule(
        id="rds-resource-replica",
        key="replicateSourceDb",
        effect=Effect.BLOCKED,
        when=lambda e: known(e.after),
        users="The provider refuses: a replica cannot be given another source.",
        source="terraform-provider-aws, rds/instance.go: cannot elect new source database for replication",
        way_round="Add a replica of the other source, move the readers, remove this one.",
    ),
    Rule(
        id="rds-major-down",
        key="engineVersion",
        effect=Effect.BLOCKED,
        when=lambda e: version(e.after)[:1] < version(e.before)[:1],
        users="RDS does not go back to an earlier major version.",
        source=_MAJOR,
        way_round="Restore a snapshot from before the upgrade, or dump and load.",
    ),
    Rule(
        id="rds-major-unsaid",
        key="engineVersion",
        effect=Effect.BLOCKED,
        when=lambda e: _major(e) and not (e.change.now or {}).get("allowMajorVersionUpgrade"),
        users="RDS refuses a major upgrade that is not asked for.",
        source=_MAJOR,
        way_round="Set data-tier:postgres.major_upgrade for this one; `datatier upgrade plan` has all the steps.",
    ),
    Rule(
        id="rds-major",
        key="engineVersion",
        effect=Effect.DOWNTIME,
        when=_major,
        users="The primary and its replicas in the region are down while pg_upgrade runs, usually 10 minutes and more; "
        "statistics are empty afterwards.",
        source=_MAJOR,
        way_round="Without replicas and RDS-managed passwords: a blue/green deployment. Else rehearse on a restored "
        "snapshot, drop logical slots (before 17), upgrade, ANALYZE, ALTER EXTENSION ... UPDATE.",
    ),
    Rule(
        id="rds-minor-before-replicas",
        key="engineVersion",
        effect=Effect.BLOCKED,
        when=sources_replicas,
        users="RDS refuses a minor upgrade of a source whose replicas are older.",
        source=_MINOR,
        way_round="Upgrade every replica first (they carry no engineVersion: use the console, the CLI or automatic "
        "minor upgrades), then the primary.",
    ),
    Rule(
        id="rds-minor-down",
        key="engineVersion",
        effect=Effect.BLOCKED,
        when=lambda e: len(version(e.after)) > 1 and version(e.after) < version(e.before),
        users="RDS does not go back to an earlier minor version.",
        source=_MINOR,
        way_round="Restore a snapshot from before.",
    ),
    Rule(
        id="rds-minor",
        key="engineVersion",
        effect=Effect.DOWNTIME,
        users="The server restarts on the new version: minutes, with a standby too.",
        source=_MINOR,
    ),
    Rule(
        id="rds-engine",
        key="engine",
        effect=Effect.DATA_AT_RISK,
        users="Another engine is another database: a new, empty instance takes the place.",
        way_round="Migrate the data with DMS or a dump.",
    ),
    Rule(
        id="rds-class-failover",
        key="instanceClass",
        effect=Effect.FAILOVER,
        when=_multi_az,
        users="One failover, usually 60 to 120 seconds; max_connections and memory change with the class.",
        source=_MODIFYING,
    ),
    Rule(
        id="rds-class",
        key="instanceClass",
        effect=Effect.DOWNTIME,
        users="Down for some minutes while the server moves; max_connections and memory change with the class.",
        source=_MODIFYING,
        way_round="Multi-AZ first makes it a failover.",
    ),
)
