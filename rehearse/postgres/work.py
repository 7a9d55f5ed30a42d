"""One rehearsal of a major upgrade: whose copy, to which version, in which ways."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bootstrap.access import Access
from keep.manifest import BackupManifest, PostgresCopy
from keep.place.place import Place
from keep.postgres.proof import Proof
from rehearse.postgres.source import PostgresFacts
from rehearse.report import RehearsalCheck, RehearsedPhase, Way


@dataclass(frozen=True, kw_only=True)
class MajorUpgrade:
    """What is rehearsed."""

    place: Place
    manifest: BackupManifest
    """A backup of the database."""
    copy: PostgresCopy
    proof: Proof
    """What its rows, sequences and large objects were."""
    major: int
    """The version that it is to have."""
    ways: tuple[Way, ...]
    facts: PostgresFacts | None
    """What the source's own server says; None for a backup whose server is not asked."""
    access: Access | None
    """The declaration that came with the backup."""
    migrations: Path | None
    """Folder of the migrations that made the schema; None where nobody has named one."""
    say: Callable[[str], None] = lambda _: None

    @property
    def database(self) -> str:
        """What the copy is called: every cluster has a `postgres` and templates already."""
        return self.copy.database if self.copy.database not in ("postgres", "template1") else "rehearsal"


@dataclass(kw_only=True)
class Timed:
    """The phases and checks of one way, as they come."""

    phases: list[RehearsedPhase] = field(default_factory=list)
    checks: list[RehearsalCheck] = field(default_factory=list)

    @contextmanager
    def phase(self, name: str, detail: str = "", *, offline: bool = True) -> Iterator[None]:
        """Time a phase that ends well."""
        began = time.monotonic()
        yield
        self.add(name, time.monotonic() - began, detail, offline=offline)

    def add(self, name: str, seconds: float, detail: str = "", *, offline: bool = True) -> None:
        """A phase that something else has timed."""
        self.phases.append(RehearsedPhase(name=name, seconds=round(seconds, 3), detail=detail, offline=offline))

    def check(self, name: str, ok: bool | None, detail: str) -> None:
        """An answer."""
        self.checks.append(RehearsalCheck(name=name, ok=ok, detail=detail))

    @property
    def offline(self) -> float:
        """Seconds that the application waits."""
        return sum(each.seconds for each in self.phases if each.offline)
