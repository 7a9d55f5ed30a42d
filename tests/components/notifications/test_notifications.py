"""Topics: encrypted by severity, plain for ElastiCache, with policies that let the publishers through and no other."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pytest

from components.notifications.args import NotificationsArgs, Subscription
from components.notifications.topics import Notifications

ACCOUNT = "123456789012"


def args(**more: Any) -> NotificationsArgs:
    base = {"prefix": "crm-dev", "account_id": ACCOUNT, "region": "eu-west-1", "key_arn": "arn:key"}
    return NotificationsArgs(**base | more)


def test_topics_and_policies(record: Any) -> None:
    seen = record(lambda: Notifications("n", args()))
    topics = ("critical", "warning", "info", "cache-events")
    assert seen.listing == sorted(
        [
            ("Notifications", "n", ""),
            *(("Topic", f"n-{topic}", "n") for topic in topics),
            *(("TopicPolicy", f"n-{topic}-policy", "n") for topic in topics),
        ]
    )
    assert [seen[f"n-{topic}"].inputs for topic in topics] == [
        {"name": "crm-dev-critical", "kmsMasterKeyId": "arn:key"},
        {"name": "crm-dev-warning", "kmsMasterKeyId": "arn:key"},
        {"name": "crm-dev-info", "kmsMasterKeyId": "arn:key"},
        {"name": "crm-dev-cache-events"},
    ]
    for topic in topics:
        policy = json.loads(seen[f"n-{topic}-policy"].inputs["policy"])["Statement"]
        assert {statement["Resource"] for statement in policy} == {f"arn:n-{topic}"}
        assert policy[0]["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
        assert (policy[1]["Effect"], policy[1]["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})

    def publishers(topic: str) -> dict[str, Any]:
        policy = json.loads(seen[f"n-{topic}-policy"].inputs["policy"])["Statement"][2:]
        assert {tuple(statement["Action"]) for statement in policy} == {("sns:Publish",)}
        return {next(iter(s["Principal"].values())): s.get("Condition") for s in policy}

    def only(source: str) -> Any:
        arn, service = f"arn:aws:{source.replace('|', f':eu-west-1:{ACCOUNT}:')}", {"aws:SourceAccount": ACCOUNT}
        return {"ArnLike": {"aws:SourceArn": arn}, "StringEquals": service}

    alarms = {"cloudwatch.amazonaws.com": only("cloudwatch|alarm:crm-dev-*")}
    databases = {"events.rds.amazonaws.com": only("rds|*")}
    assert publishers("critical") == alarms
    assert publishers("warning") == alarms | databases | {"events.amazonaws.com": only("events|rule/crm-dev-*")}
    assert publishers("info") == alarms | databases | {"backup.amazonaws.com": None}
    assert publishers("cache-events") == {
        "*": {"StringEquals": {"aws:SourceOwner": ACCOUNT}},
        "elasticache.amazonaws.com": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
    }


def test_recipients(record: Any) -> None:
    queue = "arn:aws:sqs:eu-west-1:123456789012:ops"
    recipients = {
        "critical": [
            Subscription(kind="email", endpoint="oncall@example.org"),
            Subscription(kind="https", endpoint=pulumi.Output.secret("https://pager.example.org/token")),
            Subscription(kind="slack", endpoint="T01/C01"),
        ],
        "warning": [Subscription(kind="slack", endpoint="T01/C01"), Subscription(kind="sqs", endpoint=queue)],
        "info": [Subscription(kind="email", endpoint="data@example.org")],
    }
    seen = record(lambda: Notifications("n", args(recipients=recipients)))
    found = sorted(
        (
            each.inputs["topic"],
            each.inputs["protocol"],
            each.inputs["endpoint"],
            each.inputs.get("endpointAutoConfirms"),
        )
        for each in seen.of("TopicSubscription").values()
    )
    assert found == [
        ("arn:n-cache-events", "email", "data@example.org", None),
        ("arn:n-critical", "email", "oncall@example.org", None),
        ("arn:n-critical", "https", "[secret]", True),
        ("arn:n-info", "email", "data@example.org", None),
        ("arn:n-warning", "sqs", queue, None),
    ]
    assert {each.parent for each in seen.of("TopicSubscription").values()} == {"n"}
    # One configuration for a channel, however many severities it hears of.
    assert {row for row in seen.listing if row[2] in ("n-chat",)} == {
        ("Role", "n-chat-role", "n-chat"),
        ("RolePolicy", "n-chat-read", "n-chat"),
        ("SlackChannelConfiguration", "n-chat-c01", "n-chat"),
    }
    assert seen["n-chat-c01"].inputs == {
        "configurationName": "crm-dev-c01",
        "guardrailPolicyArns": ["arn:aws:iam::aws:policy/CloudWatchReadOnlyAccess"],
        "iamRoleArn": "arn:n-chat-role",
        "loggingLevel": "ERROR",
        "slackChannelId": "C01",
        "slackTeamId": "T01",
        "snsTopicArns": ["arn:n-critical", "arn:n-warning"],
    }


def test_a_chat_channel_reads_metrics_of_alarms_and_no_logs(record: Any) -> None:
    chat = {"warning": [Subscription(kind="slack", endpoint="T01/C01")]}
    seen = record(lambda: Notifications("n", args(recipients=chat, partition="aws-us-gov")))
    (statement,) = json.loads(seen["n-chat-read"].inputs["policy"])["Statement"]
    assert {action.partition(":")[0] for action in statement["Action"]} == {"cloudwatch"}
    assert not [each for each in statement["Action"] if "*" in each or "Put" in each or "Delete" in each]
    guardrail = "arn:aws-us-gov:iam::aws:policy/CloudWatchReadOnlyAccess"
    assert seen["n-chat-c01"].inputs["guardrailPolicyArns"] == [guardrail]
    assert not seen.of("RolePolicyAttachment")


def test_removing_a_recipient_leaves_the_others(record: Any) -> None:
    people = [Subscription(kind="email", endpoint=f"{name}@example.org") for name in ("a", "b")]
    both = record(lambda: Notifications("n", args(recipients={"critical": people}))).of("TopicSubscription")
    one = record(lambda: Notifications("n", args(recipients={"critical": people[1:]}))).of("TopicSubscription")
    assert set(one) < set(both)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Subscription(kind="sms", endpoint="+41"), "none of email, https, sqs, slack"),
        (lambda: Subscription(kind="email", endpoint="oncall"), "email endpoint is not of the form"),
        (lambda: Subscription(kind="https", endpoint="http://example.org"), "https endpoint is not of the form"),
        (lambda: Subscription(kind="sqs", endpoint="queue"), "sqs endpoint is not of the form"),
        (lambda: Subscription(kind="slack", endpoint="#alerts"), "slack endpoint is not of the form"),
        (lambda: Subscription(kind="slack", endpoint=pulumi.Output.from_input("T/C")), "plain text"),
        (lambda: args(recipients={"fatal": []}), "severities are critical, warning, info"),
    ],
)
def test_refused(build: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build()


def test_a_refusal_does_not_repeat_the_address() -> None:
    with pytest.raises(ValueError, match="https endpoint") as refusal:
        Subscription(kind="https", endpoint="http://example.org/token-1234")
    assert "token-1234" not in str(refusal.value)
