"""Topics, subscriptions, alarms and the runner: who is notified, and when the bootstrap runs."""

from __future__ import annotations

from graph import types
from preview.impact.effect import Effect, Rule

WATCHING: dict[str, tuple[Rule, ...]] = {
    types.TOPIC: (
        Rule(
            id="topic-delete",
            key="*",
            effect=Effect.DOWNTIME,
            users="Its subscribers receive nothing more; e-mail addresses must be confirmed again.",
            source="Amazon SNS Developer Guide, sns-delete-subscription-topic",
        ),
        Rule(
            id="topic-plain",
            key="kmsMasterKeyId",
            effect=Effect.DOWNTIME,
            when=lambda e: str(e.after) == "alias/aws/sns",
            users="CloudWatch may not use the AWS-managed key: alarms ring unheard.",
            source="repost.aws, cloudwatch-receive-sns-for-alarm-trigger",
            way_round="A customer-managed key.",
        ),
        Rule(
            id="topic-key",
            key="kmsMasterKeyId",
            effect=Effect.IN_PLACE,
            users="Messages are encrypted under the new key; its policy must let the publishers in.",
            source="Amazon SNS Developer Guide, sns-key-management",
        ),
    ),
    types.SUBSCRIPTION: (
        Rule(
            id="subscription-delete",
            key="*",
            effect=Effect.IN_PLACE,
            users="This subscriber hears no more.",
            source="Amazon SNS Developer Guide, sns-delete-subscription-topic",
        ),
        Rule(
            id="subscription-endpoint",
            key="endpoint",
            users="The new address must confirm before it hears anything (e-mail).",
            source="Amazon SNS Developer Guide, sns-email-notifications",
        ),
    ),
    types.METRIC_ALARM: (
        Rule(
            id="alarm-delete",
            key="*",
            effect=Effect.IN_PLACE,
            users="Nobody watches this any longer.",
            source="Amazon CloudWatch User Guide, AlarmThatSendsEmail",
        ),
    ),
    types.COMPOSITE_ALARM: (
        Rule(
            id="page-delete",
            key="*",
            effect=Effect.IN_PLACE,
            users="Nobody is paged for these servers any longer.",
            source="Amazon CloudWatch User Guide, Create_Composite_Alarm",
        ),
        Rule(
            id="page-silenced",
            key="actionsSuppressor",
            effect=Effect.IN_PLACE,
            users="This page is silent while another alarm rings.",
            source="Amazon CloudWatch User Guide, alarm-suppression",
        ),
    ),
    types.LOG_FILTER: (
        Rule(
            id="filter-delete",
            key="*",
            effect=Effect.IN_PLACE,
            users="These lines are not counted any longer; the alarm on them never rings.",
            source="Amazon CloudWatch Logs User Guide, MonitoringLogData",
        ),
        Rule(
            id="filter-pattern",
            key="pattern",
            effect=Effect.IN_PLACE,
            users="Other lines are counted from now on; nothing that was logged before.",
            source="Amazon CloudWatch Logs User Guide, MonitoringLogData",
        ),
    ),
    types.DASHBOARD: (
        Rule(
            id="dashboard-body",
            key="dashboardBody",
            effect=Effect.IN_PLACE,
            users="The dashboard is overwritten; what was changed in the console is lost.",
            source="Amazon CloudWatch API Reference, PutDashboard",
        ),
    ),
    types.INVOCATION: (
        Rule(
            id="bootstrap-runs",
            key="triggers",
            users="The bootstrap runs (its invocation is replaced): migrations, roles, users, then verification.",
            source="docs/architecture.md",
            way_round="`datatier migrate up --dry-run` shows the SQL.",
        ),
        Rule(
            id="bootstrap-input",
            key="input",
            users="The bootstrap runs (its invocation is replaced) against what the stack holds now.",
            source="docs/architecture.md",
        ),
    ),
}
