"""What is left of a renewal, as data: from where a credential stands to the steps that are left, in order. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from bootstrap.action import Action, Engine, OfRotation
from bootstrap.renewal.state import GRACE, RenewalState, other_login
from bootstrap.secrets import Credential

RenewalOutcome: TypeAlias = Literal["rotated", "retired", "restored", "in grace", "nothing to do"]


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a run shall do to a credential."""

    grace: int = GRACE
    """Seconds that the old credential stays valid."""
    finish: bool = False
    """Retire what is left of earlier renewals at once, and begin none."""
    begin: bool = False
    """Begin one; what was left is finished either way."""


@dataclass(frozen=True, kw_only=True)
class Renewal:
    """The steps that are left, and how the credential stands when they are done."""

    steps: tuple[Action, ...] = ()
    outcome: RenewalOutcome
    grace: int = 0
    """Seconds that the old credential stays valid once a new one is current."""
    valid_until: datetime | None = None
    """Until when the old credential stays valid after the new one has become current."""


def plan(standing: RenewalState, wish: Wish, *, now: datetime) -> Renewal:
    """Return what is left to do.

    A renewal without grace that was left before its end is finished and no second one begun: nobody can tell the two
    wishes apart.
    """
    forced = standing.replace_within
    steps: list[Action] = []
    if forced is None:
        if not (standing.opens or standing.pending or wish.begin):
            return Renewal(steps=tuple(_restore(standing)), outcome="restored")
        if standing.unretired:
            if now < standing.valid_until and not wish.finish:
                return Renewal(outcome="in grace", valid_until=standing.valid_until)
            steps += _retire(standing, standing.current.credential)
            if wish.finish or not standing.current.credential.grace:
                return Renewal(steps=tuple(steps), outcome="retired")
        if standing.pending is None and (wish.finish or not wish.begin):
            return Renewal(steps=tuple(steps), outcome="retired" if steps else "nothing to do")
    steps += forward(standing)
    if standing.kind == "master":
        return Renewal(steps=tuple(steps), outcome="rotated")
    wished = wish.grace if forced is None else forced
    grace = (standing.pending.credential.grace if standing.pending else wished) or 0
    if not grace or wish.finish:
        steps += _retire(standing, standing.following)
        return Renewal(steps=tuple(steps), outcome="rotated", grace=grace)
    until = now + timedelta(seconds=grace)
    return Renewal(steps=tuple(steps), outcome="rotated", grace=grace, valid_until=until)


def ending(standing: RenewalState, *, now: datetime) -> Renewal:
    """Return what is left of an earlier renewal, whatever is left of its grace."""
    return plan(standing, Wish(finish=True), now=now)


def forward(standing: RenewalState) -> tuple[Action, ...]:
    """Return the steps up to the moment when the new credential is current."""
    return tuple(_forward(standing))


def _forward(standing: RenewalState) -> Iterator[Action]:
    if standing.pending is None:
        yield _step(standing, "stage", "secret", _STAGE[standing.kind] + _staged(standing))
    for target in standing.targets:
        yield _step(standing, "admit", target, _admit(standing, target))
    yield _step(standing, "prove", _PROVE[standing.kind][0].format(*standing.targets), _PROVE[standing.kind][1])
    previous = "" if standing.kind == "master" else ", the old one AWSPREVIOUS"
    yield _step(standing, "promote", "secret", f"AWSPENDING becomes AWSCURRENT{previous}")


def _retire(standing: RenewalState, valid: Credential) -> Iterator[Action]:
    for target in standing.targets:
        yield _step(standing, "retire", target, _end(standing, target, valid))
    yield _step(standing, "close", "secret", "AWSPREVIOUS comes off: the old credential is retired")


def _restore(standing: RenewalState) -> Iterator[Action]:
    """An engine that was made again has another credential than the secret, and gets the secret's.

    The same once more as AWSPENDING says that it is not done: from outside a half-done one looks like a done one.
    """
    yield _step(standing, "restage", "secret", "the current credential once more as AWSPENDING, until it is restored")
    for target in standing.targets:
        yield _step(standing, "admit", target, _admit(standing, target))
        yield _step(standing, "retire", target, _end(standing, target, standing.current.credential))
    yield _step(standing, "close", "secret", "AWSPENDING comes off: the secret's credential is in force")


_STAGE = {
    "identity": "a new credential as AWSPENDING",
    "master": "a new password as AWSPENDING",
    "token": "a new AUTH token as AWSPENDING",
}
_PROVE = {
    "identity": ("secret", "log in with the pending credential: all that the current one may, and no more"),
    "master": ("postgres", "log in with the pending password"),
    "token": ("{}", "log in with the new token"),
}


def _staged(standing: RenewalState) -> str:
    if standing.current.credential.initial:
        return ", in place of the first one, which the infrastructure's state holds"
    named = standing.kind == "identity" and "postgres" in standing.targets
    return f", login {standing.following.username}" if named else ""


def _admit(standing: RenewalState, target: str) -> str:
    if standing.kind == "token":
        return "ROTATE: a second AUTH token as well as the one in force"
    if standing.kind == "master":
        return "ALTER ROLE CURRENT_USER PASSWORD '***'"
    if target == "postgres":
        return f"ALTER ROLE \"{standing.following.username}\" LOGIN PASSWORD '***'"
    return f"a second password for {standing.following.redis_username or standing.name}, on every node"


def _end(standing: RenewalState, target: str, valid: Credential) -> str:
    if standing.kind == "token":
        return "SET: every other AUTH token goes"
    ended = standing.present.get(target) if target in (valid.moved or ()) else None
    if target == "postgres":
        both = f', and "{ended}", the login from before the stack' if ended else ""
        return f'ALTER ROLE "{other_login(valid)}" NOLOGIN PASSWORD NULL{both} -- then its sessions end'
    user = valid.redis_username or standing.name
    both = f", and {ended}, the user from before the stack, is shut out" if ended else ""
    return f"every password of {user} but the current one goes{both}"


def _step(standing: RenewalState, verb: OfRotation, target: str, text: str) -> Action:
    """Return one effect of a renewal, or the proof of one; `target` is `secret`, `postgres` or `cache NAME`."""
    engine: Engine = "postgres" if target == "postgres" else "secrets" if target == "secret" else "redis"
    return Action(
        engine=engine,
        target=target,
        verb=verb,
        subject=f"credential of {standing.name}",
        text=text,
        takes_away=verb == "retire",
        identity=standing.name,
    )
