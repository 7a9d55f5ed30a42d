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


def refuse_filled(client: SecretsManagerClient, name: str) -> bool:
    """Return whether the secret is there, empty as a deployment makes it; raise AskedError where it has a value."""
    try:
        answer = client.describe_secret(SecretId=name)
    except client.exceptions.ResourceNotFoundException:
        return False
    if answer.get("DeletedDate"):
        raise AskedError(
            f"the secret {name} waits for its deletion: `aws secretsmanager restore-secret --secret-id {name}`, or let "
            "it go first."
        )
    if any("AWSCURRENT" in labels for labels in answer.get("VersionIdsToStages", {}).values()):
        raise AskedError(f"the secret {name} has a value already, which is left alone.")
    return True


def give(client: SecretsManagerClient, name: str, description: str, credential: Credential) -> str:
    """Store a credential, in a secret that is made where it is not there yet; return its ARN.

    Raise AskedError where that has a value.
    """
    text = json.dumps(credential.content())
    if refuse_filled(client, name):
        return client.put_secret_value(SecretId=name, SecretString=text)["ARN"]
    return client.create_secret(Name=name, Description=description, SecretString=text)["ARN"]
