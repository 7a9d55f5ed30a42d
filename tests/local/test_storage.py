"""Buckets, vaults and plans in the emulator: made as declared, kept, brought up to date, and gone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from local_stack import Stack, declare

from bootstrap.aws import aws_client
from graph.resource import Resource
from local.emulator import tier_endpoint

pytestmark = pytest.mark.server
KEY = "arn:aws:kms:eu-west-1:000000000000:key/k"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    made = Stack(tmp_path_factory.mktemp("storage"), "storage")
    try:
        yield made
    finally:
        made.down()


def bucket(days: int = 30) -> tuple[list[Resource], list[Resource]]:
    def part(kind: str, **inputs: Any) -> Resource:
        return declare(f"aws:s3/{kind[0].lower()}{kind[1:]}:{kind}", kind, {"bucket": "t-kept", **inputs})

    encryption = {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": KEY}
    expiration = {"id": "e", "status": "Enabled", "filter": {"prefix": "b/"}, "expiration": {"days": float(days)}}
    closed = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    return [part("Bucket", forceDestroy=True)], [
        part("BucketVersioning", versioningConfiguration={"status": "Enabled"}),
        part("BucketOwnershipControls", rule={"objectOwnership": "BucketOwnerEnforced"}),
        part("BucketPublicAccessBlock", **dict.fromkeys(closed, True)),
        part(
            "BucketServerSideEncryptionConfiguration",
            rules=[{"bucketKeyEnabled": True, "applyServerSideEncryptionByDefault": encryption}],
        ),
        part("BucketLifecycleConfiguration", rules=[expiration]),
        part("BucketPolicy", policy='{"Version": "2012-10-17", "Statement": []}'),
    ]


def vault(keep: int = 7) -> tuple[list[Resource], ...]:
    rule = {
        "ruleName": "daily",
        "targetVaultName": "t-vault",
        "schedule": "cron(0 3 ? * * *)",
        "startWindow": 60.0,
        "completionWindow": 720.0,
        "lifecycle": {"deleteAfter": float(keep)},
        "copyActions": [{"destinationVaultArn": "arn:far", "lifecycle": {"deleteAfter": 30.0}}],
    }
    return (
        [
            declare("aws:backup/vault:Vault", "vault", {"name": "t-vault", "kmsKeyArn": KEY}),
            declare("aws:backup/vault:Vault", "far", {"name": "t-vault", "kmsKeyArn": KEY, "region": "eu-central-1"}),
        ],
        [declare("aws:backup/plan:Plan", "plan", {"name": "t-plan", "rules": [rule]})],
    )


def selection(plan: str) -> list[Resource]:
    inputs = {"name": "t-primary", "planId": plan, "iamRoleArn": "arn:role", "resources": ["arn:db"]}
    return [declare("aws:backup/selection:Selection", "selection", inputs)]


def client(own: Stack, service: str) -> Any:
    return aws_client(service, "eu-west-1", tier_endpoint(own.state, own.state.ports["emulator"]))


def test_a_bucket(own: Stack) -> None:
    assert set(own.up(*bucket()).values()) == {"created"}
    s3 = client(own, "s3")
    assert s3.get_bucket_versioning(Bucket="t-kept")["Status"] == "Enabled"
    (rule,) = s3.get_bucket_encryption(Bucket="t-kept")["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["BucketKeyEnabled"] is True
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY}
    assert all(s3.get_public_access_block(Bucket="t-kept")["PublicAccessBlockConfiguration"].values())
    assert s3.get_bucket_ownership_controls(Bucket="t-kept")["OwnershipControls"]["Rules"] == [
        {"ObjectOwnership": "BucketOwnerEnforced"}
    ]
    # An object is had back after it was overwritten and deleted.
    first = s3.put_object(Bucket="t-kept", Key="b/dump", Body=b"first")["VersionId"]
    s3.put_object(Bucket="t-kept", Key="b/dump", Body=b"second")
    s3.delete_object(Bucket="t-kept", Key="b/dump")
    assert s3.get_object(Bucket="t-kept", Key="b/dump", VersionId=first)["Body"].read() == b"first"

    assert set(own.up(*bucket()).values()) == {"unchanged"}
    changed = own.up(*bucket(days=7))
    assert {name for name, outcome in changed.items() if outcome != "unchanged"} == {"BucketLifecycleConfiguration"}
    (rule,) = s3.get_bucket_lifecycle_configuration(Bucket="t-kept")["Rules"]
    assert rule["Expiration"] == {"Days": 7}

    own.up([declare("aws:sns/topic:Topic", "topic", {"name": "t"})])
    assert s3.list_buckets()["Buckets"] == []


def test_vaults_and_plans(own: Stack) -> None:
    first, second = vault()
    own.up(first, second)
    plan = own.made["plan"].id
    assert own.up(first, second, selection(plan)) == {
        "vault": "unchanged",
        "far": "recorded",
        "plan": "unchanged",
        "selection": "created",
    }
    backup = client(own, "backup")
    (rule,) = backup.get_backup_plan(BackupPlanId=plan)["BackupPlan"]["Rules"]
    assert rule == {
        "RuleName": "daily",
        "TargetBackupVaultName": "t-vault",
        "ScheduleExpression": "cron(0 3 ? * * *)",
        "StartWindowMinutes": 60,
        "CompletionWindowMinutes": 720,
        "Lifecycle": {"DeleteAfterDays": 7},
        "CopyActions": [{"DestinationBackupVaultArn": "arn:far", "Lifecycle": {"DeleteAfterDays": 30}}],
    }
    (found,) = backup.list_backup_selections(BackupPlanId=plan)["BackupSelectionsList"]
    assert found["SelectionName"] == "t-primary"
    cloud = own.cloud
    assert cloud
    assert any("runs no job" in sentence for sentence in cloud.differences())

    assert own.up(*vault(keep=30), selection(plan))["plan"] == "updated"
    (rule,) = backup.get_backup_plan(BackupPlanId=plan)["BackupPlan"]["Rules"]
    assert rule["Lifecycle"] == {"DeleteAfterDays": 30}

    own.up([declare("aws:sns/topic:Topic", "topic", {"name": "t"})])
    assert backup.list_backup_vaults()["BackupVaultList"] == []
    assert backup.list_backup_plans()["BackupPlansList"] == []


def test_a_proxy_is_told_to_be_none(own: Stack) -> None:
    own.up([declare("aws:rds/proxy:Proxy", "proxy", {"name": "t-proxy"})])
    assert own.made["proxy"].outputs["endpoint"] == "t-proxy.proxy.invalid"
    cloud = own.cloud
    assert cloud
    assert any(sentence.startswith("no proxy runs") for sentence in cloud.differences())
