"""The manifest of a function that is invoked without one: from a secret of its own.

It is too long for an environment variable (4 KB), and Secrets Manager is the one service that such a function reaches
anyway.
"""

from __future__ import annotations

import os

from bootstrap.aws import aws_client
from bootstrap.manifest import Manifest

SECRET = "DATATIER_MANIFEST_SECRET"  # noqa: S105 a variable's name
"""Environment variable with the secret's ARN."""


def own_manifest() -> Manifest:
    """Read it. Raise botocore's ClientError or a pydantic ValidationError."""
    client = aws_client("secretsmanager", os.environ["AWS_REGION"], os.environ.get("AWS_ENDPOINT_URL"))
    return Manifest.model_validate_json(client.get_secret_value(SecretId=os.environ[SECRET])["SecretString"])
