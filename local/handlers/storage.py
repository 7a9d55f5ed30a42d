"""S3 buckets in the emulator: objects put there are kept, versioned and encrypted as the stack declares."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graph import types
from graph.naming import physical_name
from graph.resource import Resource
from local.handlers.emulated import Emulated, Inputs, Outputs
from local.state import Entry

Put = Callable[[Any, str, Inputs], None]


def _buckets(client: Any) -> dict[str, Any]:
    return {bucket["Name"]: bucket["Name"] for bucket in client.list_buckets()["Buckets"]}


def _create(client: Any, name: str, resource: Resource) -> Outputs:
    region = client.meta.region_name
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    locked = bool(resource.inputs.get("objectLockEnabled"))
    client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=locked, **where)
    return _outputs(client, name, resource)


def _outputs(client: Any, name: str, _: Resource) -> Outputs:
    return {"id": name, "bucket": name, "arn": f"arn:aws:s3:::{name}", "region": client.meta.region_name}


def _delete(client: Any, entry: Entry) -> None:
    """With all versions of all objects: a bucket that holds anything is not deleted."""
    for page in client.get_paginator("list_object_versions").paginate(Bucket=entry["id"]):
        for each in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
            client.delete_object(
                Bucket=entry["id"], Key=each["Key"], VersionId=each["VersionId"], BypassGovernanceRetention=True
            )
    client.delete_bucket(Bucket=entry["id"])


def api(value: Any) -> Any:
    """Pulumi's names in the API's capitals, numbers that arrive as floating-point ones whole."""
    if isinstance(value, dict):
        return {_RENAMED.get(key, key[0].upper() + key[1:]): api(each) for key, each in value.items()}
    if isinstance(value, list):
        return [api(each) for each in value]
    return int(value) if isinstance(value, float) else value


_RENAMED = {
    "id": "ID",
    "sseAlgorithm": "SSEAlgorithm",
    "kmsMasterKeyId": "KMSMasterKeyID",
    "applyServerSideEncryptionByDefault": "ApplyServerSideEncryptionByDefault",
}


def _ownership(client: Any, bucket: str, inputs: Inputs) -> None:
    client.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls={"Rules": [api(inputs["rule"])]})


def _private(client: Any, bucket: str, inputs: Inputs) -> None:
    wanted = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    client.put_public_access_block(
        Bucket=bucket,
        PublicAccessBlockConfiguration={key[0].upper() + key[1:]: bool(inputs.get(key)) for key in wanted},
    )


def _encryption(client: Any, bucket: str, inputs: Inputs) -> None:
    client.put_bucket_encryption(
        Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [api(rule) for rule in inputs["rules"]]}
    )


def _versioning(client: Any, bucket: str, inputs: Inputs) -> None:
    client.put_bucket_versioning(
        Bucket=bucket, VersioningConfiguration={"Status": inputs["versioningConfiguration"]["status"]}
    )


def _lifecycle(client: Any, bucket: str, inputs: Inputs) -> None:
    client.put_bucket_lifecycle_configuration(
        Bucket=bucket, LifecycleConfiguration={"Rules": [api(rule) for rule in inputs["rules"]]}
    )


def _policy(client: Any, bucket: str, inputs: Inputs) -> None:
    client.put_bucket_policy(Bucket=bucket, Policy=inputs["policy"])


def _part(put: Put) -> Emulated:
    """A setting of a bucket: a resource of its own to Pulumi, one call to S3."""

    def ensure(client: Any, _: object, resource: Resource) -> Outputs:
        bucket = resource.inputs["bucket"]
        put(client, bucket, resource.inputs)
        return {"id": bucket, "bucket": bucket}

    return Emulated(
        "s3", "buckets", _buckets, lambda resource, _: str(resource.inputs["bucket"]), ensure, ensure, _nothing
    )


def _nothing(_: Any, __: Entry) -> None:
    """It goes with its bucket."""


STORAGE = {
    types.BUCKET: Emulated(
        "s3", "buckets", _buckets, lambda resource, _: physical_name(resource, "bucket"), _create, _outputs, _delete
    ),
    types.BUCKET_OWNERSHIP: _part(_ownership),
    types.BUCKET_PUBLIC_ACCESS: _part(_private),
    types.BUCKET_ENCRYPTION: _part(_encryption),
    types.BUCKET_VERSIONING: _part(_versioning),
    types.BUCKET_LIFECYCLE: _part(_lifecycle),
    types.BUCKET_POLICY: _part(_policy),
}
