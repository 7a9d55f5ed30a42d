"""A ledger without a server: for tests of the policy, and to plan against an imagined database."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import PurePath

from bootstrap.migrate.errors import LockedError
from bootstrap.migrate.ledger import NIL, Event, LedgerState, Session


@dataclass
class MemoryDatabase:
    """What several ledgers share, as they would a server."""

    state: LedgerState = field(default_factory=LedgerState)
    holder: object | None = None
    ran: list[str] = field(default_factory=list)
    """Names of the files that were run."""
    lagging: tuple[str, ...] = ()
    """Replicas that do not follow."""


class MemoryLedger:
    """Ledger whose files do nothing but be remembered."""

    def __init__(self, database: MemoryDatabase | None = None) -> None:
        self.database = database or MemoryDatabase()

    def use(self, session: Session) -> None:
        """No SQL is run, so no setting matters."""

    def read(self) -> LedgerState:
        return self.database.state

    def ready(self) -> None:
        """Nothing stands between."""

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

    def mark(self, event: Event) -> None:
        self._write(event.target, attempt=self._known(replace(event, seconds=None)))

    def run(self, event: Event, path: str, body: bytes) -> float:  # noqa: ARG002 - the contract's
        self.mark(event)
        self.database.ran.append(PurePath(path).name)
        self.settle(event.target, event)
        return 0.0

    def fail(self, event: Event, error: str) -> None:
        self._write(event.target, attempt=self._known(replace(event, seconds=None, error=error)))

    def settle(self, version: int, *events: Event) -> None:
        self._write(version)
        known = tuple(map(self._known, events))
        self.database.state = replace(self.database.state, events=self.database.state.events + known)

    def position(self) -> str:
        return "0/0"

    def behind(self, position: str) -> tuple[str, ...]:  # noqa: ARG002
        return self.database.lagging

    def _known(self, event: Event) -> Event:
        state = self.database.state
        return replace(event, who="memory", at=datetime.now(UTC), system=state.system, timeline=state.timeline)

    def _write(self, version: int, attempt: Event | None = None) -> None:
        at = None if version == NIL else version
        self.database.state = replace(self.database.state, version=at, dirty=attempt is not None, attempt=attempt)
