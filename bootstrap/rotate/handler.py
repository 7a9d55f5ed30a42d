"""The Secrets Manager rotation function: its four steps are those of `access rotate`, one per invocation.

Secrets Manager makes an empty version, labels it AWSPENDING and calls createSecret, setSecret, testSecret and
finishSecret with its id as the token, any of them again after a failure (Secrets Manager User Guide, "Lambda rotation
functions"). An event without a `Step` is the daily schedule's: it retires what is past its grace.

Secrets Manager says nothing but which secret, so the manifest comes from a secret of its own
(`bootstrap/own_manifest.py`).
"""

from __future__ import annotations

import logging
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bootstrap.access import load_access
from bootstrap.aws import region_option
from bootstrap.credentials import before
from bootstrap.manifest import Manifest
from bootstrap.own_manifest import own_manifest
from bootstrap.reconcile.identity import endings
from bootstrap.reconcile.identity import retire as retire_all
from bootstrap.renewal.carry_out import CredentialDriver, carry_out
from bootstrap.renewal.plan import Renewal, Wish, ending, forward, plan
from bootstrap.renewal.state import GRACE, RenewalState, RotationError
from bootstrap.rotate.kinds import Rotating, by_secret, rotating
from bootstrap.rotate.run import inside
from bootstrap.secrets import AwsStore, SecretStore

_log = logging.getLogger("datatier.rotate")
STEPS = {"createSecret": "stage", "setSecret": "admit", "testSecret": "prove", "finishSecret": "promote"}
"""Secrets Manager's steps, each with the verb of what it does of a renewal."""


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 - Lambda's signature
    """Do one step. Whatever goes wrong raises: Secrets Manager tries again, and no credential has stopped working."""
    _log.setLevel(logging.INFO)
    manifest = own_manifest()
    if "Step" not in event:
        return {"retired": list(retire(manifest))}
    grace = int(os.environ.get("DATATIER_GRACE") or GRACE)
    done = rotate_step(manifest, event["SecretId"], event["ClientRequestToken"], event["Step"], grace=grace)
    _log.info("%s: %s", event["Step"], done)
    return {"done": done}


def rotate_step(
    manifest: Manifest, arn: str, token: str, step: str, *, grace: int = GRACE, store: SecretStore | None = None
) -> str:
    """Do `step` of the rotation of the secret `arn` to its version `token`; return what was done.

    Raise RotationError where the secret does not rotate, the token is not its pending version, or the old credential
    of the rotation before is still in its grace.
    """
    store = store or AwsStore(manifest.region, manifest.aws_endpoint)
    known = by_secret(manifest)
    if step not in STEPS or arn not in known:
        raise RotationError(f"{step} of {arn}: the steps are {', '.join(STEPS)}, the secrets those of the manifest")
    if _is_current(store, arn, token):
        return "nothing: the version is current already"
    access = load_access(manifest.access)
    with (
        ThreadPoolExecutor(8, thread_name_prefix="rotate") as pool,
        inside(manifest, access, store, pool) as entered,
    ):
        if _is_current(store, arn, token):  # the master's way in makes what works current
            return "nothing: the version is current already"
        # Whoever still logs in as before the stack has not said that it may end: that takes a person's rotation.
        of = rotating(manifest, access, store, known[arn], entered, moves=False)
        if of.unrotatable:
            raise RotationError(of.unrotatable)
        if step == "createSecret":
            return _create(of, store, token, grace)
        return _go_on(of.stand(None), of.driver(), store, step)


def _is_current(store: SecretStore, arn: str, token: str) -> bool:
    stages = store.stages(arn)
    if not stages.rotates:
        command = f"aws secretsmanager rotate-secret{region_option(arn)}"
        raise RotationError(f"the secret {arn} does not rotate: `{command}` turns it on")
    if token not in {stages.current, stages.pending}:
        raise RotationError(f"version {token} of {arn} is neither AWSPENDING nor AWSCURRENT: another took over")
    return token == stages.current


def _create(of: Rotating, store: SecretStore, token: str, grace: int) -> str:
    standing, now = of.stand(None), datetime.now(UTC)
    if standing.unretired:
        if now < standing.valid_until:
            raise RotationError(
                f"{standing.name} was rotated lately and its old credential is valid until {standing.valid_until}; "
                f"`datatier access rotate {standing.name} --finish` ends that"
            )
        carry_out(ending(standing, now=now), standing, of.driver(), store)
        standing = of.stand(None)
    _do(plan(standing, Wish(grace=grace, begin=True), now=now), "stage", standing, of.driver(), store, token)
    return f"{standing.name}: a new credential is pending"


def _go_on(standing: RenewalState, driver: CredentialDriver, store: SecretStore, step: str) -> str:
    if step == "testSecret" and _only_asks(store, standing):
        return f"{standing.name}: nothing is pending; the function reaches the secret and the database"
    if standing.pending is None:
        raise RotationError(f"{step} before createSecret: the pending version holds no next credential")
    left = Renewal(steps=forward(standing), outcome="rotated")
    try:
        notes = _do(left, STEPS[step], standing, driver, store)
    except RotationError:
        if step != "testSecret":
            raise
        # A bootstrap in between takes an unproven login away again.
        _do(left, "admit", standing, driver, store)
        notes = _do(left, "prove", standing, driver, store)
    done = {
        "setSecret": "the pending credential is let in",
        "testSecret": "proven",
        "finishSecret": f"current, the old credential stays valid for {standing.pending.credential.grace or 0} s",
    }
    return "; ".join([f"{standing.name}: {done[step]}", *notes])


def _do(
    left: Renewal,
    verb: str,
    standing: RenewalState,
    driver: CredentialDriver,
    store: SecretStore,
    token: str | None = None,
) -> tuple[str, ...]:
    """Do the steps of one verb."""
    steps = tuple(step for step in left.steps if step.verb == verb)
    return carry_out(replace(left, steps=steps), standing, driver, store, token=token)


def _only_asks(store: SecretStore, standing: RenewalState) -> bool:
    """Whether Secrets Manager tries the configuration out, as it does where a rotation is set up for later.

    It calls testSecret alone, with a pending version of its own: no next credential of ours.
    """
    pending = store.get(standing.arn, "AWSPENDING")
    return pending is None or pending.credential == standing.current.credential


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
        inside(manifest, access, store, pool) as (_, on),
    ):
        steps, notes = retire_all(manifest, access, on, endings(manifest, access, store, due))
        return (*(step.sentence for step in steps), *notes)
