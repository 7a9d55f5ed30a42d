"""A password that a person gives, put into Secrets Manager: the one of a server that was there before its stack."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from bootstrap.errors import AskedError
from bootstrap.secrets.secret import Credential

if TYPE_CHECKING:
    from types_boto3_secretsmanager import SecretsManagerClient

ACTIONS = ("secretsmanager:CreateSecret", "secretsmanager:DescribeSecret", "secretsmanager:PutSecretValue")
"""What it takes, on that one secret."""


def is_filled(client: SecretsManagerClient, name: str) -> bool | None:
    """Return whether the secret has a value; None where there is no such secret. Raise AskedError where it goes."""
    try:
        answer = client.describe_secret(SecretId=name)
    except client.exceptions.ResourceNotFoundException:
        return None
    if answer.get("DeletedDate"):
        raise AskedError(
            f"the secret {name} waits for its deletion: `aws secretsmanager restore-secret --secret-id {name}`, or let "
            "it go first."
        )
    return any("AWSCURRENT" in labels for labels in answer.get("VersionIdsToStages", {}).values())


def give(client: SecretsManagerClient, name: str, description: str, credential: Credential, *, proved: bool) -> str:
    """Store a credential, in a secret that is made where it is not there yet; return its ARN.

    Raise AskedError where that has a value and the credential was not `proved`.
    """
    text = json.dumps(credential.content())
    filled = is_filled(client, name)
    if filled and not proved:
        raise AskedError(f"the secret {name} has a value already, and this one was not proved. Nothing was stored.")
    if filled is None:
        return client.create_secret(Name=name, Description=description, SecretString=text)["ARN"]
    return client.put_secret_value(SecretId=name, SecretString=text)["ARN"]
