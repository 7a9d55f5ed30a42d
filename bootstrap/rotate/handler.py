"""The Secrets Manager rotation function: its four steps are those of `access rotate`, one per invocation.

Secrets Manager makes an empty version, labels it AWSPENDING and calls createSecret, setSecret, testSecret and
finishSecret with its id as the token, any of them again after a failure (Secrets Manager User Guide, "Lambda rotation
functions"). An event without a `Step` is the daily schedule's: it retires what is past its grace.

Secrets Manager says nothing but which secret, so the manifest comes from a secret of its own, named by the environment
variable DATATIER_MANIFEST_SECRET: it is too long for a variable (4 KB), and Secrets Manager is the one service that
the function reaches anyway.
"""

from __future__ import annotations

import logging
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from bootstrap.access import load_access
from bootstrap.aws import aws_client, region_option
from bootstrap.credentials import GRACE, before
from bootstrap.manifest import Manifest
from bootstrap.postgres.master import Master
from bootstrap.postgres.siblings import replace_own
from bootstrap.rotate import master
from bootstrap.rotate.plan import MASTER, RotationError, State
from bootstrap.rotate.run import Rotation, retire_due
from bootstrap.secrets import AwsStore, SecretStore, Version

_log = logging.getLogger("datatier.rotate")
STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 - Lambda's signature
    """Do one step. Whatever goes wrong raises: Secrets Manager tries again, and no credential has stopped working."""
    _log.setLevel(logging.INFO)
    manifest = _manifest()
    if "Step" not in event:
        return {"retired": list(retire(manifest))}
    grace = int(os.environ.get("DATATIER_GRACE") or GRACE)
    done = rotate_step(manifest, event["SecretId"], event["ClientRequestToken"], event["Step"], grace=grace)
    _log.info("%s: %s", event["Step"], done)
    return {"done": done}


def _manifest() -> Manifest:
    region, endpoint = os.environ["AWS_REGION"], os.environ.get("AWS_ENDPOINT_URL")
    client = aws_client("secretsmanager", region, endpoint)
    found = client.get_secret_value(SecretId=os.environ["DATATIER_MANIFEST_SECRET"])
    return Manifest.model_validate_json(found["SecretString"])


def rotate_step(
    manifest: Manifest, arn: str, token: str, step: str, *, grace: int = GRACE, store: SecretStore | None = None
) -> str:
    """Do `step` of the rotation of the secret `arn` to its version `token`; return what was done.

    Raise RotationError where the secret does not rotate, the token is not its pending version, or the old credential
    of the rotation before is still in its grace.
    """
    store = store or AwsStore(manifest.region, manifest.aws_endpoint)
    identities = {secret: name for name, secret in manifest.secrets.items()} | {manifest.postgres.master_secret: MASTER}
    if step not in STEPS or arn not in identities:
        raise RotationError(f"{step} of {arn}: the steps are {', '.join(STEPS)}, the secrets those of the manifest")
    if _is_current(store, arn, token):
        return "nothing: the version is current already"
    access = load_access(manifest.access)
    with ThreadPoolExecutor(8, thread_name_prefix="rotate") as pool:
        worker = Rotation(manifest, access, store, pool)
        with worker.entered() as entered:
            if _is_current(store, arn, token):  # the master's way in makes what works current
                return "nothing: the version is current already"
            if identities[arn] == MASTER:
                return _master(manifest, entered, store, step, token)
            return _identity(worker, entered, store, identities[arn], step, token, grace)


def _is_current(store: SecretStore, arn: str, token: str) -> bool:
    stages = store.stages(arn)
    if not stages.rotates:
        command = f"aws secretsmanager rotate-secret{region_option(arn)}"
        raise RotationError(f"the secret {arn} does not rotate: `{command}` turns it on")
    if token not in {stages.current, stages.pending}:
        raise RotationError(f"version {token} of {arn} is neither AWSPENDING nor AWSCURRENT: another took over")
    return token == stages.current


def _master(manifest: Manifest, entered: Master, store: SecretStore, step: str, token: str) -> str:
    if step == "createSecret":
        master.stage(manifest, store, token)
        return "a new password is pending"
    found = store.get(manifest.postgres.master_secret, "AWSPENDING")
    if step == "testSecret" and found is None:  # it only tries the configuration out: see _only_asks
        return "nothing is pending; the function reaches the secret and the database"
    pending = _filled(found, step)
    if step == "setSecret":
        replace_own(entered.conn, pending.credential)
    elif step == "testSecret":
        master.prove(manifest, pending)
    else:
        store.promote(manifest.postgres.master_secret, pending)
    return step


def _identity(
    worker: Rotation, entered: Master, store: SecretStore, name: str, step: str, token: str, grace: int
) -> str:
    if reason := worker.unrotatable(name):
        raise RotationError(reason)
    state = worker.state(name, None)
    if step == "createSecret":
        return _create(worker, entered, state, token, grace)
    if step == "testSecret" and _only_asks(store, state):
        return f"{name}: nothing is pending; the function reaches the secret and the database"
    pending = _filled(state.pending, step)
    if step == "setSecret":
        worker.admit_all(entered, state, pending)
        return f"{name}: the pending credential is let in"
    if step == "testSecret":
        try:
            notes = worker.prove(entered, state, pending)
        except RotationError:
            # A bootstrap in between takes an unproven login away again.
            worker.admit_all(entered, state, pending)
            notes = worker.prove(entered, state, pending)
        return "; ".join([f"{name}: proven", *notes])
    store.promote(state.arn, pending)
    return f"{name}: current, the old credential stays valid for {pending.credential.grace} s"


def _create(worker: Rotation, entered: Master, state: State, token: str, grace: int) -> str:
    if state.unretired:
        if datetime.now(UTC) < state.valid_until:
            raise RotationError(
                f"{state.identity} was rotated lately and its old credential is valid until {state.valid_until}; "
                f"`datatier access rotate {state.identity} --finish` ends that"
            )
        worker.finish(entered, state)
    if state.pending is None:
        worker.stage(state, grace, token)
    return f"{state.identity}: a new credential is pending"


def _only_asks(store: SecretStore, state: State) -> bool:
    """Whether Secrets Manager tries the configuration out, as it does where a rotation is set up for later.

    It calls testSecret alone, with a pending version of its own: no next credential of ours.
    """
    pending = store.get(state.arn, "AWSPENDING")
    return pending is None or pending.credential == state.current.credential


def _filled(pending: Version | None, step: str) -> Version:
    if pending is None:
        raise RotationError(f"{step} before createSecret: the pending version holds no next credential")
    return pending


def retire(manifest: Manifest, store: SecretStore | None = None) -> tuple[str, ...]:
    """Retire every old credential that is past its grace; return what was done."""
    store = store or AwsStore(manifest.region, manifest.aws_endpoint)
    current = {name: (arn, store.get(arn)) for name, arn in manifest.secrets.items()}
    due = [name for name, (arn, version) in current.items() if version and before(store, arn, version)[1]]
    if not due:
        return ()
    access = load_access(manifest.access)
    with (
        ThreadPoolExecutor(8, thread_name_prefix="rotate") as pool,
        Rotation(manifest, access, store, pool).entered() as entered,
    ):
        return retire_due(manifest, access, store, pool, entered, due)
