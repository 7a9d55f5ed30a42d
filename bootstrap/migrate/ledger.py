"""The contract between the policy (runner.py) and a database that keeps the books.

How to implement a ledger:
1. `read` returns the books and changes nothing; it works without the lock, on a read-only login and on a replica.
2. `ready` raises where files cannot be run over this connection: a replica, or a pooler that changes its session.
3. `locked` excludes every other ledger of the same database, golang-migrate's CLI included, and waits at most `wait`.
4. `prepare` makes what is missing. It and all that follow are only called while the lock is held.
5. `mark` says, durably, that a file is about to move the database to `event.target`; if nothing follows, it stays
   dirty, and `read` returns the event as `attempt` for as long as nobody else has written the version.
6. `run` marks the event, unless that was the last thing done; sends the file whole; and says that the database is at
   `event.target` and clean. For an event that is `whole` the file and what is said of its end are one transaction:
   either all of it has happened or nothing. It raises FileError if the file fails, once the event is marked.
7. `fail` keeps why the attempt failed; it stays dirty.
8. `settle` says that the database is at `version` and clean, and appends the events, in one transaction.
No ledger decides anything: when in doubt, it raises. tests/bootstrap/migrate/test_migrate_ledgers.py runs against all.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

NIL = -1  # how golang-migrate writes "no version"

Kind = Literal["up", "down", "force", "adopt"]


@dataclass(frozen=True, kw_only=True)
class Session:
    """How files are run."""

    role: str | None = None
    """Role to SET before each file, so that it owns what the file makes; the login itself when absent."""
    schema: str = "public"
    """search_path of every file, and where the ledger's tables are."""
    lock_timeout: float = 5.0
    """Seconds that a statement may wait for a table before it gives up; it blocks all others behind it meanwhile."""
    statement_timeout: float = 600.0
    """Seconds that a statement may take; 0 means no limit."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One line of the history.

    `adopt` records a version found applied by another tool; `force` one that a person vouched for.
    """

    kind: Kind
    version: int
    """The file's version; for `force` the version set, -1 for none."""
    before: int
    """For `up` and `adopt`: the version applied below it, -1 for none. Files numbered in between came too late."""
    checksum: str = ""
    seconds: float | None = 0.0
    """None for a file that did not reach its end."""
    whole: bool = False
    """Whether the file and its end in the books are one transaction, so that a cut leaves nothing of it."""
    error: str = ""
    """Why it did not reach its end; empty where nobody was left to say."""
    who: str = ""
    """Login that did it; filled in by the database."""
    at: datetime | None = None
    """When it began; filled in by the database."""
    tool: str = ""
    system: str = ""
    """Server that it ran on (pg_control_system); filled in by the database where it may be read."""
    timeline: int | None = None
    """The server's timeline, which a promotion raises; filled in by the database."""

    @property
    def target(self) -> int:
        """Version that the database is at afterwards; -1 for none."""
        return self.before if self.kind == "down" else self.version

    @property
    def start(self) -> int:
        """Version that it was at before a file; -1 for none."""
        return self.version if self.kind == "down" else self.before


@dataclass(frozen=True, kw_only=True)
class LedgerState:
    """What the books say."""

    version: int | None = None
    """The version the database is at or, when dirty, was moving to; None before the first."""
    dirty: bool = False
    events: tuple[Event, ...] = ()
    """What reached its end, in order."""
    attempt: Event | None = None
    """The file that made it dirty, if this program ran it and nobody has written the version since."""
    system: str = ""
    timeline: int | None = None
    """The server this was read on; known while the lock is held."""


class Ledger(Protocol):
    """The books of one database."""

    def use(self, session: Session) -> None:
        """Run files this way from now on."""

    def read(self) -> LedgerState:
        """Return the books; an empty LedgerState where there are none yet."""

    def ready(self) -> None:
        """Raise ServerError where migrations cannot be run over this connection. Called after `read`."""

    def locked(self, wait: float) -> AbstractContextManager[None]:
        """Hold the lock within the context; afterwards the connection is as it was found."""

    def prepare(self) -> None:
        """Make the tables that are missing."""

    def mark(self, event: Event) -> None:
        """Write (event.target, dirty) and the attempt; -1 means that the database will be at no version."""

    def run(self, event: Event, path: str, body: bytes) -> float:
        """Mark, send the file whole, write (event.target, clean) and the event; return its seconds."""

    def fail(self, event: Event, error: str) -> None:
        """Write why the attempt failed."""

    def settle(self, version: int, *events: Event) -> None:
        """Write (version, clean) and append `events`."""

    def position(self) -> str:
        """Return how far the server has written."""

    def behind(self, position: str) -> tuple[str, ...]:
        """Return the replicas that have not replayed as far as `position`."""
