"""Restore testing: what is restored, what looks at it, and what that may touch."""

from __future__ import annotations

import importlib
import json
from typing import Any

import pulumi
import pytest

from bootstrap.restored.event import RESTORED as EXPECTED
from components.backup.restore_test import HANDLER, RESTORED, RestoreTest, RestoreTestArgs


def args(**more: Any) -> RestoreTestArgs:
    base: dict[str, Any] = {
        "prefix": "crm-prod",
        "account_id": "123456789012",
        "region": "eu-west-1",
        "vault_arn": "arn:vault",
        "instance_arn": "arn:primary",
        "role_arn": "arn:backup",
        "cron": "cron(0 6 ? * MON *)",
        "instance_class": "db.r7g.large",
        "parameter_group": "pg",
        "subnet_group": "subnets",
        "database_security_group_ids": ["sg-database"],
        "code": pulumi.AssetArchive({"a.py": pulumi.StringAsset("")}),
        "manifest": '{"stack": "prod"}',
        "master_secret_arn": "arn:master",
        "secrets_key_arn": "arn:key",
        "logs_key_arn": "arn:logs",
        "failed_topic_arn": "arn:warning",
        "topic_key_arn": "arn:topic-key",
        "subnet_ids": ["subnet-1"],
        "security_group_ids": ["sg-runner"],
    }
    return RestoreTestArgs(**base | more)


def test_what_is_made(record: Any) -> None:
    seen = record(lambda: RestoreTest("test", args()))
    assert seen.listing == [
        ("EventRule", "test-restored", "test"),
        ("EventTarget", "test-target", "test"),
        ("Function", "test-function", "test"),
        ("FunctionEventInvokeConfig", "test-verdict", "test"),
        ("LogGroup", "test-logs", "test"),
        ("Permission", "test-events", "test"),
        ("RestoreTest", "test", ""),
        ("RestoreTestingPlan", "test-plan", "test"),
        ("RestoreTestingSelection", "test-selection", "test"),
        ("Role", "test-role", "test"),
        ("RolePolicy", "test-policy", "test"),
        ("Secret", "test-manifest", "test"),
        ("SecretVersion", "test-manifest-content", "test"),
    ]
    assert seen["test-plan"].inputs == {
        "name": "crm_prod_restore",
        "scheduleExpression": "cron(0 6 ? * MON *)",
        "startWindowHours": 1,
        "recoveryPointSelection": {
            "algorithm": "LATEST_WITHIN_WINDOW",
            "includeVaults": ["arn:vault"],
            "recoveryPointTypes": ["SNAPSHOT"],
            "selectionWindowDays": 8,
        },
    }
    assert seen["test-selection"].inputs == {
        "name": "crm_prod_primary",
        "restoreTestingPlanName": "crm_prod_restore",
        "protectedResourceType": "RDS",
        "protectedResourceArns": ["arn:primary"],
        "iamRoleArn": "arn:backup",
        "validationWindowHours": 4,
        "restoreMetadataOverrides": {
            "dbInstanceClass": "db.r7g.large",
            "dbParameterGroupName": "pg",
            "dbSubnetGroupName": "subnets",
            # The group of the primary: what the function's own group reaches.
            "vpcSecurityGroupIds": '["sg-database"]',
            "port": "5432",
            "multiAz": "false",
            "publiclyAccessible": "false",
        },
    }
    function = seen["test-function"].inputs
    assert function["vpcConfig"] == {"subnetIds": ["subnet-1"], "securityGroupIds": ["sg-runner"]}
    assert function["environment"] == {"variables": {"DATATIER_MANIFEST_SECRET": "arn:test-manifest"}}
    assert "test-policy" in seen["test-function"].waits_for


def test_when_the_function_runs_and_who_hears_of_its_verdict(record: Any) -> None:
    seen = record(lambda: RestoreTest("test", args()))
    assert json.loads(seen["test-restored"].inputs["eventPattern"]) == {
        "source": ["aws.backup"],
        "detail-type": ["Restore Job State Change"],
        "detail": {
            "resourceType": ["RDS"],
            "restoreTestingPlanArn": ["arn:test-plan"],
            "status": ["COMPLETED"],
        },
    }
    assert seen["test-events"].inputs == {
        "statementId": "events",
        "action": "lambda:InvokeFunction",
        "function": "crm-prod-restore-test",
        "principal": "events.amazonaws.com",
        "sourceArn": "arn:test-restored",
    }
    assert "test-events" in seen["test-target"].waits_for
    # Once: a verdict cannot be changed.
    assert seen["test-verdict"].inputs == {
        "functionName": "crm-prod-restore-test",
        "maximumRetryAttempts": 0,
        "destinationConfig": {"onFailure": {"destination": "arn:warning"}},
    }


def test_least_privilege(record: Any) -> None:
    policy = record(lambda: RestoreTest("test", args()))["test-policy"].inputs["policy"]
    statements = {statement["Sid"]: statement for statement in json.loads(policy)["Statement"]}
    assert {sid: (statement["Action"], statement["Resource"]) for sid, statement in statements.items()} == {
        "Restored": (
            ["rds:DescribeDBInstances", "rds:ModifyDBInstance"],
            "arn:aws:rds:eu-west-1:123456789012:db:awsbackup-restore-test-*",
        ),
        "Verdict": (["backup:PutRestoreValidationResult"], "*"),
        "Secrets": (["secretsmanager:GetSecretValue"], ["arn:test-manifest", "arn:master"]),
        "SecretsKey": (["kms:Decrypt"], "arn:key"),
        "Tell": (["sns:Publish"], "arn:warning"),
        "TopicKey": (["kms:Decrypt", "kms:GenerateDataKey"], "arn:topic-key"),
        "Logs": (["logs:CreateLogStream", "logs:PutLogEvents"], "arn:test-logs:*"),
        "Network": (statements["Network"]["Action"], "*"),
        "NetworkFromCode": (statements["Network"]["Action"], "*"),
    }
    assert statements["NetworkFromCode"]["Effect"] == "Deny"


def test_the_function_is_there_and_means_the_same_instances() -> None:
    module, _, name = HANDLER.rpartition(".")
    assert callable(getattr(importlib.import_module(module), name))
    assert f"{EXPECTED}*" == RESTORED


def test_another_class_has_rdss_own_parameters(record: Any) -> None:
    seen = record(lambda: RestoreTest("test", args(parameter_group=None, continuous=True)))
    assert "dbParameterGroupName" not in seen["test-selection"].inputs["restoreMetadataOverrides"]
    assert seen["test-plan"].inputs["recoveryPointSelection"]["recoveryPointTypes"] == ["CONTINUOUS"]


@pytest.mark.parametrize(
    ("more", "says"),
    [({"window_days": 0}, "1 to 365"), ({"validation_hours": 0}, "1 to 168"), ({"validation_hours": 169}, "1 to 168")],
)
def test_what_aws_backup_refuses(more: dict[str, int], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        args(**more)
