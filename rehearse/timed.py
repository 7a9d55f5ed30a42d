"""The phases and checks of one way, as they come."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rehearse.report import RehearsalCheck, RehearsedPhase

UNDECLARED = "the backup came without a declaration of access: nothing to hold it against"


@dataclass(kw_only=True)
class Timed:
    """What has been done of it."""

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
