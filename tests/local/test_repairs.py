"""What the emulator answers behind its door is what AWS answers."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from botocore.exceptions import ClientError

from bootstrap.aws import aws_client
from bootstrap.secrets import AwsStore
from bootstrap.secrets.store import SecretStoreError
from local.emulator import Emulator
from local.handlers.base import daemon
from local.state import StateDir

pytestmark = pytest.mark.server
REGION = "ap-south-2"
_numbers = count()


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    state = StateDir(tmp_path_factory.mktemp("repaired"), "kiosk-apac")
    made = Emulator(state, REGION, daemon(state, "emulator"))
    try:
        made.start()
        yield made
    finally:
        made.close()
        made.stop()


@pytest.fixture
def secrets(emulator: Emulator) -> Any:
    return aws_client("secretsmanager", REGION, emulator.endpoint)


def empty(secrets: Any) -> str:
    return str(secrets.create_secret(Name=f"kiosk/{next(_numbers)}")["ARN"])


def labels(secrets: Any, arn: str) -> dict[str, list[str]]:
    """Version -> its labels, of the versions that have any."""
    held = secrets.describe_secret(SecretId=arn).get("VersionIdsToStages", {})
    return {version: sorted(stages) for version, stages in held.items() if stages}


@pytest.mark.parametrize(
    "access", ["on ~* &* +@all", "on ~till:* &orders +get", "on ~a<b>c +get", "on ~a&amp;b +get", "off ~k -@all"]
)
def test_an_access_string_comes_back_as_it_was_given(emulator: Emulator, access: str) -> None:
    cache, user = aws_client("elasticache", REGION, emulator.endpoint), f"u{next(_numbers)}"
    given = {"UserId": user, "Engine": "valkey", "AccessString": access}
    made = cache.create_user(UserName=user, Passwords=["p" * 16], **given)
    assert {key: made[key] for key in given} == given
    cache.modify_user(UserId=user, AccessString=access)
    assert [each["AccessString"] for each in cache.describe_users(UserId=user)["Users"]] == [access]


def test_a_secret_that_was_made_without_a_value_has_no_version(secrets: Any) -> None:
    arn = empty(secrets)
    assert labels(secrets, arn) == {}
    with pytest.raises(ClientError, match=r"ResourceNotFoundException"):
        secrets.get_secret_value(SecretId=arn)


@pytest.mark.parametrize("given", [["AWSCURRENT"], ["AWSPENDING"], ["INITIAL", "AWSPENDING"]])
def test_the_first_version_is_current_whatever_its_labels(secrets: Any, given: list[str]) -> None:
    arn = empty(secrets)
    made = secrets.put_secret_value(SecretId=arn, SecretString="{}", VersionStages=given)
    assert sorted(made["VersionStages"]) == sorted({*given, "AWSCURRENT"})
    assert labels(secrets, arn) == {made["VersionId"]: sorted({*given, "AWSCURRENT"})}


@pytest.mark.parametrize("label", ["AWSPENDING", "INITIAL", "kiosk"])
def test_a_label_moves_from_the_version_that_had_it(secrets: Any, label: str) -> None:
    arn = str(secrets.create_secret(Name=f"kiosk/{next(_numbers)}", SecretString="first")["ARN"])
    ((current, _),) = labels(secrets, arn).items()
    for value in ("second", "third"):
        version = secrets.put_secret_value(SecretId=arn, SecretString=value, VersionStages=[label])["VersionId"]
        assert labels(secrets, arn) == {current: ["AWSCURRENT"], version: [label]}


def test_a_pending_version_without_a_value_is_there_and_cannot_be_read(secrets: Any) -> None:
    arn = str(secrets.create_secret(Name=f"kiosk/{next(_numbers)}", SecretString="first")["ARN"])
    version = secrets.put_secret_value(SecretId=arn, VersionStages=["AWSPENDING"])["VersionId"]
    assert labels(secrets, arn)[version] == ["AWSPENDING"]
    with pytest.raises(ClientError, match=r"ResourceNotFoundException.*staging label: AWSPENDING"):
        secrets.get_secret_value(SecretId=arn, VersionStage="AWSPENDING")


def test_a_secret_of_bytes_is_not_taken_for_an_empty_one(secrets: Any, emulator: Emulator) -> None:
    arn = str(secrets.create_secret(Name=f"kiosk/{next(_numbers)}", SecretBinary=b"\x00\x01")["ARN"])
    with pytest.raises(SecretStoreError, match="is not a JSON object of a credential"):
        AwsStore(REGION, emulator.endpoint).get(arn)
