"""Where secrets are kept: Secrets Manager with its stages, behind a protocol."""

from __future__ import annotations

import json
import threading
import uuid
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, Protocol

from pydantic import ValidationError

from bootstrap.aws import Where, aws_client
from bootstrap.errors import BootstrapError
from bootstrap.secrets.secret import Credential

if TYPE_CHECKING:
    from types_boto3_secretsmanager import SecretsManagerClient

Stage = Literal["AWSCURRENT", "AWSPENDING", "AWSPREVIOUS", "INITIAL"]
"""AWS's own labels, and that of the version which the infrastructure made (`components/credentials.py`)."""


class SecretStoreError(BootstrapError):
    """The store could not give or take a secret: the message says which and what mends it."""


@dataclass(frozen=True, kw_only=True)
class SecretVersion:
    """One version of a secret."""

    id: str
    credential: Credential
    pending: bool = False
    """Whether it is AWSPENDING, be it AWSCURRENT too: a run that was killed while promoting leaves both."""


@dataclass(frozen=True, kw_only=True)
class Stages:
    """Which version of a secret bears which label."""

    current: str | None
    pending: str | None
    """May be the current version too: its promotion was interrupted, or Secrets Manager left it so."""
    previous: str | None
    changed: datetime
    """When the secret was last modified in any way: never before its current version became that."""
    rotates: bool
    """Whether Secrets Manager rotates it by itself."""


class SecretStore(Protocol):
    """Keeps credentials by ARN; a new one is pending until an engine has accepted it."""

    def get(self, arn: str, stage: Stage = "AWSCURRENT") -> SecretVersion | None:
        """Return the version at `stage`, None where there is none."""
        ...

    def stages(self, arn: str) -> Stages:
        """Return which versions there are."""
        ...

    def made(self, arn: str) -> datetime | None:
        """Return when the current version was made."""
        ...

    def put_pending(self, arn: str, credential: Credential, *, token: str | None = None) -> SecretVersion:
        """Keep `credential` as AWSPENDING, as the version `token` where Secrets Manager asks for that."""
        ...

    def unstage(self, arn: str, version: str, stage: Stage) -> None:
        """Take `stage` off a version."""
        ...

    def promote(self, arn: str, version: SecretVersion) -> None:
        """Make a pending version AWSCURRENT and take AWSPENDING off it; nothing happens when it is already so."""
        ...


class AwsStore:
    """Secrets Manager. May be used from several threads."""

    def __init__(self, region: str, endpoint: Where = None) -> None:
        self._region = region
        self._endpoint = endpoint
        self._lock = threading.Lock()

    @cached_property
    def _made(self) -> SecretsManagerClient:
        client: SecretsManagerClient = aws_client("secretsmanager", self._region, self._endpoint)
        return client

    @property
    def _client(self) -> SecretsManagerClient:
        with self._lock:
            return self._made

    def get(self, arn: str, stage: Stage = "AWSCURRENT") -> SecretVersion | None:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer = self._client.get_secret_value(SecretId=arn, VersionStage=stage)
        except ClientError as error:
            if _code(error) == "ResourceNotFoundException":
                return None
            raise _failed("read", arn, error) from None
        except BotoCoreError as error:
            raise _failed("read", arn, error) from None
        # A value of bytes has no SecretString: it is not a credential of ours, which differs from having no value.
        credential = _parse(arn, answer.get("SecretString", ""))
        return SecretVersion(
            id=answer["VersionId"], credential=credential, pending="AWSPENDING" in answer.get("VersionStages", ())
        )

    def stages(self, arn: str) -> Stages:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer = self._client.describe_secret(SecretId=arn)
        except (BotoCoreError, ClientError) as error:
            raise _failed("describe", arn, error) from None
        by_stage = {label: id_ for id_, labels in answer.get("VersionIdsToStages", {}).items() for label in labels}
        current, pending = by_stage.get("AWSCURRENT"), by_stage.get("AWSPENDING")
        return Stages(
            current=current,
            pending=pending,
            previous=by_stage.get("AWSPREVIOUS"),
            changed=answer.get("LastChangedDate") or answer["CreatedDate"],
            rotates=bool(answer.get("RotationEnabled")),
        )

    def made(self, arn: str) -> datetime | None:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            versions = self._client.list_secret_version_ids(SecretId=arn)["Versions"]
        except (BotoCoreError, ClientError) as error:
            raise _failed("describe", arn, error) from None
        return next((v["CreatedDate"] for v in versions if "AWSCURRENT" in v.get("VersionStages", ())), None)

    def put_pending(self, arn: str, credential: Credential, *, token: str | None = None) -> SecretVersion:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer = self._client.put_secret_value(
                SecretId=arn,
                ClientRequestToken=token or str(uuid.uuid4()),
                SecretString=json.dumps(credential.content()),
                VersionStages=["AWSPENDING"],
            )
        except (BotoCoreError, ClientError) as error:
            raise _failed("write", arn, error) from None
        return SecretVersion(id=answer["VersionId"], credential=credential, pending=True)

    def promote(self, arn: str, version: SecretVersion) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            stages = self._client.describe_secret(SecretId=arn).get("VersionIdsToStages", {})
            # The first version of a secret becomes AWSCURRENT by itself, whatever stage was asked for.
            if "AWSCURRENT" not in stages.get(version.id, ()):
                old = [id_ for id_, labels in stages.items() if "AWSCURRENT" in labels]
                self._client.update_secret_version_stage(
                    SecretId=arn,
                    VersionStage="AWSCURRENT",
                    MoveToVersionId=version.id,
                    **({"RemoveFromVersionId": old[0]} if old else {}),
                )
            for id_, labels in stages.items():  # the move of AWSCURRENT leaves AWSPENDING where it is
                if "AWSPENDING" in labels:
                    self._client.update_secret_version_stage(
                        SecretId=arn, VersionStage="AWSPENDING", RemoveFromVersionId=id_
                    )
        except (BotoCoreError, ClientError) as error:
            raise _failed("promote", arn, error) from None

    def unstage(self, arn: str, version: str, stage: Stage) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            self._client.update_secret_version_stage(SecretId=arn, VersionStage=stage, RemoveFromVersionId=version)
        except (BotoCoreError, ClientError) as error:
            raise _failed("write", arn, error) from None


def _parse(arn: str, text: str) -> Credential:
    try:
        return Credential.of(json.loads(text))
    except (ValidationError, ValueError) as error:
        wrong = error.errors() if isinstance(error, ValidationError) else ()
        keys = ", ".join(sorted({str(e["loc"][0]) if e["loc"] else "the whole" for e in wrong})) or "the whole"
        raise SecretStoreError(
            f"the secret {arn} is not a JSON object of a credential (wrong: {keys}); if it is one of your own, write "
            '{"username": "...", "password": "..."} into it; else '
            "delete its AWSCURRENT version and run the bootstrap again, which makes a new one"
        ) from None


def _code(error: Any) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _failed(verb: str, arn: str, error: Exception) -> SecretStoreError:
    reason = _code(error) if hasattr(error, "response") else type(error).__name__
    return SecretStoreError(
        f"could not {verb} the secret {arn}: {reason}; check that it exists in this region and that the runner's role "
        f"may {verb} it and use its key"
    )
