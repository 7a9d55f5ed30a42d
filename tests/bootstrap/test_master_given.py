"""The master's password of a server that was there before the stack: given by a person, or in a secret of theirs."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from real_servers import Postgres, free_port
from tier import FIRST_PASSWORD, REGION, Tier

from bootstrap.aws import aws_client
from bootstrap.errors import AskedError, BootstrapError
from bootstrap.postgres.master import enter
from bootstrap.rotate.run import rotate
from cli.adopt_master import put

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def found(make_tier: Callable[..., Tier], postgres18: Postgres) -> Tier:
    """A server with a master of its own, and a role that is nobody's master."""
    tier = make_tier(postgres18)
    with tier.postgres.superuser() as conn:
        conn.execute(f"CREATE ROLE {tier.name}_web LOGIN PASSWORD '{FIRST_PASSWORD}'")
        conn.execute(f"CREATE DATABASE {tier.name}_app OWNER {tier.name}_master")
    return tier


@pytest.fixture
def said(found: Tier, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """`--store-master` with that password on standard input; the secret's name ends as the test's."""

    def give(password: str, name: str, **differs: Any) -> str:
        described = {
            "DBInstanceIdentifier": "orders",
            "MasterUsername": f"{found.name}_master",
            "Endpoint": {"Address": "127.0.0.1", "Port": found.postgres.port},
            "DBName": f"{found.name}_app",
            **differs,
        }
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
        client = aws_client("secretsmanager", REGION, found.endpoint)
        put(client, name, described, "prod", yes=True, tls=False)
        out = capsys.readouterr()
        assert password not in out.out + out.err
        return " ".join(out.err.split())

    return give


def secret(tier: Tier, text: str | None = None) -> str:
    value = {} if text is None else {"SecretString": text}
    client = aws_client("secretsmanager", REGION, tier.endpoint)
    return str(client.create_secret(Name=f"given/{uuid.uuid4()}", **value)["ARN"])


def value(tier: Tier, name: str) -> Any:
    client = aws_client("secretsmanager", REGION, tier.endpoint)
    return json.loads(client.get_secret_value(SecretId=name)["SecretString"])


def entered(tier: Tier, arn: str) -> tuple[str, ...]:
    """What logging in as the master has done on the way."""
    target = tier.manifest.postgres.model_copy(update={"master_secret": arn, "existing": True})
    master = enter(target, tier.store)
    master.conn.close()
    return master.done


def test_it_is_proved_and_stored_and_no_bootstrap_replaces_it(found: Tier, said: Callable[..., str]) -> None:
    name = f"app-{uuid.uuid4()}/master"
    assert said(FIRST_PASSWORD, name) == f"127.0.0.1:{found.postgres.port} lets {found.name}_master in with it."
    stored = {
        "username": f"{found.name}_master",
        "password": FIRST_PASSWORD,
        "engine": "postgres",
        "host": "127.0.0.1",
        "port": found.postgres.port,
        "dbname": f"{found.name}_app",
    }
    assert value(found, name) == stored
    assert entered(found, name) == ()
    assert value(found, name) == stored
    said(FIRST_PASSWORD, name)  # in place of one that the server may not take any more
    closed = {"Address": "127.0.0.1", "Port": free_port()}
    with pytest.raises(AskedError, match=f"the secret {name} has a value already, and this one was not proved"):
        said("another-password", name, Endpoint=closed)
    assert value(found, name) == stored


def test_an_empty_secret_as_a_deployment_makes_it_is_filled(found: Tier, said: Callable[..., str]) -> None:
    arn = secret(found)
    with pytest.raises(BootstrapError, match=r"is empty[.] The master has had its password since"):
        entered(found, arn)
    said(FIRST_PASSWORD, arn)
    assert entered(found, arn) == ()


def test_a_server_that_is_not_reached_proves_nothing(found: Tier, said: Callable[..., str]) -> None:
    port, name = free_port(), f"app-{uuid.uuid4()}/master"
    sentence = f"127.0.0.1:{port} is not reached from here, so that the first bootstrap proves the password."
    assert said(FIRST_PASSWORD, name, Endpoint={"Address": "127.0.0.1", "Port": port}) == sentence
    assert value(found, name)["password"] == FIRST_PASSWORD


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("another-password-than-the-masters", {}, "does not let .*_master in with that password. Nothing was stored"),
    ("", {}, "no password of .*_master was given"),
    (
        FIRST_PASSWORD,
        {"MasterUserSecret": {"SecretArn": "arn:aws:secretsmanager:eu-west-1:1:secret:rds!db-1"}},
        "RDS manages its master's password.* --no-manage-master-user-password .* --region eu-west-1`",
    ),
]


@pytest.mark.parametrize(("password", "differs", "sentence"), REFUSED)
def test_what_is_refused_is_not_stored(
    password: str, differs: dict[str, Any], sentence: str, found: Tier, said: Callable[..., str]
) -> None:
    name = f"app-{uuid.uuid4()}/master"
    with pytest.raises(AskedError, match=sentence):
        said(password, name, **differs)
    with pytest.raises(Exception, match="ResourceNotFound"):
        value(found, name)


# What stands in a person's own secret; {user} is the master's name -> the sentence, none where it is read.
FORMS: list[tuple[str, str]] = [
    ('{"username": "{user}", "password": "{password}"}', ""),
    ('{"username": "{user}", "password": "{password}", "port": "5432", "dbInstanceIdentifier": "orders"}', ""),
    ('{"user": "{user}", "pass": "{password}"}', ""),
    ('{"user": "somebody", "username": "{user}", "pass": "x", "password": "{password}"}', ""),
    ("{password}", "is not a JSON object of a credential.*one of your own, write"),
    ('"{password}"', "is not a JSON object of a credential.*one of your own, write"),
    ('{"password": "{password}"}', "holds no `username` and `password`"),
    ('{"{user}": "{password}"}', "holds no `username` and `password`"),
    ('{"username": "{web}", "password": "{password}"}', "is the secret of .*_web, who may make no roles"),
]


@pytest.mark.parametrize(("form", "sentence"), FORMS)
def test_a_secret_of_ones_own(form: str, sentence: str, found: Tier) -> None:
    text = form.replace("{user}", f"{found.name}_master").replace("{web}", f"{found.name}_web")
    arn = secret(found, text.replace("{password}", FIRST_PASSWORD))
    if not sentence:
        assert entered(found, arn) == ()
        return
    with pytest.raises(BootstrapError, match=sentence) as refused:
        entered(found, arn)
    assert FIRST_PASSWORD not in str(refused.value)


def test_a_persons_rotation_leaves_what_others_read_of_the_masters_secret(
    make_tier: Callable[..., Tier], postgres18: Postgres
) -> None:
    tier = make_tier(postgres18)
    held = {
        "user": f"{tier.name}_master",
        "pass": FIRST_PASSWORD,
        "ssl": "verify-full",
        "team": {"mail": "dba@example.org"},
    }
    arn = secret(tier, json.dumps(held))
    target = tier.manifest.postgres.model_copy(update={"master_secret": arn, "existing": True})
    manifest = tier.manifest.model_copy(update={"postgres": target})
    [done] = rotate(manifest, ["master"])
    after = value(tier, arn)
    assert (done.outcome, {**after, "pass": FIRST_PASSWORD}) == ("rotated", held), done.notes
    assert after["pass"] != FIRST_PASSWORD
    assert entered(tier, arn) == ()
