"""One step of a plan."""

from __future__ import annotations

from dataclasses import dataclass


class PlanError(ValueError):
    """No permitted path exists: the sentence says why, and what can be done instead."""


@dataclass(frozen=True, kw_only=True)
class UpgradeStep:
    """Something to do that AWS accepts in the state which the step before left."""

    what: str
    how: tuple[str, ...]
    """Commands, or lines of the stack's file (`data-tier:...`)."""
    users: str
    """What those who use the data tier notice."""
    before: tuple[str, ...] = ()
    """What to look at first."""
    after: tuple[str, ...] = ()
    """How to see that it is done."""
    source: str = ""


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
