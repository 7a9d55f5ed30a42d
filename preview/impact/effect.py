"""What a change does to the people who use the data tier, from nothing to loss."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from preview.diff import Change


class Effect(StrEnum):
    """From harmless to harmful; `worst` orders them as they stand here."""

    IN_PLACE = "in place"
    """Nobody notices, or only those who open a new connection."""
    REBOOT = "reboot"
    """It takes effect at the next restart of the server, which somebody has to make."""
    FAILOVER = "failover"
    """Connections are cut once; a standby takes over within seconds to two minutes."""
    DOWNTIME = "downtime"
    """The server does not answer for minutes, or clients need a new address."""
    REPLACE = "replace"
    """A new one is made and the old one goes; what it held can be made again."""
    DATA_AT_RISK = "data at risk"
    """What is kept in it, or the means to get it back, is gone afterwards."""
    BLOCKED = "blocked"
    """AWS or Pulumi refuses it: the update stops here."""


ORDER = tuple(Effect)


@dataclass(frozen=True, kw_only=True)
class Edit:
    """One property that changes, with all that a rule may look at."""

    change: Change
    key: str
    """Top-level input; `*` stands for the resource as a whole (made or deleted)."""
    before: Any = None
    after: Any = None
    stack: tuple[Change, ...] = field(default=(), repr=False)
    """Every resource of the stack before and after, this one too."""

    def others(self, type_: str) -> list[Change]:
        """The stack's other resources of a type that stay or come."""
        return [c for c in self.stack if c.type == type_ and c.now is not None and c is not self.change]


def replaced(edit: Edit) -> bool:
    """Whether the provider makes another resource for it."""
    return edit.key in edit.change.replaces


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What changing one property of one type of resource does."""

    id: str
    key: str
    users: str
    """What they notice."""
    effect: Effect = Effect.IN_PLACE
    """At least this; that the provider makes another resource is said by `graph.kinds`, not by a rule."""
    source: str = ""
    """Where this is said; empty where it follows from what the table says."""
    way_round: str = ""
    """How to get there with less, or what to do first."""
    when: Callable[[Edit], bool] = lambda _: True
    """Whether the rule is about this edit; the first rule of a key that is, is used."""


@dataclass(frozen=True, kw_only=True)
class Impact:
    """What one change of one property does."""

    type: str
    name: str
    key: str
    before: Any
    after: Any
    effect: Effect
    rule: str
    users: str
    source: str
    way_round: str
    takes_effect: str
    """`at once`, `in the maintenance window`, `at the next restart`."""
