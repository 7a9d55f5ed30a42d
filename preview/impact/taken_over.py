"""What a stack changes in place of servers that it has taken over: their logs, events, groups and minor versions."""

from __future__ import annotations

from graph.types import CACHE, INSTANCE, LOG_GROUP
from preview.impact.effect import Edit, Rule

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
            id="cache-snapshot-window",
            key="snapshotWindow",
            users="Nothing but the hour at which snapshots are taken.",
            source="ElastiCache User Guide, backups-automatic",
        ),
    ),
}
