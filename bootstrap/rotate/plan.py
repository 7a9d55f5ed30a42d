"""What a rotation will do, as data: from the stages of a secret to the steps that are left. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Literal

from bootstrap.action import Action, Engine, OfRotation
from bootstrap.credentials import other_login
from bootstrap.errors import BootstrapError
from bootstrap.postgres.change import ident
from bootstrap.secrets import Credential, Stages, Version

MASTER = "master"

Outcome = Literal["rotated", "retired", "in grace", "nothing to do", "planned", "skipped", "failed"]


def still_valid(what: str, name: str, until: datetime) -> str:
    """Say how long what a rotation replaced opens something, and what ends that."""
    return (
        f"{what} is valid until {until:%Y-%m-%d %H:%M:%S %Z}, the first bootstrap or rotation after that retires it; "
        f"at once: `datatier access rotate {name} --finish`"
    )


class RotationError(BootstrapError):
    """A rotation stopped: the current credential still works, and running it again goes on."""


def moment(identity: str, verb: OfRotation, target: str, detail: str) -> Action:
    """Return one effect of a rotation, or the proof of one; `target` is `secret`, `postgres` or `cache NAME`."""
    engine: Engine = "postgres" if target == "postgres" else "secrets" if target == "secret" else "redis"
    return Action(
        engine=engine,
        target=target,
        verb=verb,
        subject=f"credential of {identity}",
        text=detail,
        takes_away=verb == "retire",
        identity=identity,
    )


@dataclass(frozen=True, kw_only=True)
class Rotated:
    """What became of one identity's rotation."""

    identity: str
    outcome: Outcome
    steps: tuple[Action, ...] = ()
    """What was done; what would be done in a dry run."""
    valid_until: datetime | None = None
    """Until when the old credential stays valid beside the current one."""
    notes: tuple[str, ...] = ()
    """What to know or to do: how to finish, sessions that were ended, checks that fail under both credentials."""

    def data(self) -> dict[str, Any]:
        """Return it as `--json` prints it."""
        steps = [{"identity": s.identity, "action": s.verb, "target": s.target, "detail": s.text} for s in self.steps]
        return {
            "identity": self.identity,
            "outcome": self.outcome,
            "steps": steps,
            "valid_until": self.valid_until,
            "notes": list(self.notes),
        }


@dataclass(frozen=True, kw_only=True)
class State:
    """Where the rotation of one identity stands."""

    identity: str
    arn: str
    current: Version
    pending: Version | None
    """A next credential that is not current yet."""
    stages: Stages
    made: datetime
    """When the current version was made."""
    caches: tuple[str, ...]
    """Caches that know the identity."""

    @property
    def unretired(self) -> bool:
        """Whether a rotation left an old credential that may still be valid."""
        return self.current.credential.grace is not None and self.stages.previous is not None

    @property
    def valid_until(self) -> datetime:
        """Until when the old credential stays valid."""
        # The secret's own time of change: no version says when it became current, and this is never before that.
        return self.stages.changed + timedelta(seconds=self.current.credential.grace or 0)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The steps that are left, and how the identity stands when there are none."""

    steps: tuple[Action, ...]
    outcome: Outcome
    valid_until: datetime | None = None


def plan(state: State, *, now: datetime, grace: int, finish: bool, begin: bool) -> Plan:
    """Return what is left to do for one identity.

    `finish` retires the old credential whatever is left of its grace, and begins nothing. `begin` says whether a new
    rotation may begin; one that was left is finished either way. A rotation without grace that was left before its
    end is finished and no second one begun: nobody can tell the two wishes apart.
    """
    steps: list[Action] = []
    if state.unretired:
        if now < state.valid_until and not finish:
            return Plan(steps=(), outcome="in grace", valid_until=state.valid_until)
        steps += _retire(state, state.current.credential)
        if finish or state.current.credential.grace == 0:
            return Plan(steps=tuple(steps), outcome="retired")
    if state.pending is None and (finish or not begin):
        return Plan(steps=tuple(steps), outcome="retired" if steps else "nothing to do")
    steps += forward(state)
    if grace == 0 or finish:
        steps += _retire(state, _next(state))
        return Plan(steps=tuple(steps), outcome="rotated")
    return Plan(steps=tuple(steps), outcome="rotated", valid_until=now + timedelta(seconds=grace))


def _next(state: State) -> Credential:
    """The credential that will be current; of the next one only the names are known."""
    if state.pending:
        return state.pending.credential
    old = state.current.credential
    return old.model_copy(update={"username": other_login(old) or old.username})


def forward(state: State) -> Iterator[Action]:
    """The steps of a rotation up to the moment when the new credential is current."""

    step = partial(moment, state.identity)

    login = _next(state).username if state.current.credential.password else None
    if state.pending is None:
        yield step("stage", "secret", "a new credential as AWSPENDING" + (f", login {login}" if login else ""))
    if login:
        yield step("admit", "postgres", f"ALTER ROLE {ident(login)} LOGIN PASSWORD '***'")
    for cache in state.caches:
        yield step("admit", f"cache {cache}", f"a second password for {state.identity}, on every node")
    yield step("prove", "secret", "log in with the pending credential: all that the current one may, and no more")
    yield step("promote", "secret", "AWSPENDING becomes AWSCURRENT, the old one AWSPREVIOUS")


def _retire(state: State, valid: Credential) -> Iterator[Action]:
    step = partial(moment, state.identity)

    if old := other_login(valid):
        yield step("retire", "postgres", f"ALTER ROLE {ident(old)} NOLOGIN PASSWORD NULL, then end its sessions")
    for cache in state.caches:
        yield step("retire", f"cache {cache}", f"every password of {state.identity} but the current one goes")
    yield step("close", "secret", "AWSPREVIOUS comes off: the old credential is retired")
