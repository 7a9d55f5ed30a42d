"""Where a drill plays: a stack as it is deployed, what makes copies of it, what was promised, and a clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg

from bootstrap.access import Access, load_access
from bootstrap.manifest import Endpoint, Manifest
from bootstrap.postgres import master
from bootstrap.secrets import SecretStore, open_postgres
from keep.drill.books import Books
from keep.drill.canary import Canary
from keep.drill.notes import Notes
from keep.drill.plan import usual_seconds
from keep.drill.report import DrillName, DrillObjective
from keep.estate.estate import Estate
from keep.estate.naming import copy_name, primary_instance


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class Elsewhere:
    """The second region that the stack's file declares for its backups."""

    region: str
    estate: Estate
    """There; on a laptop this computer, which has no other."""
    point_in_time: bool
    """Whether automated backups are replicated there, logs and all; else there are copies of recovery points."""
    played: bool = False
    """Whether this computer plays it."""
    lands: bool = True
    """Whether it is known into which groups a copy goes there."""


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What all drills of a stack work with."""

    stack: Manifest
    estate: Estate
    store: SecretStore
    books: Books
    objective: DrillObjective
    migrations: Path
    """Folder of the migrations, with the schema's definition next to it."""
    elsewhere: Elsewhere | None = None
    """None where no second region is declared."""
    poll: float = 0.2
    """Seconds between two looks at what is being made: AWS throttles whoever asks more often than every few."""
    patience: float = 3 * 3600.0
    """Seconds after which what is being made counts as never coming."""
    interval: float = 0.2
    """Seconds between two heartbeats: how exactly the RPO is measured."""
    now: Callable[[], datetime] = _now
    sleep: Callable[[float], None] = time.sleep
    say: Callable[[str], None] = lambda _: None
    """Takes a sentence about what goes on, for whoever waits."""

    @property
    def source(self) -> str:
        """DB instance identifier of the stack's primary."""
        return primary_instance(self.stack)

    @property
    def estates(self) -> tuple[Estate, ...]:
        """All in which drills make something."""
        there = self.elsewhere.estate if self.elsewhere else self.estate
        return (self.estate,) if there is self.estate else (self.estate, there)

    @cached_property
    def access(self) -> Access:
        """The access declaration."""
        return load_access(self.stack.access)

    def usual_seconds(self, drill: DrillName) -> float | None:
        """Return how long that drill took here the last times."""
        return usual_seconds(drill, (each.report for each in self.books.reports()))

    def as_master(self, endpoint: Endpoint | None = None, database: str | None = None) -> psycopg.Connection[Any]:
        """Open an autocommit session of the master's, at the primary or at `endpoint`. Raise LoginError."""
        target = self.stack.postgres
        if endpoint is not None:
            target = target.at(endpoint)
        found = master.look(target, self.store, copy=endpoint is not None)
        if database is None:
            return found.conn
        found.conn.close()
        return open_postgres(target, target.primary, found.user, found.password, database=database)


@dataclass(kw_only=True)
class Stage:
    """One run of a drill: its notes, which outlive the process, and what is open, which does not."""

    scene: Scene
    notes: Notes
    closing: ExitStack = field(default_factory=ExitStack)
    """What is closed before everything that the run has made is destroyed."""
    canary: Canary | None = None
    redirected: Callable[[Endpoint], None] | None = None
    """Leads the canary to another server, as an application's endpoint is changed."""

    def name(self, part: str = "") -> str:
        """Return the identifier of the copy; with `part` of one of several."""
        return copy_name(self.scene.stack.prefix, self.notes.id, part)
