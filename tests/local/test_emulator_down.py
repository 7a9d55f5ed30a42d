"""An emulator that does not run: what starts it, at once, whichever service was called."""

from __future__ import annotations

from pathlib import Path

import pytest

from bootstrap.aws import AwsEndpoint, EmulatorDownError, aws_client
from bootstrap.secrets import AwsStore

ARN = "arn:aws:secretsmanager:eu-north-1:000000000000:secret:shop-eu/web"


@pytest.fixture
def endpoint(tmp_path: Path) -> AwsEndpoint:
    (tmp_path / "credentials").write_text("[default]\naws_access_key_id = A\naws_secret_access_key = B\n")
    return AwsEndpoint(url="http://127.0.0.1:9", credentials=str(tmp_path / "credentials"), stack="shop-eu")


SAYS = r"the AWS emulator, which keeps the secrets, is not running at http://127.0.0.1:9: `datatier up shop-eu`"


@pytest.mark.parametrize("call", ["get", "stages", "made"])
def test_the_store_says_what_starts_the_emulator_and_nothing_of_a_role(endpoint: AwsEndpoint, call: str) -> None:
    with pytest.raises(EmulatorDownError, match=f"^{SAYS}$"):
        getattr(AwsStore("eu-north-1", endpoint), call)(ARN)


@pytest.mark.parametrize(
    ("service", "call"),
    [
        ("elasticache", lambda client: client.describe_users()),
        ("sns", lambda client: client.list_topics()),
        ("lambda", lambda client: client.list_functions()),
    ],
)
def test_every_service_says_it(endpoint: AwsEndpoint, service: str, call: object) -> None:
    with pytest.raises(EmulatorDownError, match=f"^{SAYS}$"):
        call(aws_client(service, "eu-north-1", endpoint))  # type: ignore[operator]


def test_an_endpoint_that_no_tier_owns_is_no_matter_of_datatier_up(tmp_path: Path) -> None:
    from bootstrap.secrets import SecretStoreError

    with pytest.raises(SecretStoreError, match="EndpointConnectionError"):
        AwsStore("eu-north-1", "http://127.0.0.1:9").made(ARN)
