"""The task of the logical copies: what is made, what starts it, what it may, and that nothing secret is in it."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.backup.copies import Copies, CopiesArgs, watching
from components.policy import document

IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/copies:1.2"
THROUGH = {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}


def args(**more: Any) -> CopiesArgs:
    base: dict[str, Any] = {
        "prefix": "shop-live",
        "account_id": "123456789012",
        "region": "eu-west-1",
        "image": IMAGE,
        "cpu": 1024,
        "memory_mib": 2048,
        "cron": "cron(30 3 ? * MON,TUE *)",
        "bucket": "shop-copies",
        "key_arn": "arn:storage",
        "keep_days": 60,
        "daily_days": 14,
        "watcher_security_group_id": "sg-runner",
        "vpc_id": "vpc-1",
        "subnet_ids": ["subnet-1", "subnet-2"],
        "database_security_group_id": "sg-database",
        "cache_security_group_id": "sg-cache",
        "endpoint_security_group_id": "sg-endpoints",
        "image_prefix_list_id": "pl-1",
        "manifest": '{"stack": "live"}',
        "secret_arns": ["arn:master"],
        "secrets_key_arn": "arn:key",
        "logs_key_arn": "arn:logs",
    }
    return CopiesArgs(**base | more)


def test_what_is_made(record: Any) -> None:
    def program() -> None:
        bootstrapped = aws.sns.Topic("bootstrapped")
        Copies("copies", args(), pulumi.ResourceOptions(depends_on=[bootstrapped]))

    seen = record(program)
    assert seen.listing == [
        ("Cluster", "copies-cluster", "copies"),
        ("Copies", "copies", ""),
        ("EventRule", "copies-schedule", "copies"),
        ("EventTarget", "copies-target", "copies"),
        ("LogGroup", "copies-logs", "copies"),
        ("Role", "copies-role", "copies"),
        ("Role", "copies-run-role", "copies"),
        ("Role", "copies-start-role", "copies"),
        ("RolePolicy", "copies-policy", "copies"),
        ("RolePolicy", "copies-run-policy", "copies"),
        ("RolePolicy", "copies-start-policy", "copies"),
        ("Secret", "copies-manifest", "copies"),
        ("SecretVersion", "copies-manifest-content", "copies"),
        ("SecurityGroup", "copies-group", "copies"),
        *(("SecurityGroupEgressRule", f"copies-to-{each}", "copies") for each in ("cache", "database", "endpoints")),
        ("SecurityGroupEgressRule", "copies-to-images", "copies"),
        ("SecurityGroupEgressRule", "copies-watched", "copies"),
        *(("SecurityGroupIngressRule", f"copies-into-{each}", "copies") for each in ("cache", "database", "endpoints")),
        ("TaskDefinition", "copies-task", "copies"),
        ("Topic", "bootstrapped", ""),
    ]
    rule = seen["copies-schedule"]
    assert rule.inputs == {
        "name": "shop-live-copies",
        "description": "A logical copy is made",
        "scheduleExpression": "cron(30 3 ? * MON,TUE *)",
    }
    assert rule.waits_for >= {"bootstrapped", "copies-policy", "copies-start-policy"}
    assert seen["copies-target"].inputs == {
        "rule": "shop-live-copies",
        "arn": "arn:copies-cluster",
        "roleArn": "arn:copies-run-role",
        "ecsTarget": {
            "taskDefinitionArn": "arn:copies-task",
            "launchType": "FARGATE",
            "networkConfiguration": {
                "subnets": ["subnet-1", "subnet-2"],
                "securityGroups": ["id-copies-group"],
                "assignPublicIp": False,
            },
        },
        "retryPolicy": {"maximumRetryAttempts": 2, "maximumEventAgeInSeconds": 3600},
    }
    watched = seen["copies-watched"].inputs
    assert (watched["securityGroupId"], watched["prefixListId"], watched["toPort"]) == ("sg-runner", "pl-1", 443)


def test_the_task_has_nothing_secret_and_a_place_to_write(record: Any) -> None:
    task = record(lambda: Copies("copies", args()))["copies-task"].inputs
    (container,) = json.loads(task.pop("containerDefinitions"))
    assert task == {
        "family": "shop-live-copies",
        "requiresCompatibilities": ["FARGATE"],
        "networkMode": "awsvpc",
        "cpu": "1024",
        "memory": "2048",
        "runtimePlatform": {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
        "executionRoleArn": "arn:copies-start-role",
        "taskRoleArn": "arn:copies-role",
        "volumes": [{"name": "scratch"}],
    }
    assert container == {
        "name": "copies",
        "image": IMAGE,
        "essential": True,
        "command": [
            *("backup", "schedule", "--now", "--manifest", "arn:copies-manifest"),
            *("--to", "s3://shop-copies/backups", "--days", "60", "--daily", "14"),
        ],
        "user": "65532:65532",
        "readonlyRootFilesystem": True,
        "linuxParameters": {"capabilities": {"drop": ["ALL"]}},
        "environment": [{"name": "DATATIER_MANIFEST_VERSION", "value": "version-copies-manifest-content"}],
        "mountPoints": [{"sourceVolume": "scratch", "containerPath": "/tmp"}],
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": "/aws/ecs/shop-live-copies",
                "awslogs-region": "eu-west-1",
                "awslogs-stream-prefix": "copies",
            },
        },
    }


def statements(policy: str) -> dict[str, Any]:
    return {each.pop("Sid"): each for each in json.loads(policy)["Statement"]}


def test_the_task_may_read_its_secrets_and_write_its_folder(record: Any) -> None:
    seen = record(lambda: Copies("copies", args()))
    assert statements(seen["copies-policy"].inputs["policy"]) == {
        "Secrets": {
            "Effect": "Allow",
            "Action": ["secretsmanager:GetSecretValue"],
            "Resource": ["arn:copies-manifest", "arn:master"],
        },
        "SecretsKey": {
            "Effect": "Allow",
            "Action": ["kms:Decrypt"],
            "Resource": "arn:key",
            "Condition": {"StringEquals": {"kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com"}},
        },
        "Copies": {
            "Effect": "Allow",
            "Action": [
                *("s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject"),
                *("s3:ListMultipartUploadParts", "s3:PutObject"),
            ],
            "Resource": "arn:aws:s3:::shop-copies/backups/*",
        },
        "Listing": {
            "Effect": "Allow",
            "Action": ["s3:ListBucket", "s3:ListBucketMultipartUploads"],
            "Resource": "arn:aws:s3:::shop-copies",
            "Condition": {"StringLike": {"s3:prefix": ["backups/*"]}},
        },
        "CopiesKey": {
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
            "Resource": "arn:storage",
            "Condition": THROUGH,
        },
        "Snapshots": {
            "Effect": "Allow",
            "Action": [
                *("elasticache:AddTagsToResource", "elasticache:CopySnapshot", "elasticache:CreateSnapshot"),
                *("elasticache:DeleteSnapshot", "elasticache:DescribeReplicationGroups"),
                *("elasticache:DescribeSnapshots", "elasticache:ListTagsForResource"),
            ],
            "Resource": [
                f"arn:aws:elasticache:eu-west-1:123456789012:{each}:shop-live-*"
                for each in ("cluster", "replicationgroup", "snapshot")
            ],
        },
        "Exported": {
            "Effect": "Allow",
            "Action": ["s3:DeleteObject", "s3:GetObject"],
            "Resource": "arn:aws:s3:::shop-copies/shop-live-*",
        },
        "ExportedListed": {
            "Effect": "Allow",
            "Action": ["s3:ListBucket"],
            "Resource": "arn:aws:s3:::shop-copies",
            "Condition": {"StringLike": {"s3:prefix": ["shop-live-*"]}},
        },
        "Buckets": {"Effect": "Allow", "Action": ["s3:ListAllMyBuckets"], "Resource": "*"},
    }
    assert statements(seen["copies-run-policy"].inputs["policy"]) == {
        "Start": {
            "Effect": "Allow",
            "Action": ["ecs:RunTask"],
            "Resource": "arn:aws:ecs:eu-west-1:123456789012:task-definition/shop-live-copies:*",
            "Condition": {"ArnEquals": {"ecs:cluster": "arn:copies-cluster"}},
        },
        "Roles": {
            "Effect": "Allow",
            "Action": ["iam:PassRole"],
            "Resource": ["arn:copies-start-role", "arn:copies-role"],
            "Condition": {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
        },
    }


def test_a_stack_without_caches_exports_none(record: Any) -> None:
    seen = record(lambda: Copies("copies", args(caches=False)))
    found = statements(seen["copies-policy"].inputs["policy"])
    assert list(found) == ["Secrets", "SecretsKey", "Copies", "Listing", "CopiesKey"]


def test_a_bucket_that_locks_lets_the_task_lock_and_see_what_is_locked(record: Any) -> None:
    seen = record(lambda: Copies("copies", args(locked=True)))
    found = statements(seen["copies-policy"].inputs["policy"])["Copies"]["Action"]
    assert [each for each in found if "Retention" in each or "Hold" in each] == [
        "s3:GetObjectLegalHold",
        "s3:GetObjectRetention",
        "s3:PutObjectRetention",
    ]


def test_a_cache_of_before_has_its_own_name(record: Any) -> None:
    seen = record(lambda: Copies("copies", args(existing_caches=["ledger"])))
    found = statements(seen["copies-policy"].inputs["policy"])["Snapshots"]["Resource"]
    arn = "arn:aws:elasticache:eu-west-1:123456789012"
    assert found[3:] == [f"{arn}:cluster:ledger-*", f"{arn}:replicationgroup:ledger"]


def test_whoever_tells_their_age_sees_what_is_small_and_no_data(record: Any) -> None:
    may: list[str] = []

    def program() -> None:
        made = watching("shop-copies", "backups/", "arn:storage", partition="aws", region="eu-west-1")
        document(*made).apply(may.append)

    record(program)
    assert statements(may[0]) == {
        "CopiesListed": {
            "Effect": "Allow",
            "Action": ["s3:ListBucket"],
            "Resource": "arn:aws:s3:::shop-copies",
            "Condition": {"StringLike": {"s3:prefix": ["backups/*"]}},
        },
        "CopiesTold": {
            "Effect": "Allow",
            "Action": ["s3:GetObject"],
            "Resource": ["arn:aws:s3:::shop-copies/backups/*.json"],
        },
        "CopiesKey": {"Effect": "Allow", "Action": ["kms:Decrypt"], "Resource": "arn:storage", "Condition": THROUGH},
    }


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"folder": "backups"}, "folder"),
        ({"keep_days": 0}, "keep_days"),
        ({"daily_days": 0}, "daily_days"),
        ({"cpu": 300}, "cpu is 300"),
    ],
)
def test_what_would_be_refused_is_refused_at_once(given: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        args(**given)
