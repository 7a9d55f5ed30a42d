"""What opens secrets: the key of those that are made here, and whichever key those are under that were there before."""

from collections.abc import Sequence
from typing import Protocol

import pulumi

from components.policy import Statement, allow, called


class Opening(Protocol):
    """Arguments that say which secrets, and where they are."""

    @property
    def account_id(self) -> pulumi.Input[str]:
        """Account of the secrets."""
        ...

    @property
    def region(self) -> pulumi.Input[str]:
        """Region of the secrets."""
        ...

    @property
    def partition(self) -> pulumi.Input[str]:
        """AWS partition."""
        ...

    @property
    def secrets_key_arn(self) -> pulumi.Input[str]:
        """KMS key of the secrets that are made here."""
        ...

    @property
    def existing_secret_arns(self) -> Sequence[str]:
        """Secrets that were there before."""
        ...


def secrets_keys(args: Opening, *actions: str) -> list[Statement]:
    """Return what lets its role use the keys of its secrets, through Secrets Manager alone.

    The key of a secret of before may open others' too: here it opens that secret and no other, as Secrets Manager names
    it in each call (Secrets Manager User Guide, "Secret encryption and decryption", encryption context). Of AWS's own
    key `aws/secretsmanager` the key's policy says as much.
    """
    through = {"kms:ViaService": called("secretsmanager", args.region)}
    made = allow("SecretsKey", actions, args.secrets_key_arn, Condition={"StringEquals": through})
    if not args.existing_secret_arns:
        return [made]
    keys = pulumi.Output.format("arn:{0}:kms:{1}:{2}:key/*", args.partition, args.region, args.account_id)
    only = {**through, "kms:EncryptionContext:SecretARN": list(args.existing_secret_arns)}
    return [made, allow("ExistingSecretsKeys", actions, keys, Condition={"StringEquals": only})]
