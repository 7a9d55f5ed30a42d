"""Tokens of AWS that stand in for passwords: requests that are signed here and never sent; good for 15 minutes.

RDS User Guide, "IAM database authentication"; ElastiCache User Guide, "Authenticating with IAM". Both are the URL of a
`connect` request with its SigV4 signature in the query, without the scheme. A session lives on after its token's end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from bootstrap.aws import aws_credentials
from bootstrap.secrets.secret import Secret

if TYPE_CHECKING:
    from botocore.credentials import ReadOnlyCredentials

SECONDS = 900
"""Life of a token: what both services take at most."""


def postgres_token(host: str, port: int, user: str, region: str) -> Secret:
    """Return a token for `user` on the RDS instance at `host`; raise BootstrapError without AWS credentials."""
    return Secret(signed("rds-db", f"{host}:{port}", {"DBUser": user}, region, aws_credentials()))


def redis_token(cache: str, user: str, region: str) -> Secret:
    """Return a token for `user` of the replication group `cache`; raise BootstrapError without AWS credentials."""
    return Secret(signed("elasticache", cache.lower(), {"User": user}, region, aws_credentials()))


def signed(service: str, place: str, who: dict[str, str], region: str, credentials: ReadOnlyCredentials) -> str:
    """Return a presigned `connect` request of `service` to `place`, without its scheme."""
    from botocore.auth import SigV4QueryAuth
    from botocore.awsrequest import AWSRequest

    request = AWSRequest(method="GET", url=f"https://{place}/?{urlencode({'Action': 'connect', **who})}")
    SigV4QueryAuth(credentials, service, region, expires=SECONDS).add_auth(request)
    return str(request.url).removeprefix("https://")
