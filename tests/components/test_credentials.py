"""Secrets: one per identity, the master's and AUTH tokens' first values secret throughout."""

from __future__ import annotations

import json
from typing import Any

import pytest

from components.credentials import Credentials, CredentialsArgs


def args(**more: Any) -> CredentialsArgs:
    base = {
        "prefix": "web-dev",
        "master_username": "web_admin",
        "database": "web",
        "identities": ["web_app", "web_reporting"],
        "secrets_key_arn": "arn:key",
    }
    return CredentialsArgs(**base | more)


def test_containers_and_first_values(record: Any) -> None:
    seen = record(lambda: Credentials("cred", args(token_caches=["queue"], recovery_window_days=0, protect=True)))
    assert seen.listing == [
        ("Credentials", "cred", ""),
        ("RandomPassword", "cred-master-password", "cred"),
        ("RandomPassword", "cred-queue-auth-password", "cred"),
        ("Secret", "cred-master", "cred"),
        ("Secret", "cred-queue-auth", "cred"),
        ("Secret", "cred-web_app", "cred"),
        ("Secret", "cred-web_reporting", "cred"),
        ("SecretVersion", "cred-master-initial", "cred"),
        ("SecretVersion", "cred-queue-auth-initial", "cred"),
    ]
    assert seen["cred-web_app"].inputs == {
        "description": "web_app of web-dev",
        "kmsKeyId": "arn:key",
        "name": "web-dev/web_app",
        "recoveryWindowInDays": 0,
    }
    assert all(secret.protect for secret in seen.of("Secret").values())
    special = {n: p.inputs.get("overrideSpecial") for n, p in seen.of("RandomPassword").items()}
    # An AUTH token takes only some of them.
    assert special == {"cred-master-password": "-_.~", "cred-queue-auth-password": "-"}

    version = seen["cred-master-initial"]
    assert version.inputs["secretString"] == "[secret]"
    assert version.inputs["versionStages"] == ["INITIAL"]
    assert version.ignore_changes == ("secretString", "versionStages")
    assert json.loads(version.secrets["secretString"]) == {
        "username": "web_admin",
        "password": "password of cred-master-password",
        "engine": "postgres",
        "dbname": "web",
        "initial": True,
    }
    token = seen["cred-queue-auth-initial"]
    assert json.loads(token.secrets["secretString"]) == {
        "redis_username": "default",
        "redis_password": "password of cred-queue-auth-password",
        "initial": True,
    }
    # No password stands anywhere in the clear.
    assert "password of" not in repr([each.inputs for each in seen.resources])


@pytest.mark.parametrize("key", ["master", "queue-auth"])
def test_a_first_version_that_aws_dropped_is_made_anew_without_becoming_current(
    record: Any, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import boto3
    from moto import mock_aws

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    seen = record(lambda: Credentials("cred", args(prefix="shop-live", token_caches=["queue"])))
    version = seen[f"cred-{key}-initial"]
    with mock_aws():
        client = boto3.client("secretsmanager", region_name="eu-west-1")
        arn = client.create_secret(Name=f"shop-live/{key}")["ARN"]

        def make() -> None:  # the provider's PutSecretValue (secretsmanager/secret_version.go, create)
            labels = version.inputs["versionStages"]
            client.put_secret_value(SecretId=arn, SecretString=version.secrets["secretString"], VersionStages=labels)

        make()
        assert client.get_secret_value(SecretId=arn)["SecretString"] == version.secrets["secretString"]
        client.put_secret_value(SecretId=arn, SecretString="the bootstrap's")
        make()  # the refresh took it out of the state, and this `up` makes it again
        assert client.get_secret_value(SecretId=arn)["SecretString"] == "the bootstrap's"


def test_passwords_leave_the_component_as_secrets(record: Any) -> None:
    secret: dict[str, bool] = {}

    async def program() -> None:
        made = Credentials("cred", args(token_caches=["queue"]))
        outputs = {"master": made.master_password, "token": made.tokens["queue"], "arn": made.master_secret_arn}
        secret.update({name: await output.is_secret() for name, output in outputs.items()})

    record(program)
    assert secret == {"master": True, "token": True, "arn": False}


@pytest.mark.parametrize(
    ("more", "made", "arns"),
    [
        pytest.param(
            {"existing_arns": {"master": "arn:master", "queue-auth": "arn:queue"}},
            [],
            {"master": "arn:master", "queue": "arn:queue"},
            id="a secret of before is used as it is",
        ),
        pytest.param(
            {"existing_passwords": ["master", "queue-auth"]},
            [("Secret", "cred-master", "cred"), ("Secret", "cred-queue-auth", "cred")],
            {"master": "arn:cred-master", "queue": "arn:cred-queue-auth"},
            id="a password of before is nobody's to make up",
        ),
    ],
)
def test_what_servers_had_before(
    record: Any, more: dict[str, Any], made: list[tuple[str, str, str]], arns: dict[str, str]
) -> None:
    found: dict[str, Any] = {}

    async def program() -> None:
        each = Credentials("cred", args(identities=[], token_caches=["queue"], **more))
        found["first"] = (each.master_password, each.tokens)
        found["master"] = await each.master_secret_arn.future()
        found["queue"] = await each.token_secret_arns["queue"].future()

    seen = record(program)
    assert seen.listing == [("Credentials", "cred", ""), *made]
    assert found == {"first": (None, {}), **arns}


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"recovery_window_days": 3}, "0 or 7 to 30"),
        ({"identities": ["master"]}, "two secrets would be named master"),
        ({"identities": ["a", "a"]}, "two secrets would be named a"),
        ({"identities": ["queue-auth"], "token_caches": ["queue"]}, "queue-auth"),
        ({"password_special": "-@"}, "cannot be in a password that RDS"),
        ({"password_special": "a/b,"}, "cannot be in a password that RDS"),
        ({"password_length": 12}, "16 to 128"),
        ({"existing_arns": {"web_app": "arn"}}, "existing_arns names web_app; there are master"),
        ({"existing_passwords": ["queue-auth"]}, "existing_passwords names queue-auth; there are master"),
    ],
)
def test_refused(more: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        args(**more)
