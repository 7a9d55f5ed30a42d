"""Proof that a pending credential may all that the current one may, and no more: the same checks under both."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Executor

from bootstrap.access import Access
from bootstrap.manifest import Manifest
from bootstrap.renewal.state import RotationError, other_login
from bootstrap.report import Check
from bootstrap.secrets import Credential, SecretStore
from bootstrap.verify import verify


def prove(
    manifest: Manifest,
    access: Access,
    identity: str,
    pending: Credential,
    current: Credential,
    store: SecretStore,
    pool: Executor,
    *,
    lsn: str | None,
) -> tuple[str, ...]:
    """Return the checks that fail under both credentials, as sentences; raise RotationError for any other."""
    only = access.model_copy(update={"identities": {identity: access.identities[identity]}})
    now, before = (
        _outcomes(c, verify(manifest, only, {identity: c}, store, pool, lsn=lsn)) for c in (pending, current)
    )
    changed, both = compare(now, before)
    if changed:
        raise RotationError(
            f"{identity}: the pending credential is not what the current one is: {'; '.join(changed)}. "
            "It was not made current. Run `datatier bootstrap`, which mends roles and users"
        )
    return tuple(f"{sentence}, as before the rotation: run `datatier bootstrap`" for sentence in both)


def compare(now: dict[str, Check], before: dict[str, Check]) -> tuple[list[str], list[str]]:
    """Return what came out wrong under the new credential: what is changed, and what was wrong before too.

    A login is never excused: what cannot log in is not made current.
    """
    changed: list[str] = []
    both: list[str] = []
    for key, check in now.items():
        if check.ok:
            continue
        reported = f"{check.target}: {check.action}: {check.expected} expected, {check.outcome}"
        same = key in before and before[key].outcome == check.outcome
        (both if same and not check.action.startswith("log in") else changed).append(reported)
    missing = set(before) - set(now)
    return [*changed, *(f"not tried: {key}" for key in sorted(missing))], both


def _outcomes(credential: Credential, checks: Iterable[Check]) -> dict[str, Check]:
    """The checks by what they try, whichever sibling tries it."""
    own, other = credential.username or "-", other_login(credential) or "-"

    def key(check: Check) -> str:
        action = check.action.replace(own, "its login").replace(other, "its sibling")
        return f"{check.engine} {check.target}: {action}"

    return {key(check): check for check in checks}
