"""Where one credential stands: what the stages of its secret say of it, and where it has to be let in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from bootstrap.access.names import SIBLINGS
from bootstrap.errors import BootstrapError
from bootstrap.secrets import Credential, SecretStore, SecretVersion, Stages

GRACE = 24 * 3600
"""Seconds that the old credential stays valid: a day, so that a job that runs daily has read the new one."""

CredentialKind: TypeAlias = Literal["identity", "master", "token"]


class RotationError(BootstrapError):
    """A rotation stopped: the current credential still works, and running it again goes on."""


@dataclass(frozen=True, kw_only=True)
class RenewalState:
    """Where the renewal of one credential stands."""

    name: str
    """The identity, `master`, or `<cache>-auth`."""
    kind: CredentialKind
    arn: str
    current: SecretVersion
    pending: SecretVersion | None = None
    """A next credential that is not current yet."""
    stages: Stages
    made: datetime
    """When the current version was made."""
    targets: tuple[str, ...] = ()
    """Where it has to be let in: `postgres`, `cache main`."""
    present: Mapping[str, str] = field(default_factory=dict)
    """Where an identity has a login from before the stack that ends with this renewal, and how it is called there."""
    replace_within: int | None = None
    """Seconds of grace with which the current one has to be replaced, whatever is wished; None where it may stay."""
    opens: bool = True
    """Whether the engine takes the current one, where that was tried."""

    @property
    def unretired(self) -> bool:
        """Whether the credential before the current one may still be valid."""
        return self.stages.previous is not None and _leaves_another(self.kind, self.current.credential)

    @property
    def valid_until(self) -> datetime:
        """Until when the credential before the current one stays valid."""
        return grace_ends(self.current.credential, self.stages)

    @property
    def following(self) -> Credential:
        """The credential that will be current; of one that is not made yet only the names are known."""
        if self.pending:
            return self.pending.credential
        old = self.current.credential
        if self.kind != "identity":
            return old
        moved = tuple(self.present) or old.moved
        return old.model_copy(update={"username": other_login(old) or old.username, "moved": moved})


def _leaves_another(kind: CredentialKind, current: Credential) -> bool:
    """Whether the promotion of `current` left another one valid: the master has one password, and of an identity only a
    rotation leaves a second login."""
    return kind == "token" or (kind == "identity" and current.grace is not None)


def grace_ends(current: Credential, stages: Stages) -> datetime:
    """Return when the credential before `current` is to be retired."""
    # The secret's own time of change: no version says when it became current, and this is never before that.
    return stages.changed + timedelta(seconds=current.grace or 0)


def other_login(credential: Credential) -> str | None:
    """Return the sibling of a credential's PostgreSQL login: `shop_app_a` -> `shop_app_b`; none of a login by token."""
    if credential.username is None or credential.password is None:
        return None
    base, _, sibling = credential.username.rpartition("_")
    return f"{base}_{SIBLINGS[1] if sibling == SIBLINGS[0] else SIBLINGS[0]}"


def read(
    store: SecretStore,
    arn: str | None,
    *,
    name: str,
    kind: CredentialKind,
    missing: str,
    suits: Callable[[Credential, Credential], bool],
    targets: Callable[[Credential], tuple[str, ...]],
    present: Callable[[Credential], Mapping[str, str]] = lambda _: {},
) -> RenewalState:
    """Return where the credential in the secret `arn` stands; raise RotationError with `missing` where there is none.

    `suits` says whether a pending credential follows the current one, or is what something else has left; `targets`
    says where the current one is let in, `present` where the renewal ends a login from before the stack.
    """
    current = store.get(arn) if arn else None
    if arn is None or current is None:
        raise RotationError(missing)
    stages, made = store.stages(arn), store.made(arn)
    # On the current version AWSPENDING is what an interrupted promotion left.
    pending = store.get(arn, "AWSPENDING") if stages.pending not in {None, current.id} else None
    return RenewalState(
        name=name,
        kind=kind,
        arn=arn,
        current=current,
        pending=pending if pending and suits(pending.credential, current.credential) else None,
        stages=stages,
        made=made or stages.changed,
        targets=targets(current.credential),
        present=present(current.credential),
    )
