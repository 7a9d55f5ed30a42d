"""The AWS emulator of a tier: its key, who may come in, what a kill leaves, and with whose rights it runs."""

from __future__ import annotations

import json
import os
import signal
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from bootstrap.aws import AwsEndpoint, aws_client, read_key
from bootstrap.errors import BootstrapError
from graph.errors import CloudError
from local.emulator import Emulator
from local.handlers.base import daemon
from local.state import StateDir

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    state = StateDir(tmp_path_factory.mktemp("emulator"), "shop")
    made = Emulator(state, "eu-south-2", daemon(state, "emulator"))
    try:
        made.start()
        yield made
    finally:
        made.close()
        made.stop()


def kill(emulator: Emulator) -> None:
    process = emulator.daemon.process()
    assert process
    os.kill(process.pid, signal.SIGKILL)
    process.wait(5)


def refused(url: str, **headers: str) -> str:
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(urllib.request.Request(url, data=b"{}", headers=headers), timeout=5)
    assert caught.value.code == 403
    return caught.value.read().decode()


@pytest.mark.parametrize("path", ["/", "/_ministack/reset", "/_ministack/config", "/_localstack/health", "/health"])
def test_nobody_is_answered_without_the_key(emulator: Emulator, path: str) -> None:
    target = {"X-Amz-Target": "secretsmanager.ListSecrets"}
    assert "MissingAuthenticationToken" in refused(f"{emulator.endpoint.url}{path}", **target)
    assert "no page of a browser" in refused(f"{emulator.endpoint.url}{path}", Origin="http://localhost", **target)
    assert "another host" in refused(f"{emulator.endpoint.url}{path}", Host="emulator.evil.example", **target)


def test_the_key_is_the_tiers_own_and_its_owners_alone(emulator: Emulator, tmp_path: Path) -> None:
    path = Path(emulator.endpoint.credentials)
    assert path == emulator.state.path / "emulator" / "credentials"
    assert path.stat().st_mode & 0o777 == 0o600
    key = read_key(path)
    assert len(set(key)) == 2
    assert all(len(part) >= 20 for part in key)
    other = StateDir(tmp_path, "shop")
    from local.emulator import _key
    from local.privileges import ServerAccount

    assert _key(other.folder("emulator"), ServerAccount(None))
    assert not set(key) & set(read_key(other.path / "emulator" / "credentials"))
    # Neither in a command line nor in the environment that its process began with.
    process = emulator.daemon.process()
    assert process
    shown = [*process.cmdline(), *process.environ().values()]
    assert not [part for part in shown if key[0] in part or key[1] in part]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "No such file"),
        ("", "no profile `default`"),
        ("[default]\naws_access_key_id = a\n", "no profile `default`"),
        ("[other]\naws_access_key_id = a\naws_secret_access_key = b\n", "no profile `default`"),
        ("not a file of settings", "no profile `default`"),
    ],
)
def test_a_key_that_cannot_be_read_is_a_sentence(tmp_path: Path, text: str | None, says: str) -> None:
    path = tmp_path / "credentials"
    if text is not None:
        path.write_text(text)
    with pytest.raises(BootstrapError, match=f"{says}.*; run `datatier up`"):
        aws_client("sqs", "eu-south-2", AwsEndpoint(url="http://127.0.0.1:1", credentials=str(path)))


def test_it_listens_once_and_on_loopback(emulator: Emulator) -> None:
    process = emulator.daemon.process()
    assert process
    family = (process, *process.children(recursive=True))
    listening = [c.laddr for each in family for c in each.net_connections("all") if c.status == psutil.CONN_LISTEN]
    assert [(address.ip, address.port) for address in listening] == [("127.0.0.1", emulator.port)]


def test_presigned_urls_come_in_and_a_changed_one_does_not(emulator: Emulator) -> None:
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket="shop-kept", CreateBucketConfiguration={"LocationConstraint": "eu-south-2"})
    where = {"Bucket": "shop-kept", "Key": "a b/ü%20+x"}
    write = s3.generate_presigned_url("put_object", Params=where)
    urllib.request.urlopen(urllib.request.Request(write, data=b"kept", method="PUT"), timeout=5).close()
    read = s3.generate_presigned_url("get_object", Params=where)
    with urllib.request.urlopen(read, timeout=5) as answer:
        assert answer.read() == b"kept"
    assert "SignatureDoesNotMatch" in refused(read.replace("%2Bx?", "%2By?"))


def secret(client: Any) -> Any:
    return client.create_secret(Name="shop/app", SecretString="first")["ARN"]


WRITES: dict[str, tuple[str, Callable[[Any], Any], Callable[[Any, Any], Any], Any]] = {
    "a secret": (
        "secretsmanager",
        secret,
        lambda c, arn: c.get_secret_value(SecretId=arn)["SecretString"],
        "first",
    ),
    "its next version": (
        "secretsmanager",
        lambda c: c.put_secret_value(SecretId="shop/app", SecretString="second")["ARN"],
        lambda c, arn: c.get_secret_value(SecretId=arn)["SecretString"],
        "second",
    ),
    "a pending version": (
        "secretsmanager",
        lambda c: c.put_secret_value(SecretId="shop/app", SecretString="third", VersionStages=["AWSPENDING"])["ARN"],
        lambda c, arn: c.get_secret_value(SecretId=arn, VersionStage="AWSPENDING")["SecretString"],
        "third",
    ),
    "a key": (
        "kms",
        lambda c: c.create_key(Description="d")["KeyMetadata"]["KeyId"],
        lambda c, key: c.describe_key(KeyId=key)["KeyMetadata"]["Description"],
        "d",
    ),
    "a topic": ("sns", lambda c: c.create_topic(Name="t"), lambda c, _: len(c.list_topics()["Topics"]), 1),
    "a cache user": (
        "elasticache",
        lambda c: c.create_user(
            UserId="u", UserName="u", Engine="valkey", AccessString="on ~a:* +get", Passwords=["p" * 16]
        ),
        lambda c, _: c.describe_users(UserId="u")["Users"][0]["AccessString"],
        "on ~a:* +get",
    ),
    "an object": (
        "s3",
        lambda c: c.put_object(Bucket="shop-kept", Key="o", Body=b"body"),
        lambda c, _: c.get_object(Bucket="shop-kept", Key="o")["Body"].read(),
        b"body",
    ),
}


@pytest.mark.parametrize("name", WRITES)
def test_what_was_answered_outlives_a_kill_right_after_it(emulator: Emulator, name: str) -> None:
    service, write, read, expected = WRITES[name]
    made = write(emulator.client(service))
    kill(emulator)
    assert emulator.start()
    assert read(emulator.client(service), made) == expected


def test_functions_run_only_where_they_were_asked_for(emulator: Emulator) -> None:
    plain = emulator.client("lambda")
    with pytest.raises(plain.exceptions.ClientError, match="`datatier up --runner lambda` only"):
        plain.list_functions()
    running = Emulator(emulator.state, emulator.region, emulator.daemon, functions=True)
    assert running.start()
    assert running.client("lambda").list_functions()["Functions"] == []
    assert not running.start()
    # The next `up` without the runner takes them away again.
    assert emulator.start()
    with pytest.raises(plain.exceptions.ClientError, match="`datatier up --runner lambda` only"):
        emulator.client("lambda").list_functions()


def test_a_lost_key_is_made_anew_and_what_it_opened_is_kept(emulator: Emulator) -> None:
    old = read_key(emulator.endpoint.credentials)
    emulator.client("secretsmanager").create_secret(Name="shop/kept", SecretString="kept")
    Path(emulator.endpoint.credentials).unlink()
    assert emulator.start()
    assert not emulator.start()
    assert not set(old) & set(read_key(emulator.endpoint.credentials))
    assert emulator.client("secretsmanager").get_secret_value(SecretId="shop/kept")["SecretString"] == "kept"


@pytest.mark.parametrize("damage", [b"", b"{", b"\xff\xfe", b'{"__ministack_format__": 99, "payload": {}}'])
def test_a_state_that_cannot_be_read_stops_it_and_is_not_written_over(emulator: Emulator, damage: bytes) -> None:
    path = emulator.state.path / "emulator" / "state" / "secretsmanager.json"
    emulator.stop()
    whole = path.read_bytes()
    path.write_bytes(damage)
    try:
        with pytest.raises(CloudError, match=r"secretsmanager\.json cannot be read; put a copy of it back, or remove"):
            emulator.start()
        assert path.read_bytes() == damage
    finally:
        path.write_bytes(whole)
        emulator.start()
    assert json.loads(whole)
    assert emulator.client("secretsmanager").get_secret_value(SecretId="shop/kept")["SecretString"] == "kept"
