"""What maintenance would do, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bootstrap.schema.mends.effects import notes

Kind = Literal["drop-index", "reindex", "partition", "expire", "vacuum", "analyze", "statistics", "purge", "defragment"]
Lock = Literal["", "ACCESS SHARE", "ROW EXCLUSIVE", "SHARE UPDATE EXCLUSIVE", "SHARE ROW EXCLUSIVE", "ACCESS EXCLUSIVE"]
"""The strongest lock on a table that others use; empty where there is none (PostgreSQL, Explicit Locking)."""


@dataclass(frozen=True, kw_only=True)
class Action:
    """One thing to do. It may be the last of a run: what is left over is planned again."""

    kind: Kind
    node: str
    """Name of the server: `primary`, or `CACHE/NODE`."""
    object: str
    """What it is about, quoted as its engine wants it: `public.users`."""
    statements: tuple[str, ...]
    """SQL, or the words of a command of Redis. Without parameters: what is shown is what is sent."""
    transaction: bool = False
    """Whether they are done all or none; otherwise each by itself, outside of a transaction block."""
    repeat: bool = False
    """Whether it is sent again until it changes no more rows: a large deletion in small transactions."""
    why: str
    """One sentence with its numbers."""
    lock: Lock
    needs: str
    """The right it takes, as a person would look for it: `MAINTAIN on public.users`, `ownership of public.users`."""
    role: str = ""
    """Role that has it, to be set before; empty where the login itself has it. Of a cache the identity that logs in;
    empty where it knows no users."""
    bytes: int | None = None
    """What it reads and writes, from which its time is estimated; None where that is not known."""
    seconds: float | None = None
    """About how long it takes (`maintain.estimate`); None where nothing is known."""

    @property
    def statement(self) -> str:
        """All of it, as one may paste it."""
        return "; ".join(self.statements)

    @property
    def effect(self) -> str:
        """What others notice of it, in the words of the schema's mends; empty where they notice nothing."""
        return "; ".join(notes(self.statements, ""))


@dataclass(frozen=True, kw_only=True)
class Skipped:
    """What would be needed and is not done, or was not to be seen."""

    object: str
    why: str
    mend: str = ""
    """The statement, command or line that ends it; empty where nothing does."""


@dataclass(frozen=True, kw_only=True)
class MaintenancePlan:
    """What is to be done, in this order, and what is left."""

    actions: tuple[Action, ...]
    skipped: tuple[Skipped, ...] = ()
