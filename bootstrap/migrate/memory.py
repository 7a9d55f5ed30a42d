"""A ledger without a server: for tests of the policy, and to plan against an imagined database."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from bootstrap.migrate.errors import LockedError
from bootstrap.migrate.ledger import NIL, Event, Session, State
from bootstrap.migrate.source import MigrationFile


@dataclass
class MemoryDatabase:
    """What several ledgers share, as they would a server."""

    state: State = field(default_factory=State)
    holder: object | None = None
    ran: list[str] = field(default_factory=list)
    """Names of the files that were run."""


class MemoryLedger:
    """Ledger whose files do nothing but be remembered."""

    def __init__(self, database: MemoryDatabase | None = None) -> None:
        self.database = database or MemoryDatabase()

    def use(self, session: Session) -> None:
        """No SQL is run, so no setting matters."""

    def read(self) -> State:
        return self.database.state

    @contextmanager
    def locked(self, wait: float) -> Iterator[None]:
        limit = time.monotonic() + wait
        while self.database.holder not in (None, self):
            if time.monotonic() >= limit:
                raise LockedError(f"another migration has held the lock for {wait:g} s", "wait for it to end")
            time.sleep(0.01)
        self.database.holder = self
        try:
            yield
        finally:
            self.database.holder = None

    def prepare(self) -> None:
        """Nothing to make."""

    def mark(self, target: int) -> None:
        self._write(target, dirty=True)

    def run(self, file: MigrationFile) -> None:
        self.database.ran.append(file.name)

    def settle(self, version: int, *events: Event) -> None:
        self._write(version, dirty=False)
        known = tuple(replace(e, who="memory", at=datetime.now(UTC)) for e in events)
        self.database.state = replace(self.database.state, events=self.database.state.events + known)

    def _write(self, version: int, *, dirty: bool) -> None:
        self.database.state = replace(self.database.state, version=None if version == NIL else version, dirty=dirty)
