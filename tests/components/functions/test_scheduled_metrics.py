"""The scheduled metrics: what is made, when it runs, and that it may read the watchers' secrets and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from bootstrap.own_manifest import SECRET
from components.functions.metrics import ScheduledMetrics, ScheduledMetricsArgs


def args(**more: Any) -> ScheduledMetricsArgs:
    base: dict[str, Any] = {
        "prefix": "shop-live",
        "account_id": "123456789012",
        "region": "eu-west-1",
        "code": pulumi.AssetArchive({"a.py": pulumi.StringAsset("")}),
        "manifest": '{"stack": "live"}',
        "namespace": "data-tier/shop-live",
        "secret_arns": ["arn:watcher"],
        "described_secret_arns": ["arn:master", "arn:watcher"],
        "subnet_ids": ["subnet-1"],
        "security_group_ids": ["sg-1"],
        "secrets_key_arn": "arn:key",
        "logs_key_arn": "arn:logs",
    }
    return ScheduledMetricsArgs(**base | more)


def test_what_is_made(record: Any) -> None:
    def program() -> None:
        bootstrapped = aws.sns.Topic("bootstrapped")
        ScheduledMetrics("metrics", args(), pulumi.ResourceOptions(depends_on=[bootstrapped]))

    seen = record(program)
    assert seen.listing == [
        ("EventRule", "metrics-schedule", "metrics"),
        ("EventTarget", "metrics-target", "metrics"),
        ("Function", "metrics-function", "metrics"),
        ("FunctionEventInvokeConfig", "metrics-once", "metrics"),
        ("LogGroup", "metrics-logs", "metrics"),
        ("Permission", "metrics-events", "metrics"),
        ("Role", "metrics-role", "metrics"),
        ("RolePolicy", "metrics-policy", "metrics"),
        ("ScheduledMetrics", "metrics", ""),
        ("Secret", "metrics-manifest", "metrics"),
        ("SecretVersion", "metrics-manifest-content", "metrics"),
        ("Topic", "bootstrapped", ""),
    ]
    function = seen["metrics-function"].inputs
    function.pop("code")
    assert function == {
        "architectures": ["arm64"],
        "description": "Metrics of the data tier that CloudWatch alone does not have",
        "environment": {
            "variables": {
                "DATATIER_INSIGHTS": "on",
                SECRET: "arn:metrics-manifest",
                "DATATIER_NAMESPACE": "data-tier/shop-live",
            }
        },
        "handler": "keep.watch.handler.handler",
        "loggingConfig": {"logFormat": "JSON", "logGroup": "/aws/lambda/shop-live-metrics"},
        "memorySize": 512,
        "name": "shop-live-metrics",
        "role": "arn:metrics-role",
        "runtime": "python3.13",
        "timeout": 290,
        "vpcConfig": {"securityGroupIds": ["sg-1"], "subnetIds": ["subnet-1"]},
    }
    assert seen["metrics-once"].inputs == {
        "functionName": "shop-live-metrics",
        "maximumEventAgeInSeconds": 60,
        "maximumRetryAttempts": 0,
    }
    schedule = seen["metrics-schedule"]
    assert schedule.inputs == {
        "name": "shop-live-metrics",
        "description": "The servers are looked at",
        "scheduleExpression": "rate(5 minutes)",
    }
    assert "bootstrapped" in schedule.waits_for  # before it nobody can log in
    assert seen["metrics-manifest"].inputs["name"] == "shop-live/metrics/manifest"


@pytest.mark.parametrize(
    ("minutes", "rate", "timeout"),
    [(1, "rate(1 minute)", 50), (2, "rate(2 minutes)", 110), (60, "rate(60 minutes)", 300)],
)
def test_a_run_ends_before_the_next_one_begins(record: Any, minutes: int, rate: str, timeout: int) -> None:
    seen = record(lambda: ScheduledMetrics("metrics", args(every_minutes=minutes, reserved_concurrency=1)))
    function = seen["metrics-function"].inputs
    assert (seen["metrics-schedule"].inputs["scheduleExpression"], function["timeout"]) == (rate, timeout)
    assert function["reservedConcurrentExecutions"] == 1


def test_least_privilege(record: Any) -> None:
    policy = record(lambda: ScheduledMetrics("metrics", args()))["metrics-policy"].inputs["policy"]
    statements = {statement["Sid"]: statement for statement in json.loads(policy)["Statement"]}
    own = {sid: (each["Action"], each["Resource"]) for sid, each in statements.items() if not sid.startswith("Network")}
    assert own == {
        "Secrets": (["secretsmanager:GetSecretValue"], ["arn:metrics-manifest", "arn:watcher"]),
        "Ages": (
            ["secretsmanager:DescribeSecret", "secretsmanager:ListSecretVersionIds"],
            ["arn:master", "arn:watcher"],
        ),
        "SecretsKey": (["kms:Decrypt"], "arn:key"),
        "Logs": (["logs:CreateLogStream", "logs:PutLogEvents"], "arn:metrics-logs:*"),
    }
    assert statements["NetworkFromCode"]["Effect"] == "Deny"


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"every_minutes": 0}, "takes 1 to 60 minutes"),
        ({"every_minutes": 61}, "takes 1 to 60 minutes"),
        ({"reserved_concurrency": 0}, "Lambda takes 1 to 900"),
        ({"recovery_window_days": 3}, "Secrets Manager takes"),
    ],
)
def test_what_cannot_be(more: dict[str, int], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        args(**more)
