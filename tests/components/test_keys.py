"""The keys: who besides the account may use each, and for what."""

from __future__ import annotations

import json
from typing import Any

import pytest

from components.keys import Keys, KeysArgs


def services(record: Any, **more: Any) -> dict[str, list[str]]:
    """Key -> names of the statements about others than the account."""
    base: dict[str, Any] = {"prefix": "mill-live", "account_id": "123456789012", "region": "eu-west-3"}
    seen = record(lambda: Keys("keys", KeysArgs(**base | more)))
    return {
        purpose: [each["Sid"] for each in json.loads(seen[f"keys-{purpose}"].inputs["policy"])["Statement"][1:]]
        for purpose in ("storage", "secrets", "notifications", "logs")
    }


@pytest.mark.parametrize(("bucket", "storage"), [(None, []), ("mill-copies", ["ExportedSnapshots"])])
def test_each_key_is_for_its_own_services(record: Any, bucket: str | None, storage: list[str]) -> None:
    assert services(record, exports_to=bucket) == {
        "storage": storage,
        "secrets": [],
        "notifications": ["Alarms", "Events"],
        "logs": ["Logs"],
    }


def test_elasticache_may_write_exports_under_the_key_into_that_bucket_alone(record: Any) -> None:
    made = KeysArgs(prefix="mill-live", account_id="1", region="eu-west-3", exports_to="mill-copies")
    policy = record(lambda: Keys("keys", made))["keys-storage"].inputs["policy"]
    found = json.loads(policy)["Statement"][1]
    assert found == {
        "Sid": "ExportedSnapshots",
        "Effect": "Allow",
        "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
        "Resource": "*",
        "Principal": {"Service": "eu-west-3.elasticache-snapshot.amazonaws.com"},
        "Condition": {
            "StringEquals": {"kms:ViaService": "s3.eu-west-3.amazonaws.com"},
            "ArnLike": {"kms:EncryptionContext:aws:s3:arn": ["arn:aws:s3:::mill-copies", "arn:aws:s3:::mill-copies/*"]},
        },
    }
