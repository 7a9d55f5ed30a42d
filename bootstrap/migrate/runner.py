"""The policy of migrations: what is refused, in which order things happen, and what is written down."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from typing import Literal

from bootstrap.migrate import plan
from bootstrap.migrate.errors import FileError, Problem, TargetError
from bootstrap.migrate.ledger import NIL, Event, Ledger, Session, State
from bootstrap.migrate.plan import Step
from bootstrap.migrate.source import Source
from bootstrap.migrate.status import StatusRow, status

try:
    TOOL = f"datatier {metadata.version('data-tier')}"
except metadata.PackageNotFoundError:  # run from a bundle
    TOOL = "datatier"

Progress = Callable[[Step, float | None], None]
"""Called before each file with None and after it with its seconds.

What it raises before a file stops the run between two files, with the database clean.
"""


@dataclass(frozen=True)
class Version:
    """Where the database is."""

    version: int | None
    dirty: bool


@dataclass(frozen=True)
class Applied:
    """A file that was run."""

    version: int
    name: str
    direction: Literal["up", "down"]
    seconds: float


class Runner:
    """Moves one database along one folder of migrations."""

    def __init__(
        self,
        source: Source,
        ledger: Ledger,
        *,
        role: str | None = None,
        lock_wait: float = 15.0,
        lock_timeout: float = 5.0,
        statement_timeout: float = 600.0,
    ) -> None:
        self.source = source
        self.ledger = ledger
        self.lock_wait = lock_wait
        ledger.use(Session(role=role, lock_timeout=lock_timeout, statement_timeout=statement_timeout))

    def up(self, n: int | None = None, progress: Progress | None = None) -> list[Applied]:
        """Apply the next `n` files, or all that are left."""
        _check_count(n)
        done = self._move(lambda state: plan.plan_up(self.source, state, n), plan.check, progress)
        return _check_short(done, n, "left")

    def down(self, n: int | None, progress: Progress | None = None) -> list[Applied]:
        """Undo the last `n` files; None undoes all."""
        _check_count(n)
        done = self._move(lambda state: plan.plan_down(self.source, state, n), plan.check_clean, progress)
        return _check_short(done, n, "applied")

    def down_to(self, version: int | None, progress: Progress | None = None) -> list[Applied]:
        """Undo everything above `version`; None undoes all."""
        return self._move(lambda s: plan.plan_down_to(self.source, s, version), plan.check_clean, progress)

    def goto(self, version: int, progress: Progress | None = None) -> list[Applied]:
        """Move up or down to `version`."""

        def check(source: Source, state: State) -> None:
            plan.check_goto(source, state, version)

        return self._move(lambda state: plan.plan_goto(self.source, state, version), check, progress)

    def force(self, version: int | None) -> None:
        """Declare that the database is at `version` and clean, and run nothing; None means at no version."""
        checksum = ""
        if version is not None:
            file = self.source.get(version).up
            checksum = file.checksum if file else ""
        target = NIL if version is None else version
        with self.ledger.locked(self.lock_wait):
            self.ledger.read()  # refuses another tool's table
            self.ledger.prepare()
            # `before` is the version itself: a person vouches for this version, not for what lies below it.
            event = Event(kind="force", version=target, before=target, checksum=checksum, tool=TOOL)
            self.ledger.settle(target, event)

    def version(self) -> Version:
        """Return where the database is; dirty ones are reported, not refused."""
        state = self.ledger.read()
        return Version(state.version, state.dirty)

    def status(self) -> list[StatusRow]:
        """Return every version of the files and of the database, ascending."""
        return status(self.source, self.ledger.read())

    def validate(self) -> tuple[Problem, ...]:
        """Return all that is wrong with the files beside this database, warnings included."""
        return plan.problems(self.source, self.ledger.read())

    def plan_up(self, n: int | None = None) -> list[Step]:
        """Return what `up` would do."""
        state = self.ledger.read()
        plan.check(self.source, state)
        return plan.plan_up(self.source, state, n)

    def plan_down(self, n: int | None) -> list[Step]:
        """Return what `down` would do."""
        state = self.ledger.read()
        plan.check_clean(self.source, state)
        return plan.plan_down(self.source, state, n)

    def plan_goto(self, version: int) -> list[Step]:
        """Return what `goto` would do."""
        state = self.ledger.read()
        plan.check_goto(self.source, state, version)
        return plan.plan_goto(self.source, state, version)

    def _move(
        self, steps: Callable[[State], list[Step]], check: Callable[[Source, State], None], progress: Progress | None
    ) -> list[Applied]:
        state = self.ledger.read()
        # A dirty row may be a run in progress elsewhere: only the lock tells.
        if not state.dirty:
            check(self.source, state)
            if not steps(state) and not plan.adoptable(self.source, state):
                return []
        with self.ledger.locked(self.lock_wait):
            self.ledger.prepare()
            state = self.ledger.read()
            check(self.source, state)
            todo = steps(state)
            if adopted := plan.adoptable(self.source, state):
                self.ledger.settle(NIL if state.version is None else state.version, *adopted)
            return [self._apply(step, progress) for step in todo]

    def _apply(self, step: Step, progress: Progress | None) -> Applied:
        if progress is not None:
            progress(step, None)
        started = time.monotonic()
        self.ledger.mark(step.target)
        try:
            self.ledger.run(step.file)
        except FileError as error:
            error.explain(_repair(step, error))
            raise
        seconds = time.monotonic() - started
        version = step.migration.version
        before = step.before if step.kind == "up" else step.target
        event = Event(
            kind=step.kind, version=version, before=before, checksum=step.file.checksum, seconds=seconds, tool=TOOL
        )
        self.ledger.settle(step.target, event)
        if progress is not None:
            progress(step, seconds)
        return Applied(version, step.migration.name, "up" if step.kind == "up" else "down", seconds)


def _check_count(n: int | None) -> None:
    if n is not None and n < 0:
        raise TargetError(f"{n} is no number of files", "give 0 or more")


def _check_short(done: list[Applied], n: int | None, word: str) -> list[Applied]:
    """golang-migrate does what it can and then fails ("limit K short"), so scripts may rely on that."""
    if n is not None and len(done) < n:
        raise TargetError(f"asked for {n} files, but only {len(done)} were {word}", "those are done")
    return done


def _repair(step: Step, error: FileError) -> str:
    again = f"datatier migrate force {plan.argument(step.before)}, then datatier migrate {step.kind}"
    if error.undone:
        return f"PostgreSQL has undone the whole file; mend it, then {again}"
    return f"part of it may remain: undo that by hand, mend the file, then {again}"
