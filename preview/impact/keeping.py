"""What is kept: keys, secrets, buckets, logs."""

from __future__ import annotations

from graph import types
from preview.impact.conditions import less
from preview.impact.effect import Effect, Rule


def _protected(rule: str, what: str) -> Rule:
    return Rule(
        id=rule,
        key="*",
        effect=Effect.BLOCKED,
        when=lambda e: e.change.protect,
        users=f"Pulumi refuses: the {what} is protected.",
        source="Pulumi, resource option `protect`",
        way_round="If it shall really go: `pulumi state unprotect URN`.",
    )


KEEPING: dict[str, tuple[Rule, ...]] = {
    types.KEY: (
        _protected("key-delete-protected", "key"),
        Rule(
            id="key-kept",
            key="*",
            effect=Effect.IN_PLACE,
            when=lambda e: e.change.retained,
            users="It leaves the program and stays in AWS.",
            source="Pulumi, resource option `retainOnDelete`",
        ),
        Rule(
            id="key-delete",
            key="*",
            effect=Effect.DATA_AT_RISK,
            users="After the waiting period every volume, snapshot and secret under it is unreadable for ever.",
            source="AWS KMS Developer Guide, deleting-keys",
            way_round="Disable the key and wait for complaints first.",
        ),
        Rule(
            id="key-rotation-off",
            key="enableKeyRotation",
            effect=Effect.IN_PLACE,
            when=lambda e: not e.after,
            users="Nothing now; the key material grows old (Security Hub KMS.4).",
            source="Security Hub, KMS.4",
        ),
        Rule(
            id="key-policy",
            key="policy",
            effect=Effect.DOWNTIME,
            users="Services and roles no longer named in it (RDS, SNS, CloudWatch, the runner) are refused at once.",
            source="AWS KMS Developer Guide, key-policies",
            way_round="Read the statements that go.",
        ),
    ),
    types.SECRET: (
        Rule(
            id="secret-delete",
            key="*",
            effect=Effect.DOWNTIME,
            users="Who reads it is refused at once; it can be restored until its recovery window ends.",
            source="Secrets Manager User Guide, manage_delete-secret",
            way_round="See who still reads it (CloudTrail, LastAccessedDate).",
        ),
        Rule(
            id="secret-name",
            key="name",
            effect=Effect.DATA_AT_RISK,
            users="A new, empty secret takes its place: passwords are lost.",
            way_round="Leave the name.",
        ),
        Rule(
            id="secret-key",
            key="kmsKeyId",
            effect=Effect.IN_PLACE,
            users="New versions are encrypted under the new key.",
            source="Secrets Manager User Guide, security-encryption",
            way_round="Readers need kms:Decrypt on it too.",
        ),
        Rule(
            id="secret-recovery",
            key="recoveryWindowInDays",
            users="Nothing today: it is how long the secret can be restored once it is deleted; 0 means not at all.",
            source="Secrets Manager API Reference, DeleteSecret",
        ),
    ),
    types.RANDOM_PASSWORD: (
        Rule(
            id="password-replaced",
            key="*",
            effect=Effect.IN_PLACE,
            users="Nothing: the bootstrap has replaced the initial password long ago.",
            source="docs/architecture.md",
        ),
    ),
    types.LOG_GROUP: (
        Rule(
            id="logs-delete",
            key="*",
            effect=Effect.DATA_AT_RISK,
            when=lambda e: not e.change.retained,
            users="The logs are gone.",
            source="Amazon CloudWatch Logs User Guide, Working-with-log-groups-and-streams",
            way_round="Export them to S3 first.",
        ),
        Rule(
            id="logs-kept",
            key="*",
            effect=Effect.IN_PLACE,
            users="It leaves the program and stays in AWS.",
            source="Pulumi, resource option `retainOnDelete`",
        ),
        Rule(
            id="logs-shorter",
            key="retentionInDays",
            effect=Effect.DATA_AT_RISK,
            when=lambda e: bool(e.after) and (not e.before or less(e)),
            users="Older logs are deleted.",
            source="Amazon CloudWatch Logs User Guide, SettingLogRetention",
            way_round="Export them to S3 first.",
        ),
        Rule(
            id="logs-name",
            key="name",
            users="A new group begins; the old one's logs go with it.",
        ),
    ),
    types.BUCKET: (
        _protected("bucket-delete-protected", "bucket"),
        Rule(
            id="bucket-delete",
            key="*",
            effect=Effect.BLOCKED,
            when=lambda e: not (e.change.was or {}).get("forceDestroy"),
            users="AWS refuses while anything is in it.",
            source="Amazon S3 User Guide, delete-bucket",
        ),
        Rule(
            id="bucket-destroy",
            key="*",
            effect=Effect.DATA_AT_RISK,
            users="Everything in it is deleted.",
            source="terraform-provider-aws, s3/bucket.go: force_destroy",
        ),
        Rule(
            id="bucket-name",
            key="bucket",
            effect=Effect.DATA_AT_RISK,
            users="A new, empty bucket takes its place.",
            way_round="Leave the name.",
        ),
    ),
}
