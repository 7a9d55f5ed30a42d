"""`datatier doctor --aws` from the command line; what it finds is held in tests/account."""

from __future__ import annotations

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
