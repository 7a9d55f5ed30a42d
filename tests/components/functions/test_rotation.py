"""Rotation by Secrets Manager: what runs, who may start it, and what it may touch."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.functions.rotation import Rotation, RotationArgs


def args(**more: Any) -> RotationArgs:
    base: dict[str, Any] = {
        "prefix": "web-prod",
        "account_id": "123456789012",
        "region": "eu-west-1",
        "code": pulumi.AssetArchive({"a.py": pulumi.StringAsset("")}),
        "manifest": '{"stack": "prod"}',
        "secret_arns": {"master": "arn:master", "web_app": "arn:app"},
        "read_secret_arns": ["arn:token"],
        "subnet_ids": ["subnet-1"],
        "security_group_ids": ["sg-1"],
        "secrets_key_arn": "arn:key",
        "logs_key_arn": "arn:logs",
    }
    return RotationArgs(**base | more)


def test_what_is_made(record: Any) -> None:
    def program() -> None:
        bootstrapped = aws.sns.Topic("bootstrapped")
        Rotation("rotation", args(), pulumi.ResourceOptions(depends_on=[bootstrapped]))

    seen = record(program)
    assert seen.listing == [
        ("EventRule", "rotation-daily", "rotation"),
        ("EventTarget", "rotation-target", "rotation"),
        ("Function", "rotation-function", "rotation"),
        ("LogGroup", "rotation-logs", "rotation"),
        ("Permission", "rotation-events", "rotation"),
        ("Permission", "rotation-secretsmanager", "rotation"),
        ("Role", "rotation-role", "rotation"),
        ("RolePolicy", "rotation-policy", "rotation"),
        ("Rotation", "rotation", ""),
        ("Secret", "rotation-manifest", "rotation"),
        ("SecretRotation", "rotation-master", "rotation"),
        ("SecretRotation", "rotation-web_app", "rotation"),
        ("SecretVersion", "rotation-manifest-content", "rotation"),
        ("Topic", "bootstrapped", ""),
    ]
    assert seen["rotation-web_app"].inputs == {
        "secretId": "arn:app",
        "rotationLambdaArn": "arn:rotation-function",
        "rotateImmediately": False,
        "rotationRules": {"automaticallyAfterDays": 30},
    }
    # Not before somebody may start the function, nor before there are credentials.
    assert seen["rotation-web_app"].waits_for >= {"rotation-secretsmanager", "bootstrapped"}
    function = seen["rotation-function"].inputs
    function.pop("code")
    assert function == {
        "architectures": ["arm64"],
        "description": "Secrets Manager rotation of the data tier",
        "environment": {"variables": {"DATATIER_GRACE": "86400", "DATATIER_MANIFEST_SECRET": "arn:rotation-manifest"}},
        "handler": "bootstrap.rotate.handler.handler",
        "loggingConfig": {"logFormat": "JSON", "logGroup": "/aws/lambda/web-prod-rotation"},
        "memorySize": 512,
        "name": "web-prod-rotation",
        "role": "arn:rotation-role",
        "runtime": "python3.13",
        "timeout": 900,
        "vpcConfig": {"securityGroupIds": ["sg-1"], "subnetIds": ["subnet-1"]},
    }
    assert "rotation-policy" in seen["rotation-function"].waits_for
    assert {name: seen[name].inputs for name in ("rotation-secretsmanager", "rotation-events")} == {
        "rotation-secretsmanager": {
            "statementId": "secretsmanager",
            "action": "lambda:InvokeFunction",
            "function": "web-prod-rotation",
            "principal": "secretsmanager.amazonaws.com",
            "sourceAccount": "123456789012",
        },
        "rotation-events": {
            "statementId": "events",
            "action": "lambda:InvokeFunction",
            "function": "web-prod-rotation",
            "principal": "events.amazonaws.com",
            "sourceArn": "arn:rotation-daily",
        },
    }


def test_least_privilege(record: Any) -> None:
    policy = record(lambda: Rotation("rotation", args()))["rotation-policy"].inputs["policy"]
    statements = {statement["Sid"]: statement for statement in json.loads(policy)["Statement"]}
    assert {sid: statement["Resource"] for sid, statement in statements.items()} == {
        "Secrets": ["arn:master", "arn:app"],
        "Reads": ["arn:rotation-manifest", "arn:token"],
        "SecretsKey": "arn:key",
        "CacheUsers": "arn:aws:elasticache:eu-west-1:123456789012:user:web-prod-*",
        "Logs": "arn:rotation-logs:*",
        "Network": "*",
        "NetworkFromCode": "*",
    }
    assert not [action for statement in statements.values() for action in statement["Action"] if "*" in action]
    assert statements["NetworkFromCode"]["Effect"] == "Deny"


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"every_days": 0}, "1 to 1000"),
        ({"every_days": 1001}, "1 to 1000"),
        ({"every_days": 1, "grace_seconds": 86400}, "before the next rotation"),
    ],
)
def test_a_schedule_that_cannot_be(more: dict[str, int], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        args(**more)
