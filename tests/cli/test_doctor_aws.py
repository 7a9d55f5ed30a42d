"""`datatier doctor --aws` from the command line; what it finds is held in tests/account."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bootstrap.aws import _session
from bootstrap.errors import BootstrapError
from cli.errors import InputError
from cli.main import application

NOWHERE = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/dev/null"}
NOWHERE |= {"AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}


def test_without_credentials_nothing_was_looked_at_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in NOWHERE.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    _session.cache_clear()  # of a test before this one, which had credentials
    answer = CliRunner().invoke(application(["doctor"]), ["doctor", "--aws", "dev"])
    assert answer.output == ""
    assert isinstance(answer.exception, BootstrapError)
    assert "no AWS credentials" in str(answer.exception)


def test_a_state_is_that_of_one_stack() -> None:
    answer = CliRunner().invoke(application(["doctor"]), ["doctor", "--aws", "--against", "export.json"])
    assert isinstance(answer.exception, InputError)
    assert "name it" in str(answer.exception)


@pytest.mark.parametrize("command", [["doctor", "--aws"], ["alarms", "prove", "--aws", "--yes"]])
@pytest.mark.parametrize(
    ("profile", "region", "said"),
    [
        (
            "local",
            "eu-central-1",
            "`shop` is a stack of this computer (`data-tier:profile: local` in Pulumi.shop.yaml)",
        ),
        ("dev", None, "Pulumi.shop.yaml names no region, and which one the account is looked at in is not guessed"),
    ],
)
def test_a_stack_that_is_in_no_account_or_in_no_region_is_refused_before_anything_is_asked(
    command: list[str], profile: str, region: str | None, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: data-tier\nruntime: python\n")
    (tmp_path / "access.yaml").write_text("owner: shop_owner\nidentities: {shop_app: {postgres: readwrite}}\n")
    given = {"data-tier:profile": profile, "data-tier:name": "shop"} | ({"aws:region": region} if region else {})
    (tmp_path / "Pulumi.shop.yaml").write_text(json.dumps({"config": given}))
    monkeypatch.chdir(tmp_path)
    answer = CliRunner().invoke(application(command[:1]), [*command, "shop"])
    assert isinstance(answer.exception, InputError)
    assert said in str(answer.exception)
    assert answer.output == ""
