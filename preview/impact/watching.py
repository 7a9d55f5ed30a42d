"""Who is told, and when the bootstrap runs: topics, subscriptions, alarms, the runner."""

from __future__ import annotations

from preview.impact.effect import Effect, Rule

WATCHING: dict[str, tuple[Rule, ...]] = {
    "aws:sns/topic:Topic": (
        Rule(
            id="topic-delete",
            key="*",
            effect=Effect.DOWNTIME,
            users="Its subscribers hear no more; e-mail must be confirmed anew.",
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
    "aws:sns/topicSubscription:TopicSubscription": (
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
            effect=Effect.REPLACE,
            users="The new address must confirm before it hears anything (e-mail).",
            source="Amazon SNS Developer Guide, sns-email-notifications",
        ),
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": (
        Rule(
            id="alarm-delete",
            key="*",
            effect=Effect.IN_PLACE,
            users="Nobody watches this any longer.",
            source="Amazon CloudWatch User Guide, AlarmThatSendsEmail",
        ),
    ),
    "aws:lambda/invocation:Invocation": (
        Rule(
            id="bootstrap-runs",
            key="triggers",
            effect=Effect.IN_PLACE,
            users="The bootstrap runs: migrations, roles and users as declared, then the proof.",
            source="docs/architecture.md",
            way_round="`datatier migrate up --dry-run` shows the SQL.",
        ),
        Rule(
            id="bootstrap-input",
            key="input",
            effect=Effect.IN_PLACE,
            users="The bootstrap runs against what the stack holds now.",
            source="docs/architecture.md",
        ),
    ),
}
