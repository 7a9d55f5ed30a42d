"""Carries the steps of a renewal out: a new secret becomes current only after it was let in everywhere and proved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from bootstrap.action import Action
from bootstrap.renewal.plan import Renewal
from bootstrap.renewal.state import RenewalState, RotationError
from bootstrap.secrets import Credential, SecretStore, SecretVersion

Progress = Callable[[Action], None]
"""Called before each step."""


class CredentialDriver(Protocol):
    """The engines that take one credential. Each step may be done a second time, which changes nothing."""

    def successor(self, old: Credential, grace: int) -> Credential:
        """Return the credential that follows `old`, with passwords that no engine has seen."""
        ...

    def admit(self, target: str, new: Credential, old: Credential) -> None:
        """Let `new` in at one of the targets; where the engine takes two, `old` still works."""
        ...

    def prove(self, new: Credential, old: Credential) -> tuple[str, ...]:
        """Log in with `new`; raise a BootstrapError unless it is as good as `old`. Return what to know of it."""
        ...

    def retire(self, target: str, valid: Credential, old: Credential | None) -> tuple[str, ...]:
        """Let in what is `valid` and nothing else at one of the targets; return what was met."""
        ...


def carry_out(
    left: Renewal,
    standing: RenewalState,
    driver: CredentialDriver,
    store: SecretStore,
    *,
    token: str | None = None,
    progress: Progress = lambda _: None,
) -> tuple[str, ...]:
    """Do the steps in their order and return what was met; what is raised ends it, and the next plan goes on there.

    `token` is the id of the version that is staged, where one was given.
    """
    notes: list[str] = []
    pending, valid = standing.pending, standing.current
    for step in left.steps:
        progress(step)
        match step.verb:
            case "stage":
                made = driver.successor(standing.current.credential, left.grace)
                pending = store.put_pending(standing.arn, made, token=token)
            case "restage":
                pending = store.put_pending(standing.arn, standing.current.credential)
            case "admit":
                driver.admit(step.target, _staged(pending, step).credential, standing.current.credential)
            case "prove":
                notes += driver.prove(_staged(pending, step).credential, standing.current.credential)
            case "promote":
                valid = _staged(pending, step)
                store.promote(standing.arn, valid)
            case "retire":
                old = store.get(standing.arn, "AWSPREVIOUS")
                notes += driver.retire(step.target, valid.credential, old.credential if old else None)
            case "close":
                _close(store, standing, pending)
            case _:
                raise AssertionError(f"{step.verb} is not a step of a renewal")
    return tuple(notes)


def _staged(pending: SecretVersion | None, step: Action) -> SecretVersion:
    if pending is None:
        raise RotationError(f"{step.identity}: nothing is pending, so there is nothing to {step.verb}; run it again")
    return pending


def _close(store: SecretStore, standing: RenewalState, pending: SecretVersion | None) -> None:
    """Take the labels off that say that something is left to do."""
    stages = store.stages(standing.arn)
    restored = pending is not None and pending.credential == standing.current.credential
    # On the current version it is what an interrupted promotion left.
    if stages.pending and (stages.pending == stages.current or restored):
        store.unstage(standing.arn, stages.pending, "AWSPENDING")
    if stages.previous and not restored:
        store.unstage(standing.arn, stages.previous, "AWSPREVIOUS")
