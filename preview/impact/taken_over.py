"""What a stack changes in place of servers that it has taken over: their logs, events, groups and minor versions."""

from __future__ import annotations

from graph.types import CACHE, INSTANCE, LOG_GROUP
from preview.impact.effect import Edit, Effect, Rule

_CACHES = "ElastiCache API Reference, ModifyReplicationGroup"


def _more(edit: Edit) -> bool:
    """Whether nothing is taken out of a list."""
    return all(each in (edit.after or []) for each in edit.before or [])


TAKEN_OVER: dict[str, tuple[Rule, ...]] = {
    INSTANCE: (
        Rule(
            id="rds-logs-added",
            key="enabledCloudwatchLogsExports",
            when=_more,
            users="Nothing: more of its logs go to CloudWatch from now on, which charges for them.",
            source="RDS User Guide, USER_LogAccess.Concepts.PostgreSQL",
        ),
        Rule(
            id="rds-logs-fewer",
            key="enabledCloudwatchLogsExports",
            users="A log no longer goes to CloudWatch; what is there already stays.",
            source="RDS User Guide, USER_LogAccess.Concepts.PostgreSQL",
        ),
        Rule(
            id="rds-snapshot-tags",
            key="copyTagsToSnapshot",
            users="Nothing: snapshots made from now on have the instance's tags, or no longer have them.",
            source="RDS User Guide, USER_Tagging",
        ),
        Rule(
            id="rds-monitoring-role",
            key="monitoringRoleArn",
            users="Nothing: the figures of the operating system go to CloudWatch by another role.",
            source="RDS User Guide, USER_Monitoring.OS.Enabling",
        ),
    ),
    LOG_GROUP: (
        Rule(
            id="logs-key",
            key="kmsKeyId",
            users="Nothing: lines written from now on are encrypted with it, older ones stay as they are.",
            source="Amazon CloudWatch Logs User Guide, encrypt-log-data-kms",
        ),
        Rule(
            id="logs-longer",
            key="retentionInDays",
            users="Lines are kept longer, which CloudWatch charges for.",
            source="Amazon CloudWatch Logs User Guide, SettingLogRetention",
        ),
    ),
    CACHE: (
        Rule(
            id="cache-minor-upgrades-off",
            key="autoMinorVersionUpgrade",
            when=lambda e: not e.after,
            users="Nothing: minor versions no longer come by themselves in the maintenance window.",
            source=_CACHES,
        ),
        Rule(
            id="cache-minor-upgrades",
            key="autoMinorVersionUpgrade",
            users="Minor versions come by themselves, in the maintenance window.",
            source=_CACHES,
        ),
        Rule(
            id="cache-logs",
            key="logDeliveryConfigurations",
            users="Nothing: the engine's logs go there from now on, which charges for them.",
            source="ElastiCache User Guide, Log_Delivery",
        ),
        Rule(
            id="cache-topic",
            key="notificationTopicArn",
            users="Its events go to this topic, and no longer to another: a cache has one.",
            source=_CACHES,
        ),
        Rule(
            id="cache-group-added",
            key="securityGroupIds",
            effect=Effect.IN_PLACE,
            when=_more,
            users="Nothing: whom the other groups let in goes on, and who is in the new one can connect too.",
            source=_CACHES,
        ),
        Rule(
            id="cache-group-removed",
            key="securityGroupIds",
            effect=Effect.DOWNTIME,
            users="Whoever only a group that is taken away let in can no longer connect.",
            source=_CACHES,
            way_round="Keep it in `security_groups` of its `existing`, until network.clients names its clients.",
        ),
        Rule(
            id="cache-snapshot-window",
            key="snapshotWindow",
            users="Nothing but the hour at which snapshots are taken.",
            source="ElastiCache User Guide, backups-automatic",
        ),
    ),
}
