"""The bucket: who is let in, what expires, and what holds it closed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from alarms.policies import AccessRequest, judge
from components.bucket import Bucket, BucketArgs

ROLE = "arn:aws:iam::123456789012:role/backup"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/ours"


def args(**more: Any) -> BucketArgs:
    base: dict[str, Any] = {
        "bucket": "crm-prod-123456789012",
        "account_id": "123456789012",
        "key_arn": "arn:key",
        "roles": [ROLE],
        "expire_days": {"backups/": 30, "exports/": 7},
    }
    return BucketArgs(**base | more)


def test_what_is_made(record: Any) -> None:
    seen = record(lambda: Bucket("bucket", args(protect=True)))
    assert seen.listing == [
        ("Bucket", "bucket", ""),
        ("Bucket", "bucket-bucket", "bucket"),
        ("BucketLifecycleConfiguration", "bucket-lifecycle", "bucket"),
        ("BucketOwnershipControls", "bucket-ownership", "bucket"),
        ("BucketPolicy", "bucket-policy", "bucket"),
        ("BucketPublicAccessBlock", "bucket-private", "bucket"),
        ("BucketServerSideEncryptionConfiguration", "bucket-encryption", "bucket"),
        ("BucketVersioning", "bucket-versioning", "bucket"),
    ]
    made = {each.name: each.inputs for each in seen.resources if each.parent}
    assert {each.pop("bucket") for each in made.values()} == {"crm-prod-123456789012"}
    made.pop("bucket-policy")
    assert made == {
        "bucket-bucket": {"forceDestroy": False},
        "bucket-ownership": {"rule": {"objectOwnership": "BucketOwnerEnforced"}},
        "bucket-private": {
            "blockPublicAcls": True,
            "blockPublicPolicy": True,
            "ignorePublicAcls": True,
            "restrictPublicBuckets": True,
        },
        "bucket-encryption": {
            "rules": [
                {
                    "bucketKeyEnabled": True,
                    "applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": "arn:key"},
                }
            ]
        },
        "bucket-versioning": {"versioningConfiguration": {"status": "Enabled"}},
        "bucket-lifecycle": {
            "rules": [
                {
                    "id": "former-versions",
                    "status": "Enabled",
                    "filter": {"prefix": ""},
                    "noncurrentVersionExpiration": {"noncurrentDays": 30},
                    "abortIncompleteMultipartUpload": {"daysAfterInitiation": 1},
                    "expiration": {"expiredObjectDeleteMarker": True},
                },
                {
                    "id": "expire-backups",
                    "status": "Enabled",
                    "filter": {"prefix": "backups/"},
                    "expiration": {"days": 30},
                },
                {
                    "id": "expire-exports",
                    "status": "Enabled",
                    "filter": {"prefix": "exports/"},
                    "expiration": {"days": 7},
                },
            ]
        },
    }
    assert seen["bucket-bucket"].protect
    assert "bucket-versioning" in seen["bucket-lifecycle"].waits_for
    assert "bucket-private" in seen["bucket-policy"].waits_for


def statements(record: Any, **more: Any) -> dict[str, dict[str, Any]]:
    policy = record(lambda: Bucket("bucket", args(**more)))["bucket-policy"].inputs["policy"]
    return {each.pop("Sid"): each for each in json.loads(policy)["Statement"]}


def test_who_is_let_in(record: Any) -> None:
    found = statements(record)
    arn, objects = "arn:bucket-bucket", "arn:bucket-bucket/*"
    assert found["RequireTls"] == {
        "Effect": "Deny",
        "Action": ["s3:*"],
        "Resource": [arn, objects],
        "Principal": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    assert {sid: (each["Effect"], each["Principal"], each["Resource"]) for sid, each in found.items()} == {
        "RequireTls": ("Deny", "*", [arn, objects]),
        "RequireKms": ("Deny", "*", objects),
        "RequireKey": ("Deny", "*", objects),
        "RequireKeyAlone": ("Deny", "*", objects),
        "RefuseOwnKeys": ("Deny", "*", objects),
        "OnlyRoles": ("Deny", "*", objects),
        "OnlyThisAccount": ("Deny", "*", [arn, objects]),
        "Objects": ("Allow", {"AWS": [ROLE]}, objects),
        "Listing": ("Allow", {"AWS": [ROLE]}, arn),
    }
    assert found["OnlyRoles"]["Condition"] == {
        "ArnNotEquals": {"aws:PrincipalArn": [ROLE]},
        "StringEquals": {"aws:PrincipalAccount": "123456789012"},
        "Bool": {"aws:PrincipalIsAWSService": "false"},
    }
    assert {"s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion"} <= set(
        found["OnlyRoles"]["Action"]
    )
    # What is known of an upload that broke off, and of a lock, only whoever may ask for it learns (keep.place.s3).
    assert found["Listing"]["Action"] == ["s3:ListBucket", "s3:ListBucketMultipartUploads"]
    assert {"s3:ListMultipartUploadParts", "s3:GetObjectRetention", "s3:GetObjectLegalHold"} <= set(
        found["Objects"]["Action"]
    )
    # A role may delete an object, which leaves its versions; the versions themselves go by the lifecycle alone.
    assert "s3:DeleteObjectVersion" not in found["Objects"]["Action"]


def test_roles_may_lock_where_objects_can_be_locked(record: Any) -> None:
    """From the beginning: S3 gives a bucket object lock when it is made."""
    seen = record(lambda: Bucket("bucket", args(object_lock=True)))
    assert seen["bucket-bucket"].inputs["objectLockEnabled"] is True
    for locked in (True, False):
        actions = statements(record, object_lock=locked)["Objects"]["Action"]
        assert ("s3:PutObjectRetention" in actions) is locked


def test_without_roles_iam_decides(record: Any) -> None:
    wishes = {"RequireKms", "RequireKey", "RequireKeyAlone", "RefuseOwnKeys"}
    assert set(statements(record, roles=[])) == {"RequireTls", *wishes}


SSE = "s3:x-amz-server-side-encryption"
KMS_KEY = f"{SSE}-aws-kms-key-id"


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({}, True),
        ({SSE: "aws:kms", KMS_KEY: KEY}, True),
        ({SSE: "aws:kms"}, False),  # S3 would take aws/s3
        ({SSE: "aws:kms", KMS_KEY: "arn:aws:kms:eu-west-1:210987654321:key/theirs"}, False),
        ({KMS_KEY: "arn:aws:kms:eu-west-1:210987654321:key/theirs"}, False),
        ({KMS_KEY: KEY}, True),
        ({SSE: "aws:kms:dsse", KMS_KEY: KEY}, False),
        ({SSE: "AES256"}, False),
        ({f"{SSE}-customer-algorithm": "AES256"}, False),
    ],
)
def test_an_object_is_encrypted_under_the_stack_s_key_or_refused(
    record: Any, headers: dict[str, str], allowed: bool
) -> None:
    policy = record(lambda: Bucket("bucket", args(key_arn=KEY)))["bucket-policy"].inputs["policy"]
    context = {"aws:SecureTransport": "true", "aws:PrincipalAccount": "123456789012", **headers}
    put = AccessRequest(
        kind="AWS", principal=ROLE, action="s3:PutObject", resource="arn:bucket-bucket/a", context=context
    )
    assert judge(policy, put).allowed is allowed


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"bucket": "Backups"}, "not a bucket name"),
        ({"bucket": "a..b"}, "not a bucket name"),
        ({"bucket": "ab"}, "not a bucket name"),
        ({"expire_days": {"backups": 30}}, "not a folder, such as"),
        ({"expire_days": {"backups/": 0}}, "1 to 36500 days"),
        ({"expire_days": {"backups/": 30, "backups/daily/": 7}}, "lies in"),
        ({"noncurrent_days": 0}, "1 to 36500 days"),
    ],
)
def test_what_s3_refuses(more: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        args(**more)
