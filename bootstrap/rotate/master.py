"""The master user has one login and, on RDS, one password: it is replaced, and only the bootstrap logs in with it.

Between the change and AWSCURRENT the pending password is the one that works: `bootstrap.postgres.master.enter` tries
it too, and makes it current when it does.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from bootstrap.action import Action
from bootstrap.manifest import Manifest
from bootstrap.postgres.master import Master
from bootstrap.postgres.siblings import replace_own
from bootstrap.rotate.plan import MASTER, Rotated, RotationError, moment
from bootstrap.secrets import Credential, Secret, SecretStore, Version, new_password, open_postgres


def rotate_master(
    manifest: Manifest,
    store: SecretStore,
    entered: Master,
    *,
    begin: bool,
    progress: Callable[[Action], None],
) -> Rotated:
    """Replace the master's password."""
    arn = manifest.postgres.master_secret
    if any("pending master password" in done for done in entered.done):
        return Rotated(identity=MASTER, outcome="rotated", notes=("what a rotation had left was finished",))
    if entered.password is None:
        why = "the master logs in by token, because logins that it made are members of rds_iam"
        return Rotated(identity=MASTER, outcome="skipped", notes=(why,))
    if not begin:
        return Rotated(identity=MASTER, outcome="nothing to do")
    steps = plan_master()
    for step in steps:
        progress(step)
        match step.verb:
            case "stage":
                pending = stage(manifest, store)
            case "admit":
                replace_own(entered.conn, pending.credential)
            case "prove":
                prove(manifest, pending)
            case "promote":
                store.promote(arn, pending)
    return Rotated(identity=MASTER, outcome="rotated", steps=steps)


def plan_master() -> tuple[Action, ...]:
    """Return the steps, in order."""
    step = partial(moment, MASTER)
    return (
        step("stage", "secret", "a new password as AWSPENDING"),
        step("admit", "postgres", "ALTER ROLE CURRENT_USER PASSWORD '***'"),
        step("prove", "postgres", "log in with the pending password"),
        step("promote", "secret", "AWSPENDING becomes AWSCURRENT"),
    )


def stage(manifest: Manifest, store: SecretStore, token: str | None = None) -> Version:
    """Return the pending version; one that was left is taken up."""
    arn = manifest.postgres.master_secret
    current, stages = store.get(arn), store.stages(arn)
    if current is None:
        raise RotationError("the master's secret is empty: run `datatier bootstrap`")
    # On the current version AWSPENDING is what an interrupted promotion left; the next version takes it over.
    if stages.pending not in (None, current.id) and (pending := store.get(arn, "AWSPENDING")):
        return pending
    fields = dict(current.credential) | {"password": new_password(manifest.passwords), "initial": None}
    return store.put_pending(arn, Credential(**fields), **({"token": token} if token else {}))


def prove(manifest: Manifest, pending: Version) -> None:
    """Log in."""
    user, password = pending.credential.username or "", pending.credential.password or Secret("")
    open_postgres(manifest.postgres, manifest.postgres.primary, user, password).close()
