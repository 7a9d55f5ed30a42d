"""RDS availability, backups, guards and logins."""

from __future__ import annotations

from preview.impact.conditions import less, sources_replicas
from preview.impact.effect import Effect, Rule

_MODIFYING = "RDS User Guide, Overview.DBInstance.Modifying"
_REPLICAS = "RDS User Guide, USER_PostgreSQL.Replication.ReadReplicas"


SERVICE: tuple[Rule, ...] = (
    Rule(
        id="rds-multi-az-on",
        key="multiAz",
        effect=Effect.IN_PLACE,
        when=lambda e: bool(e.after),
        users="A standby is built from a snapshot; write latency is higher from then on.",
        source=_MODIFYING,
        way_round="At a quiet time.",
    ),
    Rule(
        id="rds-multi-az-off",
        key="multiAz",
        effect=Effect.DOWNTIME,
        users="No pause now, but the next fault of the server is downtime instead of a failover.",
        source=_MODIFYING,
        way_round="Keep Multi-AZ where there is an RTO below an hour.",
    ),
    Rule(
        id="rds-backup-off-replicas",
        key="backupRetentionPeriod",
        effect=Effect.BLOCKED,
        when=lambda e: not e.after and sources_replicas(e),
        users="A source of replicas must keep backups.",
        source=_REPLICAS,
        way_round="At least 1 day.",
    ),
    Rule(
        id="rds-backup-off",
        key="backupRetentionPeriod",
        effect=Effect.DATA_AT_RISK,
        when=lambda e: not e.after,
        users="All automated backups are deleted, and no point in time can be restored.",
        source="RDS User Guide, USER_WorkingWithAutomatedBackups",
        way_round="At least 1 day, 7 in production.",
    ),
    Rule(
        id="rds-backup-on",
        key="backupRetentionPeriod",
        effect=Effect.DOWNTIME,
        when=lambda e: not e.before,
        users="The first backup is taken at once: a short I/O pause on a Single-AZ instance.",
        source=_MODIFYING,
    ),
    Rule(
        id="rds-backup-shorter",
        key="backupRetentionPeriod",
        effect=Effect.DATA_AT_RISK,
        when=less,
        users="Backups older than the new retention are deleted.",
        source="RDS User Guide, USER_WorkingWithAutomatedBackups",
        way_round="Copy what must stay to a snapshot.",
    ),
    Rule(
        id="rds-backup",
        key="backupRetentionPeriod",
        effect=Effect.IN_PLACE,
        users="Backups are kept longer.",
        source=_MODIFYING,
    ),
    Rule(
        id="rds-unguarded",
        key="deletionProtection",
        effect=Effect.IN_PLACE,
        when=lambda e: not e.after,
        users="Nothing now; from here on a deletion goes through.",
        source="RDS User Guide, USER_DeleteInstance",
        way_round="Leave it on in production.",
    ),
    Rule(
        id="rds-skip-snapshot",
        key="skipFinalSnapshot",
        effect=Effect.IN_PLACE,
        when=lambda e: bool(e.after),
        users="Nothing now; a deletion would leave no snapshot.",
        source="RDS User Guide, USER_DeleteInstance",
    ),
    Rule(
        id="rds-final-snapshot",
        key="skipFinalSnapshot",
        effect=Effect.IN_PLACE,
        users="Nothing now; a deletion leaves a snapshot.",
        source="RDS User Guide, USER_DeleteInstance",
    ),
    Rule(
        id="rds-final-snapshot-name",
        key="finalSnapshotIdentifier",
        effect=Effect.IN_PLACE,
        users="Nothing now; the snapshot that a deletion leaves is called so.",
        source="RDS User Guide, USER_DeleteInstance",
    ),
    Rule(
        id="rds-iam",
        key="iamDatabaseAuthenticationEnabled",
        effect=Effect.IN_PLACE,
        when=lambda e: bool(e.after),
        users="Logins by token become possible; passwords go on.",
        source=_MODIFYING,
    ),
    Rule(
        id="rds-iam-off",
        key="iamDatabaseAuthenticationEnabled",
        effect=Effect.DOWNTIME,
        users="Identities with `auth: iam` can no longer log in.",
        source="RDS User Guide, UsingWithRDS.IAMDBAuth",
    ),
    Rule(
        id="rds-parameter-group",
        key="parameterGroupName",
        effect=Effect.REBOOT,
        users="The new group, its dynamic parameters too, holds only after a restart.",
        source="RDS User Guide, parameter-groups-overview",
        way_round="Restart the replicas, then the primary.",
    ),
    Rule(
        id="rds-group-taken",
        key="vpcSecurityGroupIds",
        effect=Effect.DOWNTIME,
        when=lambda e: bool({*(e.before or ())} - {*(e.after or ())}),
        users="Clients that only that group lets in are cut off.",
        source=_MODIFYING,
        way_round="Keep it in `security_groups` of the server's `existing`, until network.clients names its clients.",
    ),
    Rule(
        id="rds-group-added",
        key="vpcSecurityGroupIds",
        effect=Effect.IN_PLACE,
        users="Nothing: whom the other groups let in goes on, and who is in the new one can connect too.",
        source=_MODIFYING,
    ),
    Rule(
        id="rds-option-group",
        key="optionGroupName",
        effect=Effect.IN_PLACE,
        users="Nothing: no option of PostgreSQL interrupts anybody.",
        source=_MODIFYING,
    ),
    Rule(
        id="rds-ca",
        key="caCertIdentifier",
        effect=Effect.DOWNTIME,
        users="Clients that do not trust the new authority are refused; older engines restart.",
        source="RDS User Guide, UsingWithRDS.SSL-certificate-rotation",
        way_round="Give the clients the global bundle first.",
    ),
    Rule(
        id="rds-window",
        key="maintenanceWindow",
        effect=Effect.IN_PLACE,
        users="Nothing, unless the new window holds this moment: then pending changes begin.",
        source=_MODIFYING,
    ),
)
