"""Who makes the calls: a profile of the AWS CLI's configuration, and a role that is assumed."""

from __future__ import annotations

from pathlib import Path

import pytest
from moto import mock_aws

from bootstrap.aws import Caller, aws_client
from upgrade.check import Look
from upgrade.run.aws import Aws
from upgrade.run.errors import AwsError

REGION = "eu-south-2"
ROLE = "arn:aws:iam::210987654321:role/books-deploy"


@pytest.fixture(autouse=True)
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = tmp_path / "credentials"
    keys.write_text("[books]\naws_access_key_id = AKIABOOKS\naws_secret_access_key = nothing\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(keys))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)


def signed_by(caller: Caller) -> str:
    """The access key of a call, and its identity as moto has it."""
    seen: list[str] = []
    client = aws_client("sts", REGION, None, caller=caller)
    client.meta.events.register("before-send.sts", lambda request, **_: seen.append(request.headers["Authorization"]))
    arn = str(client.get_caller_identity()["Arn"])
    return f"{'AKIABOOKS' in str(seen[0])} {arn}"


def test_a_profile_and_a_role_make_the_calls() -> None:
    with mock_aws():
        assert signed_by(Caller(profile="books")).startswith("True ")
        said = signed_by(Caller(profile="books", role=ROLE))
        assert said.startswith("False ")
        assert ":assumed-role/books-deploy/" in said


def test_a_profile_that_is_not_there_is_a_sentence() -> None:
    look = Look(service="sts", operation="GetCallerIdentity", path="Account")
    with pytest.raises(AwsError, match=r"\(nobody-s\) could not be found: log in"):
        Aws(REGION, None, Caller(profile="nobody-s")).look(look)
