"""Scheduled maintenance: what is made of a function and of a task, what starts it, what it may, and nothing secret."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from bootstrap.own_manifest import SECRET
from components.maintenance import Maintenance, MaintenanceArgs

IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/tier:1.2"
TASK = {"image": IMAGE, "budget_seconds": 3600}


def args(**more: Any) -> MaintenanceArgs:
    base: dict[str, Any] = {
        "prefix": "shop-live",
        "account_id": "123456789012",
        "region": "eu-west-1",
        "cron": "cron(0 3 ? * SUN *)",
        "namespace": "data-tier/shop-live",
        "code": pulumi.AssetArchive({"a.py": pulumi.StringAsset("")}),
        "function_group_ids": ["sg-runner"],
        "vpc_id": "vpc-1",
        "subnet_ids": ["subnet-1", "subnet-2"],
        "database_security_group_id": "sg-database",
        "cache_security_group_id": "sg-cache",
        "endpoint_security_group_id": "sg-endpoints",
        "manifest": '{"stack": "live"}',
        "secret_arns": ["arn:keeper"],
        "secrets_key_arn": "arn:key",
        "logs_key_arn": "arn:logs",
    }
    return MaintenanceArgs(**base | more)


def made(record: Any, **more: Any) -> Any:
    def program() -> None:
        bootstrapped = aws.sns.Topic("bootstrapped")
        Maintenance("maintenance", args(**more), pulumi.ResourceOptions(depends_on=[bootstrapped]))

    return record(program)


def test_a_function(record: Any) -> None:
    seen = made(record)
    assert [(kind, name) for kind, name, parent in seen.listing if parent == "maintenance"] == [
        ("EventRule", "maintenance-schedule"),
        ("EventTarget", "maintenance-target"),
        ("Function", "maintenance-function"),
        ("FunctionEventInvokeConfig", "maintenance-once"),
        ("LogGroup", "maintenance-logs"),
        ("Permission", "maintenance-events"),
        ("Role", "maintenance-role"),
        ("RolePolicy", "maintenance-policy"),
        ("Secret", "maintenance-manifest"),
        ("SecretVersion", "maintenance-manifest-content"),
    ]
    function = seen["maintenance-function"].inputs
    assert {key: function[key] for key in ("handler", "name", "timeout", "vpcConfig", "environment")} == {
        "handler": "maintain.handler.handler",
        "name": "shop-live-maintenance",
        "timeout": 660,
        "vpcConfig": {"securityGroupIds": ["sg-runner"], "subnetIds": ["subnet-1", "subnet-2"]},
        "environment": {
            "variables": {
                "DATATIER_BUDGET": "600",
                SECRET: "arn:maintenance-manifest",
                "DATATIER_NAMESPACE": "data-tier/shop-live",
            }
        },
    }
    assert seen["maintenance-once"].inputs["maximumRetryAttempts"] == 0
    rule = seen["maintenance-schedule"]
    assert rule.inputs == {
        "name": "shop-live-maintenance",
        "description": "The database and the caches are maintained",
        "scheduleExpression": "cron(0 3 ? * SUN *)",
    }
    assert "bootstrapped" in rule.waits_for  # before it nobody can log in


def test_a_task(record: Any) -> None:
    seen = made(record, **TASK)
    assert [(kind, name) for kind, name, parent in seen.listing if parent == "maintenance"] == [
        ("Cluster", "maintenance-cluster"),
        ("EventRule", "maintenance-schedule"),
        ("EventTarget", "maintenance-target"),
        ("LogGroup", "maintenance-logs"),
        ("Role", "maintenance-role"),
        ("Role", "maintenance-run-role"),
        ("RolePolicy", "maintenance-policy"),
        ("RolePolicy", "maintenance-run-policy"),
        ("Secret", "maintenance-manifest"),
        ("SecretVersion", "maintenance-manifest-content"),
        ("SecurityGroup", "maintenance-group"),
        *(("SecurityGroupEgressRule", f"maintenance-to-{each}") for each in ("cache", "database", "endpoints")),
        *(("SecurityGroupIngressRule", f"maintenance-into-{each}") for each in ("cache", "database", "endpoints")),
        ("TaskDefinition", "maintenance-task"),
    ]
    (container,) = json.loads(seen["maintenance-task"].inputs["containerDefinitions"])
    assert container["command"] == [
        *("maintain", "schedule", "--now", "--manifest", "arn:maintenance-manifest"),
        *("--namespace", "data-tier/shop-live", "--budget", "3600s"),
    ]
    assert container["environment"] == [
        {"name": "DATATIER_MANIFEST_VERSION", "value": "version-maintenance-manifest-content"}
    ]
    assert seen["maintenance-target"].inputs["retryPolicy"] == {
        "maximumRetryAttempts": 0,
        "maximumEventAgeInSeconds": 60,
    }


def test_from_a_function_to_a_task_the_names_stay(record: Any) -> None:
    """Their urns too, so that Pulumi changes a role and a secret and does not make a second one of the same name."""
    names = [
        {
            (kind, name, seen[name].inputs["name"])
            for kind, name, _ in seen.listing
            if kind in {"Role", "Secret", "EventRule"} and not name.endswith("-run-role")
        }
        for seen in (made(record), made(record, **TASK))
    ]
    assert (
        names[0]
        == names[1]
        == {
            ("EventRule", "maintenance-schedule", "shop-live-maintenance"),
            ("Role", "maintenance-role", "shop-live-maintenance"),
            ("Secret", "maintenance-manifest", "shop-live/maintenance/manifest"),
        }
    )


@pytest.mark.parametrize("more", [{}, TASK], ids=["function", "task"])
def test_least_privilege(record: Any, more: dict[str, Any]) -> None:
    policy = json.loads(made(record, **more)["maintenance-policy"].inputs["policy"])
    found = {each["Sid"]: (each["Action"], each["Resource"]) for each in policy["Statement"]}
    registry = {
        "Registry": (["ecr:GetAuthorizationToken"], "*"),
        "Image": (
            ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            "arn:aws:ecr:eu-west-1:123456789012:repository/team/tier",
        ),
    }
    assert {sid: each for sid, each in found.items() if not sid.startswith("Network")} == {
        "Secrets": (["secretsmanager:GetSecretValue"], ["arn:maintenance-manifest", "arn:keeper"]),
        "SecretsKey": (["kms:Decrypt"], "arn:key"),
        "Logs": (["logs:CreateLogStream", "logs:PutLogEvents"], "arn:maintenance-logs:*"),
        **(registry if more else {}),
    }


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"budget_seconds": 900}, "scheduled maintenance in a function takes 60 to 840 seconds"),
        ({"budget_seconds": 30}, "takes 60 to 840 seconds"),
        ({**TASK, "budget_seconds": 30000}, "scheduled maintenance takes 60 to 21600 seconds"),
        ({"function_memory_mib": 64}, "takes 256 to 10240 MiB"),
        ({"reserved_concurrency": 0}, "Lambda takes 1 to 900"),
        ({**TASK, "cpu": 300}, "cpu is 300"),
    ],
)
def test_what_cannot_be(more: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        args(**more)
