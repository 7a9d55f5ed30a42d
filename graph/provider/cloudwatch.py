"""CloudWatch and who is notified: alarms, logs, event rules, SNS, SQS and chat."""

from __future__ import annotations

from graph.kind import Kind
from graph.types import (
    CHAT,
    COMPOSITE_ALARM,
    DASHBOARD,
    EVENT_RULE,
    EVENT_TARGET,
    LOG_DATA_PROTECTION,
    LOG_FILTER,
    LOG_GROUP,
    LOG_POLICY,
    METRIC_ALARM,
    QUEUE,
    QUEUE_POLICY,
    SUBSCRIPTION,
    TOPIC,
    TOPIC_POLICY,
)

KINDS = {
    CHAT: Kind(
        source="chatbot/slack_channel_configuration.go",
        id="{arn}",
        arn="chatbot::chat-configuration/slack-channel/{configurationName}",
        named="configurationName",
        autonamed=False,
        replaces=frozenset(),
        defaults={"loggingLevel": "NONE", "userAuthorizationRequired": False},
    ),
    METRIC_ALARM: Kind(
        source="cloudwatch/metric_alarm.go",
        id="{name}",
        arn="cloudwatch:alarm:{name}",
        autonamed=False,
        replaces={"name"},
        defaults={"actionsEnabled": True, "treatMissingData": "missing"},
    ),
    COMPOSITE_ALARM: Kind(
        source="cloudwatch/composite_alarm.go",
        id="{name}",
        arn="cloudwatch:alarm:{name}",
        named="alarmName",
        autonamed=False,
        replaces={"actionsEnabled", "alarmName"},
        defaults={"actionsEnabled": True},
    ),
    DASHBOARD: Kind(
        source="cloudwatch/dashboard.go",
        id="{name}",
        arn="cloudwatch::dashboard/{name}",
        named="dashboardName",
        autonamed=False,
        replaces={"dashboardName"},
    ),
    EVENT_RULE: Kind(
        source="events/rule.go",
        id="{name}",
        arn="events:rule/{name}",
        replaces={"eventBusName", "name", "namePrefix"},
        defaults={"eventBusName": "default"},
    ),
    EVENT_TARGET: Kind(
        source="events/target.go",
        id="{rule}-{targetId}",
        named="",
        replaces={"eventBusName", "rule", "targetId"},
        defaults={"eventBusName": "default"},
    ),
    LOG_GROUP: Kind(
        source="logs/group.go",
        id="{name}",
        arn="logs:log-group:{name}",
        replaces={"logGroupClass", "name", "namePrefix"},
        defaults={"skipDestroy": False},
    ),
    LOG_FILTER: Kind(source="logs/metric_filter.go", id="{name}", replaces={"logGroupName", "name"}),
    LOG_DATA_PROTECTION: Kind(
        source="logs/data_protection_policy.go", id="{logGroupName}", named="logGroupName", autonamed=False
    ),
    LOG_POLICY: Kind(source="logs/resource_policy.go", id="{policyName}", named="policyName", autonamed=False),
    TOPIC: Kind(
        source="sns/topic.go",
        id="{arn}",
        arn="sns:{name}",
        replaces={"fifoTopic", "name", "namePrefix"},
        defaults={"fifoTopic": False},
    ),
    TOPIC_POLICY: Kind(source="sns/topic_policy.go", id="{arn}", named="", replaces={"arn"}),
    SUBSCRIPTION: Kind(
        source="sns/topic_subscription.go",
        id="{topic}:{uuid}",
        named="",
        replaces={"endpoint", "protocol", "topic"},
    ),
    QUEUE: Kind(
        source="sqs/queue.go",
        id="https://sqs.{region}.amazonaws.com/{account}/{name}",
        arn="sqs:{name}",
        replaces={"fifoQueue", "name", "namePrefix"},
    ),
    QUEUE_POLICY: Kind(source="sqs/queue_policy.go", id="{queueUrl}", named="", replaces={"queueUrl"}),
}
