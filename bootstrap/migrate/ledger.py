"""The contract between the policy (runner.py) and a database that keeps the books.

How to implement a ledger:
1. `read` returns the books and changes nothing; it works without the lock and on a read-only login.
2. `locked` excludes every other ledger of the same database, golang-migrate's CLI included, and waits at most `wait`.
3. `prepare` makes what is missing. It, `mark`, `run` and `settle` are only called while the lock is held.
4. `mark` says, durably, that a file is about to move the database to `target`; if nothing follows, it stays dirty.
5. `run` sends one file whole and raises FileError if it fails; it never touches the books.
6. `settle` says that the database is at `version` and clean, and appends the events, in one transaction.
No ledger decides anything: when in doubt, it raises. tests/bootstrap/migrate/test_migrate_ledgers.py runs against all.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from bootstrap.migrate.source import MigrationFile

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


@dataclass(frozen=True, kw_only=True)
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
    seconds: float = 0.0
    who: str = ""
    """Login that did it; filled in by the database."""
    at: datetime | None = None
    """When; filled in by the database."""
    tool: str = ""


@dataclass(frozen=True, kw_only=True)
class State:
    """What the books say."""

    version: int | None = None
    """The version the database is at or, when dirty, was moving to; None before the first."""
    dirty: bool = False
    events: tuple[Event, ...] = ()


class Ledger(Protocol):
    """The books of one database."""

    def use(self, session: Session) -> None:
        """Run files this way from now on."""

    def read(self) -> State:
        """Return the books; an empty State where there are none yet."""

    def locked(self, wait: float) -> AbstractContextManager[None]:
        """Hold the lock within the context; afterwards the connection is as it was found."""

    def prepare(self) -> None:
        """Make the tables that are missing."""

    def mark(self, target: int) -> None:
        """Write (target, dirty); -1 means that the database will be at no version."""

    def run(self, file: MigrationFile) -> None:
        """Send the file whole."""

    def settle(self, version: int, *events: Event) -> None:
        """Write (version, clean) and append `events`."""
