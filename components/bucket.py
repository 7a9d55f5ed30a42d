"""A bucket for backups, exports and attachments: versioned, encrypted under the stack's key, closed to others."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components.policy import Statement, allow, deny, document, exporter
from components.refuse import refuse
from knowledge import buckets, limits

S3 = aws.s3


@dataclass(frozen=True, kw_only=True)
class BucketArgs:
    """The bucket: what it keeps, for how long, and who may reach it."""

    bucket: str
    """Name of the bucket, globally unique: include the account's number or something else that is yours alone."""
    account_id: pulumi.Input[str]
    """Account that owns it."""
    key_arn: pulumi.Input[str]
    """KMS key of its objects. It must live as long as they do."""
    roles: Sequence[pulumi.Input[str]] = ()
    """Roles that read and write objects. Nobody else does; the account's administrators can change that."""
    exports_in: pulumi.Input[str] | None = None
    """Region of the caches whose snapshots ElastiCache exports here; None where it does not."""
    own_roles: Sequence[pulumi.Input[str]] = ()
    """Roles of the stack that their own policies let in: what refuses everybody but `roles` leaves them out."""
    expire_days: Mapping[str, int] = field(default_factory=dict)
    """Prefix, such as `backups/` -> days after which its objects expire. Objects under no prefix are kept."""
    noncurrent_days: int = 30
    """Days that what was overwritten, deleted or expired can be had back."""
    object_lock: bool = False
    """Let the roles lock objects against removal. A bucket that is there without it is replaced."""
    force_destroy: bool = False
    """Delete it with all that is in it; else AWS refuses while it holds anything."""
    protect: bool = False
    """Refuse to delete it through Pulumi."""

    def __post_init__(self) -> None:
        """Refuse what S3 refuses, and prefixes of which one lies in the other."""
        refuse("bucket", bucket=buckets.name_problem(self.bucket))
        for folder, days in self.expire_days.items():
            if not re.fullmatch(buckets.FOLDER, folder):
                raise ValueError(f"bucket: expire_days {folder!r} is not a folder, such as `backups/`")
            refuse("bucket: expire_days", **{folder: limits.OBJECT_DAYS.problem(days)})
        refuse(
            "bucket",
            expire_days=buckets.nested_problem(self.expire_days),
            noncurrent_days=limits.OBJECT_DAYS.problem(self.noncurrent_days),
        )


class Bucket(pulumi.ComponentResource):
    """Bucket, and all that closes it."""

    name: pulumi.Output[str]
    """Name of the bucket."""
    arn: pulumi.Output[str]
    """ARN of the bucket."""

    def __init__(self, name: str, args: BucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the bucket with its policy, encryption, versioning and lifecycle."""
        super().__init__("data-tier:index:Bucket", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        made = S3.Bucket(
            f"{name}-bucket",
            bucket=args.bucket,
            force_destroy=args.force_destroy,
            object_lock_enabled=args.object_lock or None,
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )
        bucket = made.bucket
        S3.BucketOwnershipControls(
            f"{name}-ownership",
            bucket=bucket,
            rule=S3.BucketOwnershipControlsRuleArgs(object_ownership="BucketOwnerEnforced"),  # no ACLs at all
            opts=child,
        )
        closed = S3.BucketPublicAccessBlock(
            f"{name}-private",
            bucket=bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=child,
        )
        S3.BucketServerSideEncryptionConfiguration(
            f"{name}-encryption", bucket=bucket, rules=[encryption(args.key_arn)], opts=child
        )
        versioned = S3.BucketVersioning(
            f"{name}-versioning",
            bucket=bucket,
            versioning_configuration=S3.BucketVersioningVersioningConfigurationArgs(status="Enabled"),
            opts=child,
        )
        S3.BucketLifecycleConfiguration(
            f"{name}-lifecycle",
            bucket=bucket,
            rules=lifecycle(args),
            # A rule about former versions waits for versioning (terraform-provider-aws, s3_bucket_lifecycle_...).
            opts=pulumi.ResourceOptions(parent=self, depends_on=[versioned]),
        )
        S3.BucketPolicy(
            f"{name}-policy",
            bucket=bucket,
            policy=document(*statements(args, made.arn)),
            # S3 answers OperationAborted to two changes of one bucket's access at a time.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[closed]),
        )
        self.name, self.arn = bucket, made.arn
        self.register_outputs({"name": self.name, "arn": self.arn})


def encryption(key_arn: pulumi.Input[str]) -> "S3.BucketServerSideEncryptionConfigurationRuleArgs":
    """The key, with a bucket key: one request to KMS for many objects."""
    return S3.BucketServerSideEncryptionConfigurationRuleArgs(
        bucket_key_enabled=True,
        apply_server_side_encryption_by_default=(
            S3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
                sse_algorithm="aws:kms", kms_master_key_id=key_arn
            )
        ),
    )


def lifecycle(args: BucketArgs) -> list["S3.BucketLifecycleConfigurationRuleArgs"]:
    """Former versions and half uploads go everywhere, the rest by prefix."""
    whole = S3.BucketLifecycleConfigurationRuleArgs(
        id="former-versions",
        status="Enabled",
        filter=S3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
        noncurrent_version_expiration=S3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(
            noncurrent_days=args.noncurrent_days
        ),
        # Parts of an upload that broke off are paid for and seen nowhere.
        abort_incomplete_multipart_upload=S3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
            days_after_initiation=1
        ),
        # A marker with nothing behind it; S3 takes it in a rule without `days` only.
        expiration=S3.BucketLifecycleConfigurationRuleExpirationArgs(expired_object_delete_marker=True),
    )
    return [
        whole,
        *(
            S3.BucketLifecycleConfigurationRuleArgs(
                id=f"expire-{prefix.strip('/').replace('/', '-')}",
                status="Enabled",
                filter=S3.BucketLifecycleConfigurationRuleFilterArgs(prefix=prefix),
                expiration=S3.BucketLifecycleConfigurationRuleExpirationArgs(days=days),
            )
            for prefix, days in sorted(args.expire_days.items())
        ),
    ]


def exported(region: pulumi.Input[str], arn: pulumi.Input[str], objects: pulumi.Input[str]) -> list[Statement]:
    """Let ElastiCache write what it exports of snapshots: into a bucket of the account that asks for it, and no other
    (ElastiCache User Guide, "Exporting a backup", and CopySnapshot's errors)."""
    service = {"Service": exporter(region)}
    parts = ["s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"]
    whole = ["s3:GetBucketAcl", "s3:ListBucket", "s3:ListBucketMultipartUploads"]
    return [
        allow("ExportedSnapshots", parts, objects, Principal=service),
        allow("ExportsBucket", whole, arn, Principal=service),
    ]


def statements(args: BucketArgs, arn: pulumi.Input[str]) -> list[Statement]:
    """TLS and the stack's key, or nothing; objects for the roles alone.

    Refusing is by ArnNotEquals on aws:PrincipalArn, which for a session is its role's ARN (IAM User Guide, global
    condition keys); services that act for the account themselves (lifecycle) are not asked. Administration of the
    bucket stays with IAM, so that a role that is deleted shuts nobody out for good.
    """
    objects = pulumi.Output.format("{0}/*", arn)
    insecure = {"Bool": {"aws:SecureTransport": "false"}}
    header = "s3:x-amz-server-side-encryption"
    key = f"{header}-aws-kms-key-id"
    # A client may ask for another encryption than the bucket's; without a wish it gets that. Asked for `aws:kms` alone,
    # S3 takes the account's aws/s3 (S3 User Guide, "Specifying server-side encryption with AWS KMS").
    wishes = {
        "RequireKms": {"StringNotEquals": {header: "aws:kms"}, "Null": {header: "false"}},
        "RequireKey": {"StringNotEquals": {key: args.key_arn}, "Null": {header: "false"}},
        "RequireKeyAlone": {"StringNotEquals": {key: args.key_arn}, "Null": {key: "false"}},
        "RefuseOwnKeys": {"Null": {f"{header}-customer-algorithm": "false"}},  # SSE-C: unreadable to everybody else
    }
    found = [
        deny("RequireTls", ["s3:*"], [arn, objects], Principal="*", Condition=insecure),
        *(
            deny(sid, ["s3:PutObject"], objects, Principal="*", Condition=condition)
            for sid, condition in wishes.items()
        ),
    ]
    if args.exports_in is not None:
        found += exported(args.exports_in, arn, objects)
    if not args.roles:
        return found
    everything = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetObject"]
    everything += ["s3:GetObjectVersion", "s3:PutObject"]
    used = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"]
    # What locks an object is in the answer to HeadObject for those who may read that (S3 API Reference, "HeadObject").
    used += ["s3:GetObjectLegalHold", "s3:GetObjectRetention"]
    used += ["s3:PutObjectRetention"] if args.object_lock else []
    # Parts of an upload that broke off are found by nothing else (`keep.place.s3`).
    listed = ["s3:ListBucket", "s3:ListBucketMultipartUploads"]
    return [
        *found,
        deny(
            "OnlyRoles",
            everything,
            objects,
            Principal="*",
            Condition={
                "ArnNotEquals": {"aws:PrincipalArn": [*args.roles, *args.own_roles]},
                "StringEquals": {"aws:PrincipalAccount": args.account_id},
                "Bool": {"aws:PrincipalIsAWSService": "false"},
            },
        ),
        deny(
            "OnlyThisAccount",
            ["s3:*"],
            [arn, objects],
            Principal="*",
            Condition={
                "StringNotEquals": {"aws:PrincipalAccount": args.account_id},
                "Bool": {"aws:PrincipalIsAWSService": "false"},
            },
        ),
        allow("Objects", used, objects, Principal={"AWS": list(args.roles)}),
        allow("Listing", listed, arn, Principal={"AWS": list(args.roles)}),
    ]
