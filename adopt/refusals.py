"""What cannot be taken over, each with why and the way. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from adopt.estate import Estate


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Something that cannot become part of the stack as it is."""

    what: str
    """The server or the thing, by its identifier."""
    why: str
    """What is in the way, a sentence without a full stop."""
    way: str
    """How it gets there all the same: commands, or what to do first."""
    whole: bool = False
    """Whether nothing can be adopted without it (the primary); else the rest can."""


def refusals(estate: Estate) -> Iterator[Refusal]:
    """Everything that cannot be taken."""
    engine = str(estate.primary.described.get("Engine", ""))
    if engine.startswith("aurora"):
        yield Refusal(
            what=str(estate.primary.described["DBInstanceIdentifier"]),
            why="it is a member of an Aurora cluster, which is another resource than an RDS instance",
            way="Aurora stays where it is; a copy for RDS comes by logical replication or by a dump",
            whole=True,
        )
