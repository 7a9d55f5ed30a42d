"""The way into a restored instance: its address, and its master's password, which is of the recovery point's day."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import psycopg

from bootstrap.errors import BootstrapError
from bootstrap.manifest import Endpoint, Manifest, PostgresTarget
from bootstrap.restored.event import RESTORED, Restored
from bootstrap.secrets import LoginError, SecretStore, Stage, new_password, open_postgres, rds_password

if TYPE_CHECKING:
    from types_boto3_rds import RDSClient

# AWSPREVIOUS too: after a rotation a recovery point of the day before still has the password before.
_STAGES: tuple[Stage, ...] = ("AWSCURRENT", "AWSPREVIOUS")
_PAUSE = 10.0
# RDS changes a password without a restart, within a minute or two; the function has fifteen in all.
_PATIENCE = 300.0


class RestoredError(BootstrapError):
    """The restored instance cannot be looked into, which is not a verdict on it."""


def target_of(manifest: Manifest, restored: Restored, client: RDSClient) -> PostgresTarget:
    """Return where the restored instance listens, with everything else as the primary has it."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        answer = client.describe_db_instances(DBInstanceIdentifier=restored.identifier)
    except (BotoCoreError, ClientError) as error:
        raise RestoredError(f"{restored.identifier}: {error}") from None
    (instance,) = answer["DBInstances"]
    where = instance.get("Endpoint", {})
    address = where.get("Address")
    if not address:
        raise RestoredError(f"{restored.identifier} is {instance.get('DBInstanceStatus')} and has no address yet")
    endpoint = Endpoint(name=restored.identifier, host=address, port=where["Port"])
    return manifest.postgres.at(endpoint)


def enter(
    manifest: Manifest,
    target: PostgresTarget,
    store: SecretStore,
    client: RDSClient,
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[psycopg.Connection[Any], str]:
    """Log in as the master of the restored instance and return how: raise RestoredError when nothing lets us in.

    Where the password of that day is not kept any more, the copy gets one that nobody knows and nothing keeps.
    """
    user, refusal = "", ""
    for stage in _STAGES:
        version = store.get(target.master_secret, stage)
        if version is None or version.credential.username is None or version.credential.password is None:
            continue
        user = version.credential.username
        try:
            return open_postgres(target, target.primary, user, version.credential.password), f"as {stage} has it"
        except LoginError as error:
            if not error.refused:
                raise RestoredError(str(error)) from None
            refusal = str(error)
    if not user:
        raise RestoredError(f"the secret {target.master_secret} is empty")
    return _reset(manifest, target, client, user, refusal, sleep), "by a password of its own: the day's is not kept"


def _reset(
    manifest: Manifest,
    target: PostgresTarget,
    client: RDSClient,
    user: str,
    refusal: str,
    sleep: Callable[[float], None],
) -> psycopg.Connection[Any]:
    from botocore.exceptions import BotoCoreError, ClientError

    identifier = target.primary.name
    if not identifier.startswith(RESTORED):  # looked at before; a password of one in use must never change here
        raise RestoredError(f"{identifier} is not an instance of a restore test")
    password = new_password(manifest.passwords)
    try:
        client.modify_db_instance(
            DBInstanceIdentifier=identifier, MasterUserPassword=rds_password(password), ApplyImmediately=True
        )
    except (BotoCoreError, ClientError) as error:
        raise RestoredError(f"{refusal}; and it takes no new password: {error}") from None
    waited = 0.0
    while True:
        try:
            return open_postgres(target, target.primary, user, password)
        except LoginError as error:
            if waited >= _PATIENCE:
                raise RestoredError(f"{error}, {waited:.0f} s after it was given a new password") from None
        sleep(_PAUSE)
        waited += _PAUSE
