"""The manifest of a program that runs in AWS: from a secret of its own.

It is too long for an environment variable (4 KB), and Secrets Manager is the one service that such a program reaches
anyway.
"""

from __future__ import annotations

import os

from bootstrap.aws import aws_client
from bootstrap.manifest import Manifest

SECRET = "DATATIER_MANIFEST_SECRET"  # noqa: S105 a variable's name
"""Environment variable with the secret's ARN."""


def own_manifest() -> Manifest:
    """That of a function, named by its environment. Raise botocore's ClientError or a pydantic ValidationError."""
    return manifest_of(os.environ[SECRET], os.environ["AWS_REGION"])


def manifest_of(arn: str, region: str | None = None) -> Manifest:
    """The one in a secret, whose ARN says the region where nobody else does. Raise as `own_manifest`."""
    client = aws_client("secretsmanager", region or arn.split(":")[3], os.environ.get("AWS_ENDPOINT_URL"))
    return Manifest.model_validate_json(client.get_secret_value(SecretId=arn)["SecretString"])
