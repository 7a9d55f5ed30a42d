"""The bootstrap runner: what it may, where it runs, and when it runs again."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pulumi_aws as aws

from components.runner import Runner, RunnerArgs


def args(**more: Any) -> RunnerArgs:
    base: dict[str, Any] = {
        "prefix": "tmi-dev",
        "account_id": "123456789012",
        "region": "eu-west-1",
        "code": pulumi.AssetArchive({"a.py": pulumi.StringAsset("")}),
        "manifest": '{"stack": "dev"}',
        "trigger": "abc",
        "subnet_ids": ["subnet-1"],
        "security_group_ids": ["sg-1"],
        "secret_arns": ["arn:secret-1", "arn:secret-2"],
        "secrets_key_arn": "arn:key",
        "logs_key_arn": "arn:logs",
    }
    return RunnerArgs(**base | more)


def test_the_runner(record: Any) -> None:
    def program() -> None:
        first = aws.sns.Topic("first")
        Runner("run", args(), pulumi.ResourceOptions(depends_on=[first]))

    seen = record(program)
    assert seen.listing == [
        ("Function", "run-function", "run"),
        ("Invocation", "run-run", "run"),
        ("LogGroup", "run-logs", "run"),
        ("Role", "run-role", "run"),
        ("RolePolicy", "run-policy", "run"),
        ("Runner", "run", ""),
        ("Topic", "first", ""),
    ]
    function = seen["run-function"].inputs
    function.pop("code")
    assert function == {
        "architectures": ["arm64"],
        "description": "Schema, roles, users and checks of the data tier",
        "handler": "bootstrap.handler.handler",
        "loggingConfig": {"logFormat": "JSON", "logGroup": "/aws/lambda/tmi-dev-bootstrap"},
        "memorySize": 512,
        "name": "tmi-dev-bootstrap",
        "reservedConcurrentExecutions": 1,
        "role": "arn:run-role",
        "runtime": "python3.13",
        "timeout": 900,
        "vpcConfig": {"securityGroupIds": ["sg-1"], "subnetIds": ["subnet-1"]},
    }
    assert "run-policy" in seen["run-function"].depends_on
    run = seen["run-run"]
    assert run.inputs == {
        "functionName": "tmi-dev-bootstrap",
        "input": '{"stack": "dev"}',
        "triggers": {"hash": "abc"},
    }
    # It waits for what the component was told to wait for, and for its own permissions.
    assert run.depends_on >= {"first", "run-policy", "run-function"}


def test_least_privilege(record: Any) -> None:
    policy = record(lambda: Runner("run", args()))["run-policy"].inputs["policy"]
    statements = {statement["Sid"]: statement for statement in json.loads(policy)["Statement"]}
    arn = "arn:aws:elasticache:eu-west-1:123456789012"
    assert {sid: statement["Resource"] for sid, statement in statements.items()} == {
        "Secrets": ["arn:secret-1", "arn:secret-2"],
        "SecretsKey": "arn:key",
        "CacheUsers": f"{arn}:user:tmi-dev-*",
        "CacheGroups": [f"{arn}:usergroup:tmi-dev-*", f"{arn}:user:tmi-dev-*"],
        "Caches": f"{arn}:replicationgroup:tmi-dev-*",
        "Logs": "arn:run-logs:*",
        "Network": "*",
        "NetworkFromCode": "*",
    }
    assert not [action for statement in statements.values() for action in statement["Action"] if "*" in action]
    assert statements["SecretsKey"]["Condition"] == {
        "StringEquals": {"kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com"}
    }
    assert (statements["NetworkFromCode"]["Effect"], statements["NetworkFromCode"]["Condition"]) == (
        "Deny",
        {"ArnEquals": {"lambda:SourceFunctionArn": "arn:aws:lambda:eu-west-1:123456789012:function:tmi-dev-bootstrap"}},
    )


def test_the_report_is_parsed(record: Any) -> None:
    found: list[Any] = []

    async def program() -> None:
        found.append(await Runner("run", args()).result.future())

    record(program)
    assert found == [{"steps": []}]
