"""What is kept: S3, KMS and Secrets Manager."""

from __future__ import annotations

from graph.kind import Kind
from graph.types import (
    BUCKET,
    BUCKET_ENCRYPTION,
    BUCKET_LIFECYCLE,
    BUCKET_LOGGING,
    BUCKET_OWNERSHIP,
    BUCKET_POLICY,
    BUCKET_PUBLIC_ACCESS,
    BUCKET_VERSIONING,
    KEY,
    KEY_ALIAS,
    KEY_POLICY,
    SECRET,
    SECRET_POLICY,
    SECRET_ROTATION,
    SECRET_VERSION,
)

KINDS = {
    KEY: Kind(
        source="kms/key.go",
        id="{uuid}",
        arn="kms:key/{uuid}",
        named="",
        replaces={"customKeyStoreId", "customerMasterKeySpec", "keyUsage", "multiRegion", "xksKeyId"},
        defaults={
            "bypassPolicyLockoutSafetyCheck": False,
            "customerMasterKeySpec": "SYMMETRIC_DEFAULT",
            "enableKeyRotation": False,
            "isEnabled": True,
            "keyUsage": "ENCRYPT_DECRYPT",
        },
        kept={"multiRegion", "policy", "rotationPeriodInDays"},
    ),
    KEY_ALIAS: Kind(
        source="kms/alias.go",
        id="{name}",
        arn="kms:{name}",
        replaces={"name", "namePrefix"},
        kept={"namePrefix"},
    ),
    KEY_POLICY: Kind(source="kms/key_policy.go", id="{keyId}", named="keyId", autonamed=False),
    BUCKET: Kind(
        source="s3/bucket.go",
        id="{bucket}",
        arn="s3:::{bucket}",
        named="bucket",
        replaces={"bucket", "bucketPrefix", "objectLockEnabled"},
        defaults={"forceDestroy": False},
        kept={
            "accelerationStatus",
            "acl",
            "bucketNamespace",
            "bucketPrefix",
            "corsRules",
            "grants",
            "lifecycleRules",
            "logging",
            "objectLockConfiguration",
            "objectLockEnabled",
            "policy",
            "replicationConfiguration",
            "requestPayer",
            "serverSideEncryptionConfiguration",
            "versioning",
            "website",
        },
    ),
    BUCKET_LIFECYCLE: Kind(
        source="s3/bucket_lifecycle_configuration.go",
        id="{bucket}",
        named="",
        replaces={"bucket", "expectedBucketOwner"},
        kept={"expectedBucketOwner", "transitionDefaultMinimumObjectSize"},
    ),
    BUCKET_LOGGING: Kind(
        source="s3/bucket_logging.go", id="{bucket}", named="", replaces={"bucket", "expectedBucketOwner"}
    ),
    BUCKET_OWNERSHIP: Kind(source="s3/bucket_ownership_controls.go", id="{bucket}", named="", replaces={"bucket"}),
    BUCKET_POLICY: Kind(source="s3/bucket_policy.go", id="{bucket}", named="", replaces={"bucket"}),
    BUCKET_PUBLIC_ACCESS: Kind(source="s3/bucket_public_access_block.go", id="{bucket}", named="", replaces={"bucket"}),
    BUCKET_ENCRYPTION: Kind(
        source="s3/bucket_server_side_encryption_configuration.go",
        id="{bucket}",
        named="",
        replaces={"bucket", "expectedBucketOwner"},
    ),
    BUCKET_VERSIONING: Kind(
        source="s3/bucket_versioning.go", id="{bucket}", named="", replaces={"bucket", "expectedBucketOwner"}
    ),
    SECRET: Kind(
        source="secretsmanager/secret.go",
        id="{arn}",
        arn="secretsmanager:secret:{name}-{hex6}",
        replaces={"name", "namePrefix"},
        defaults={"forceOverwriteReplicaSecret": False, "recoveryWindowInDays": 30},
        kept={"namePrefix", "policy"},
        untold={"forceOverwriteReplicaSecret": None, "recoveryWindowInDays": None},
    ),
    SECRET_VERSION: Kind(
        source="secretsmanager/secret_version.go",
        id="{secretId}|{uuid}",
        named="",
        secret={"secretBinary", "secretString", "secretStringWo"},
        replaces={"secretBinary", "secretId", "secretString", "secretStringWoVersion"},
        kept={"versionStages"},
    ),
    SECRET_POLICY: Kind(
        source="secretsmanager/secret_policy.go",
        id="{secretArn}",
        named="secretArn",
        autonamed=False,
        replaces={"secretArn"},
    ),
    SECRET_ROTATION: Kind(
        source="secretsmanager/secret_rotation.go",
        id="{secretId}",
        named="secretId",
        autonamed=False,
        replaces={"secretId"},
        kept={"rotationEnabled"},
    ),
}
