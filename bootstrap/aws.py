"""Clients of AWS, or of the emulator that stands in for it."""

from __future__ import annotations

import configparser
import logging
import os
import threading
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter

from bootstrap.errors import BootstrapError

# What an emulator that asks nobody is given.
_NOTHING = ("local", "local")
# A session makes one client at a time; clients themselves serve all threads.
_making = threading.Lock()
_made: list[Any] = []


class EmulatorDownError(BootstrapError):
    """Nothing listens where an emulator should."""


class AwsEndpoint(BaseModel):
    """An emulator that answers whoever holds its key, as AWS does."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str
    credentials: str
    """The file with that key, which only its owner may read. The form is that of the AWS CLI's own credentials file
    (AWS CLI User Guide, "Configuration and credential file settings"), profile `default`."""
    stack: str = ""
    """Whose tier it belongs to, for whoever has to start it."""


PATIENT_RETRIES = 9

Where = AwsEndpoint | str | None
"""None is AWS itself; an emulator that asks nobody for a key is its URL."""


@dataclass(frozen=True)
class Caller:
    """Who makes the calls, where that is not whoever the environment says."""

    profile: str | None = None
    """Profile of the AWS CLI's configuration."""
    role: str | None = None
    """ARN of a role that is assumed."""


USUAL_CALLER = Caller()


def aws_client(
    service: str,
    region: str,
    endpoint: Where,
    *,
    answer: float | None = None,
    caller: Caller = USUAL_CALLER,
    patient: bool = False,
) -> Any:
    """Return a botocore client; an emulator gets credentials of its own, so that real ones never reach it.

    `answer` is for calls that do long work: so many seconds may one take, and it is not tried a second time. `patient`
    is for whoever asks much at once, and is told by AWS to slow down: it then waits about a minute in all.
    Raise BootstrapError where the file with an emulator's key cannot be read; a call raises EmulatorDownError, at once,
    where an emulator does not run.
    """
    # At DEBUG botocore and urllib3 write request bodies to the log, passwords in them.
    for name in ("botocore", "urllib3"):
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, logging.INFO))

    key, url, stack = _NOTHING, endpoint, None
    if isinstance(endpoint, AwsEndpoint):
        key, url, stack = read_key(endpoint.credentials), endpoint.url, endpoint.stack
    with _making:
        return _client(service, region, url, key, answer, stack, caller, patient)


def endpoint_of(written: object) -> Where:
    """Return the endpoint as it stands in a manifest's JSON."""
    found: Where = TypeAdapter(Where).validate_python(written)
    return found


def read_key(credentials: str | Path) -> tuple[str, str]:
    """Return access key id and secret of the profile `default` in a credentials file."""
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(Path(credentials).read_text(encoding="utf-8"))
        found = parser["default"]
        return found["aws_access_key_id"], found["aws_secret_access_key"]
    except OSError as error:
        said = error.strerror
    except (KeyError, configparser.Error, UnicodeDecodeError):
        said = "it has no profile `default` with a key"
    raise BootstrapError(f"the AWS emulator's key cannot be read from {credentials}: {said}; run `datatier up`")


def region_option(arn: str) -> str:
    """Return ` --region R` for a command about what an ARN names; empty for a name that is not an ARN."""
    parts = arn.split(":", 5)
    return f" --region {parts[3]}" if len(parts) == 6 and parts[3] else ""


def aws_credentials() -> Any:
    """Return the credentials of whoever runs this, frozen; raise BootstrapError where there are none."""
    with _making:
        found = _session(emulated=False, caller=USUAL_CALLER).get_credentials()
    if found is None:
        raise BootstrapError("no AWS credentials are here: log in (`aws sso login`) or set AWS_PROFILE")
    return found.get_frozen_credentials()


def close_clients() -> None:
    """Close the connections of every client; a client that is used again opens new ones."""
    for client in _made:
        client.close()


@cache
def _session(*, emulated: bool, caller: Caller) -> Any:
    from botocore.session import Session

    if not emulated:
        session = Session(profile=caller.profile)
        if caller.role is not None:
            _assume(session, Session(profile=caller.profile), caller.role)
        return session
    # Nothing of the person's own AWS set-up reaches an emulator: a profile that is missing would even stop it.
    nothing = (None, None, os.devnull, None)
    profile = (None, None, None, None)
    return Session(session_vars={"profile": profile, "config_file": nothing, "credentials_file": nothing})


def _assume(session: Any, usual: Any, role: str) -> None:
    """Give a session a role's credentials, asked for with those of `usual` when they are needed and before they end."""
    from botocore.credentials import AssumeRoleCredentialFetcher, CredentialProvider, DeferredRefreshableCredentials

    class Assumed(CredentialProvider):
        METHOD = CANONICAL_NAME = "assume-role-of-the-stack"

        def load(self) -> Any:
            fetcher = AssumeRoleCredentialFetcher(usual.create_client, usual.get_credentials(), role)
            return DeferredRefreshableCredentials(fetcher.fetch_credentials, self.METHOD)

    session.get_component("credential_provider").providers.insert(0, Assumed())


@cache
def _client(
    service: str,
    region: str,
    endpoint: str | None,
    key: tuple[str, str],
    answer: float | None,
    stack: str | None,
    caller: Caller,
    patient: bool,
) -> Any:
    from botocore.config import Config

    config = Config(
        connect_timeout=5,
        read_timeout=answer or 20,
        # Each wait is up to twice the one before, 20 s at most (SDKs and Tools Reference Guide, "Retry behavior").
        retries={"mode": "standard", "max_attempts": 1 if answer else PATIENT_RETRIES if patient else 4},
        max_pool_connections=16,
        proxies={} if endpoint else None,  # an emulator is on this computer
        # In the older Regions boto3 presigns by version 2 else, which S3 is turning off (S3 API Reference, "Specifying
        # the Signature Version in Request Authentication").
        signature_version="s3v4" if service == "s3" else None,
    )
    local = {"aws_access_key_id": key[0], "aws_secret_access_key": key[1]} if endpoint else {}
    emulated = endpoint is not None
    session = _session(emulated=emulated, caller=USUAL_CALLER if emulated else caller)
    client = session.create_client(service, region_name=region, endpoint_url=endpoint, config=config, **local)
    if stack is not None:
        client.meta.events.register_first("needs-retry", partial(_down, url=endpoint, stack=stack))
    _made.append(client)
    return client


def _down(*, url: str | None, stack: str, caught_exception: Exception | None = None, **_: Any) -> None:
    """End a call to an emulator that does not run, before it is tried again for seconds (botocore's `needs-retry`)."""
    from botocore.exceptions import EndpointConnectionError

    if isinstance(caught_exception, EndpointConnectionError):
        command = f"datatier up {stack}".rstrip()
        raise EmulatorDownError(f"the AWS emulator, which keeps the secrets, is not running at {url}: `{command}`")
