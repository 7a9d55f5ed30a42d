"""What is restored, into what, and what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from pydantic import JsonValue

from keep.manifest import PostgresCopy
from keep.postgres.proof import Proof
from keep.postgres.target import TargetServer

Look = Callable[[psycopg.Connection[Any]], tuple[str, ...]]


@dataclass(frozen=True, kw_only=True)
class DeclaredRoles:
    """The roles that a declaration has."""

    names: frozenset[str]
    make: Callable[[], object]
    """Makes those that are missing, and whatever else of the declaration an empty database takes."""


@dataclass(frozen=True, kw_only=True)
class Goal:
    """Where a database goes, and what of it."""

    server: TargetServer
    name: str | None
    """What it is called in the end; None where it is only proved and then dropped."""
    replace: bool = False
    """Whether a database of that name is there, and steps aside."""
    tables: tuple[str, ...] = ()
    """Only these, `schema.table`, with what is theirs; none: the whole database."""
    without: frozenset[str] = frozenset()
    """Extensions that the server does not have and that are left out; what depends on one cannot be restored then."""
    migrate: Look | None = None
    """Brings the schema to where the application expects it, once the rows are proved; returns what to know of it."""


@dataclass(frozen=True, kw_only=True)
class Work(Goal):
    """What is restored, and into what."""

    copy: PostgresCopy
    proof: Proof
    archive: Path
    """The archive, unpacked and verified."""
    folder: Path
    """A private folder for what is needed meanwhile."""
    before: Callable[[psycopg.Connection[Any]], DeclaredRoles] | None = None
    """The declared roles, which are made before anything belongs to them."""
    after: Look | None = None
    """Brings access about and proves it, after that; returns what is wrong, one sentence each."""


@dataclass(kw_only=True)
class Restored:
    """What was restored."""

    database: str | None
    tables: int
    rows: int
    seconds: dict[str, float] = field(default_factory=dict)
    """Seconds of each phase."""
    notes: list[str] = field(default_factory=list)
    before: str | None = None
    """What the database is called now that had the name before."""

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Time a phase."""
        began = time.monotonic()
        yield
        self.seconds[name] = round(self.seconds.get(name, 0.0) + time.monotonic() - began, 3)

    def data(self) -> dict[str, JsonValue]:
        """Return it as `--json` prints it."""
        return {
            "database": self.database,
            "tables": self.tables,
            "rows": self.rows,
            "seconds": round(sum(self.seconds.values()), 3),
            "phases": [{"name": name, "seconds": seconds} for name, seconds in self.seconds.items()],
            "notes": list(self.notes),
            "before": self.before,
        }
