"""One step of a plan."""

from __future__ import annotations

from dataclasses import dataclass

from bootstrap.errors import AskedError
from upgrade.check import Check
from upgrade.effect import Deploy, Effect, Person


class PlanError(AskedError, ValueError):
    """No permitted path exists: the sentence says why, and what can be done instead."""


@dataclass(frozen=True, kw_only=True)
class UpgradeStep:
    """Something to do that AWS accepts in the state which the step before left."""

    id: str
    """Its name within the plan: `switchover`."""
    what: str
    do: tuple[Effect, ...] = ()
    """In this order; none where there is only something to look at."""
    commands: tuple[str, ...] = ()
    """How a person looks at what the step looks at, where it does nothing else."""
    checks: tuple[Check, ...] = ()
    """What must hold before, so that AWS takes it and nobody is hurt."""
    first: tuple[str, ...] = ()
    """What only a person can look at before."""
    already: tuple[Check, ...] = ()
    """What shows that there is nothing to do, where that is not what its effects are waited for."""
    users: str
    """What those who use the data tier notice."""
    proofs: tuple[Check, ...] = ()
    """What holds once it is done, besides what each of its effects is waited for."""
    then: tuple[str, ...] = ()
    """What only a person can see afterwards."""
    hold: bool = False
    """Whether it waits for a word of its own, whatever else was agreed to."""
    undo: tuple[Effect, ...] = ()
    """What takes it back."""
    no_undo: str = ""
    """Why nothing does, and what to do instead; empty where there is `undo`, or nothing to take back."""
    source: str = ""

    @property
    def how(self) -> tuple[str, ...]:
        """Commands, or lines of the stack's file (`data-tier:...`)."""
        return (*self.commands, *(word for effect in self.do for word in effect.words))

    @property
    def before(self) -> tuple[str, ...]:
        """What to look at first."""
        return (*(each.says for each in self.checks), *self.first)

    @property
    def after(self) -> tuple[str, ...]:
        """How to see that it is done."""
        waited = (each for effect in self.do if effect.kind in ("call", "deploy") for each in effect.until)
        return tuple(dict.fromkeys((*(each.says for each in (*waited, *self.proofs)), *self.then)))

    @property
    def noticed(self) -> bool:
        """Whether users notice it, so that it is asked for before."""
        return not self.users.startswith("Nothing")

    @property
    def by_hand(self) -> bool:
        """Whether only a person can do it, and say so."""
        return any(isinstance(each, Person) or (isinstance(each, Deploy) and each.unseen) for each in self.do)


@dataclass(frozen=True, kw_only=True)
class UpgradeChange:
    """One setting, from and to."""

    target: str
    """`postgres` or the name of a cache."""
    key: str
    was: str
    wanted: str

    def __str__(self) -> str:
        return f"{self.target}.{self.key}: {self.was} -> {self.wanted}"


def line(section: str, text: str) -> str:
    """A line of the stack's file."""
    return f"data-tier:{section}: {text}"
