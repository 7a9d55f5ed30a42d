"""The rotation function, called as Secrets Manager calls it: step by step, again after failures."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from dying import KILLED, dies_at
from real_servers import Valkey
from rotation import IN_GRACE, SETTLED, stand, works
from tier import REGION, Tier

from bootstrap import credentials
from bootstrap.aws import aws_client
from bootstrap.rotate import RotationError
from bootstrap.rotate.handler import STEPS, handler, rotate_step

pytestmark = pytest.mark.server


def arn_of(tier: Tier, name: str) -> str:
    return tier.manifest.postgres.master_secret if name == "master" else tier.manifest.secrets[name]


def begin(tier: Tier, name: str) -> str:
    """What RotateSecret does before it calls the function; the emulator's does not call one."""
    client = aws_client("secretsmanager", REGION, tier.endpoint)
    arn, token = arn_of(tier, name), str(uuid.uuid4())
    if not tier.store.stages(arn).rotates:
        client.rotate_secret(SecretId=arn, RotationLambdaARN="arn:aws:lambda:eu-west-1:000000000000:function:rotate")
    client.put_secret_value(SecretId=arn, ClientRequestToken=token, VersionStages=["AWSPENDING"])
    return token


@pytest.fixture
def call(settled: Tier, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The Lambda function in its environment."""
    client = aws_client("secretsmanager", REGION, settled.endpoint)
    name = f"app-{settled.name}/manifest-{uuid.uuid4()}"
    manifest = client.create_secret(Name=name, SecretString=settled.manifest.model_dump_json())["ARN"]
    variables = {"AWS_REGION": REGION, "AWS_ENDPOINT_URL": settled.endpoint, "DATATIER_MANIFEST_SECRET": manifest}
    for key, value in variables.items():
        monkeypatch.setenv(key, value)

    def call(identity: str, token: str, *steps: str) -> None:
        for step in steps:
            event = {"SecretId": arn_of(settled, identity), "ClientRequestToken": token, "Step": step}
            answer = handler(event, None)
            assert not [p for p in settled.passwords() if p in json.dumps(answer)]

    return call


def test_four_steps(call: Any, settled: Tier, valkey_server: Valkey, monkeypatch: pytest.MonkeyPatch) -> None:
    app = f"{settled.name}_app"
    old = settled.credential(app)
    token = begin(settled, app)
    for step in STEPS:
        assert settled.credential(app) == old
        call(app, token, step, step)  # each may come twice
        assert works(settled, old)
    assert settled.store.stages(settled.manifest.secrets[app]).current == token
    assert stand(settled, app, valkey_server) == IN_GRACE
    call(app, token, *STEPS)  # and all of them once more
    assert settled.store.stages(settled.manifest.secrets[app]).current == token

    early = begin(settled, app)
    with pytest.raises(RotationError, match="was rotated lately"):
        call(app, early, "createSecret")
    assert handler({"source": "schedule"}, None) == {"retired": []}
    monkeypatch.setattr(credentials, "_now", lambda: datetime.now(UTC) + timedelta(hours=25))
    assert len(handler({"source": "schedule"}, None)["retired"]) == 3
    assert stand(settled, app, valkey_server) == replace(SETTLED, stages=(True, False))
    assert not works(settled, old)
    call(app, early, *STEPS)
    assert settled.store.stages(settled.manifest.secrets[app]).current == early


def test_a_bootstrap_in_between(call: Any, settled: Tier, valkey_server: Valkey) -> None:
    reporting = f"{settled.name}_reporting"
    token = begin(settled, reporting)
    call(reporting, token, "createSecret", "setSecret")
    assert settled.run().ok  # takes the unproven login away
    call(reporting, token, "testSecret", "finishSecret")
    assert settled.store.stages(settled.manifest.secrets[reporting]).current == token
    assert works(settled, settled.credential(reporting))


def test_the_master(call: Any, settled: Tier) -> None:
    old = settled.credential("master")
    call("master", begin(settled, "master"), *STEPS)
    assert not works(settled, old)
    token = begin(settled, "master")
    call("master", token, "createSecret", "setSecret")
    assert settled.run().ok  # finds its way in, and makes what works current
    assert settled.store.stages(arn_of(settled, "master")).current == token
    call("master", token, "testSecret", "finishSecret")
    assert works(settled, settled.credential("master"))


def test_killed_and_called_again(settled: Tier) -> None:
    cache = f"{settled.name}_cache"
    token = begin(settled, cache)
    # createSecret stages, setSecret sends one password, finishSecret moves two labels
    for step, effects in zip(STEPS, (1, 1, 0, 2), strict=True):
        for number in range(effects):
            done = dies_at(
                number,
                settled.endpoint,
                lambda step=step: rotate_step(settled.manifest, arn_of(settled, cache), token, step),
                lambda: works(settled, settled.credential(cache)),
            )
            assert done == KILLED, (step, number)
        rotate_step(settled.manifest, arn_of(settled, cache), token, step)
    assert settled.store.stages(arn_of(settled, cache)).current == token
    assert works(settled, settled.credential(cache))


@pytest.mark.parametrize(
    ("step", "arn", "token", "says"),
    [
        ("dropSecret", None, None, "the steps are createSecret"),
        ("setSecret", "arn:of:somebody", None, "the secrets those of the manifest"),
        ("setSecret", None, "another", "neither AWSPENDING nor AWSCURRENT"),
        ("setSecret", None, None, "before createSecret"),
    ],
)
def test_what_is_refused(step: str, arn: str | None, token: str | None, says: str, settled: Tier) -> None:
    name = f"{settled.name}_migrator"
    pending = begin(settled, name)
    with pytest.raises(RotationError, match=says):
        rotate_step(settled.manifest, arn or arn_of(settled, name), token or pending, step)


def test_secrets_manager_tries_the_configuration_out(call: Any, settled: Tier) -> None:
    name = f"{settled.name}_migrator"
    for identity in (name, "master"):
        before = settled.credential(identity)
        call(identity, begin(settled, identity), "testSecret")
        assert settled.credential(identity) == before
    token = begin(settled, name)
    settled.store.put_pending(arn_of(settled, name), settled.credential(name), token=token)
    call(name, token, "testSecret")


def test_a_secret_that_does_not_rotate(settled: Tier) -> None:
    arn = settled.manifest.secrets[f"{settled.name}_monitoring"]
    with pytest.raises(RotationError, match=r"`aws secretsmanager rotate-secret( --region \S+)?` turns"):
        rotate_step(settled.manifest, arn, "any", "createSecret")
