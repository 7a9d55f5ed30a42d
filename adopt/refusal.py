"""What cannot be taken over, with why and the way. Data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Server = tuple[Literal["replica", "cache"], str]
"""A replica or a cache, by its name in the stack."""


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
    server: Server | None = None
    """Which one is left out; its identifier does not say, as a cache and databases of several regions may share one."""
