"""The policy of migrations: what is refused, in which order things happen, and what is written down."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from itertools import groupby
from typing import Literal

from bootstrap.migrate import folder, plan
from bootstrap.migrate.errors import FileError, FileProblem, MigrateError, ShortError, StoppedError, TargetError
from bootstrap.migrate.ledger import NIL, Event, Ledger, LedgerState, Session
from bootstrap.migrate.lint import FIXED, KNOWN, lint
from bootstrap.migrate.plan import Move
from bootstrap.migrate.source import Source, checksum
from bootstrap.migrate.statements import whole
from bootstrap.migrate.status import StatusRow, status

try:
    TOOL = f"datatier {metadata.version('data-tier')}"
except metadata.PackageNotFoundError:  # run from a bundle
    TOOL = "datatier"

# What ended a file through no fault of its own, so that it may do better the next time: a lost connection (08), a
# deadlock (40), no memory or disk (53), a lock not had in time (55P03), a shutdown (57P). A cancelled statement (57014)
# is none of these: it was a person, or a time limit that it would meet again.
_PASSING = ("08", "40", "53", "55P03", "57P")
# What the transaction that a whole file runs in forbids, and that the file may do when sent by itself: a statement that
# refuses to be in one (25001), a COMMIT in the code of DO or CALL (2D000), SET TRANSACTION READ ONLY (25006).
_IN_TRANSACTION = ("25001", "2D000", "25006")

Progress = Callable[[Move, float | None], None]
"""Called before each file with None and after it with its seconds.

What it raises before a file stops the run between two files, with the database clean.
"""

Stop = Callable[[], bool]
"""Asked before each file; True stops the run there with a StoppedError, so that another can go on."""


@dataclass(frozen=True)
class Version:
    """Where the database is."""

    version: int | None
    dirty: bool


@dataclass(frozen=True)
class AppliedFile:
    """A file that was run."""

    version: int
    name: str
    direction: Literal["up", "down"]
    seconds: float


class MigrationRunner:
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
        max_replica_lag: float | None = None,
        snapshot: Callable[[], str] | None = None,
    ) -> None:
        """Waits and timeouts in seconds.

        `max_replica_lag` stops the run before a file while a replica is further behind; `snapshot` is called once
        before the first file, where there is one, and returns the name of what it made.
        """
        source.allowed.check(KNOWN, FIXED)
        self.source = source
        self.ledger = ledger
        self.lock_wait = lock_wait
        self.max_replica_lag = max_replica_lag
        self.snapshot = snapshot
        self.notes: list[str] = []
        """What a person should know of the last run, besides what it applied."""
        ledger.use(Session(role=role, lock_timeout=lock_timeout, statement_timeout=statement_timeout))

    def up(
        self, n: int | None = None, progress: Progress | None = None, *, stop: Stop | None = None
    ) -> list[AppliedFile]:
        """Apply the next `n` files, or all that are left. Raise StoppedError where `stop` says so before a file."""
        _check_count(n)
        done = self._move(lambda state: plan.plan_up(self.source, state, n), plan.check, progress, stop)
        return _check_short(done, n, "left")

    def down(self, n: int | None, progress: Progress | None = None) -> list[AppliedFile]:
        """Undo the last `n` files; None undoes all."""
        _check_count(n)
        done = self._move(lambda state: plan.plan_down(self.source, state, n), plan.check_clean, progress)
        return _check_short(done, n, "applied")

    def down_to(self, version: int | None, progress: Progress | None = None) -> list[AppliedFile]:
        """Undo everything above `version`; None undoes all."""
        return self._move(lambda s: plan.plan_down_to(self.source, s, version), plan.check_clean, progress)

    def goto(self, version: int, progress: Progress | None = None) -> list[AppliedFile]:
        """Move up or down to `version`."""

        def check(source: Source, state: LedgerState) -> tuple[FileProblem, ...]:
            return plan.check_goto(source, state, version)

        return self._move(lambda state: plan.plan_goto(self.source, state, version), check, progress)

    def force(self, version: int | None) -> None:
        """Declare that the database is at `version` and clean, and run nothing; None means at no version."""
        checksum = ""
        if version is not None:
            checksum = self.source.get(version).up.checksum
        target = NIL if version is None else version
        self.notes = []
        self.ledger.read()  # refuses another tool's table
        self.ledger.ready()
        with self.ledger.locked(self.lock_wait):
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

    def validate(self) -> tuple[FileProblem, ...]:
        """Return all that is wrong with the files, given this database, warnings included.

        Files that it has applied are no longer linted: what they did is done, and they must not change. The others are
        new, so that matters of style are reported as well.
        """
        state = self.ledger.read()
        return (*plan.problems(self.source, state), *lint(self.source, above=state.version, style=True))

    def plan_up(self, n: int | None = None) -> list[Move]:
        """Return what `up` would do."""
        state = self._state()
        plan.check(self.source, state)
        return plan.plan_up(self.source, state, n)

    def plan_down(self, n: int | None) -> list[Move]:
        """Return what `down` would do."""
        state = self._state()
        plan.check_clean(self.source, state)
        return plan.plan_down(self.source, state, n)

    def plan_down_to(self, version: int | None) -> list[Move]:
        """Return what `down_to` would do."""
        state = self._state()
        plan.check_clean(self.source, state)
        return plan.plan_down_to(self.source, state, version)

    def plan_goto(self, version: int) -> list[Move]:
        """Return what `goto` would do."""
        state = self._state()
        plan.check_goto(self.source, state, version)
        return plan.plan_goto(self.source, state, version)

    def _state(self) -> LedgerState:
        """The books as a run would find them once it has mended what can be mended."""
        state = self.ledger.read()
        return plan.mendable(state) or state

    def _move(
        self,
        steps: Callable[[LedgerState], list[Move]],
        check: Callable[[Source, LedgerState], Sequence[FileProblem]],
        progress: Progress | None,
        stop: Stop | None = None,
    ) -> list[AppliedFile]:
        self.notes = []
        state = self.ledger.read()
        self.ledger.ready()
        reported: Sequence[FileProblem] | None = None
        # A dirty row may be a run in progress elsewhere: only the lock tells.
        if not state.dirty:
            reported = check(self.source, state)
            if not steps(state) and not plan.adoptable(self.source, state):
                return []
        seen = state  # the files are not read again for the same books
        with self.ledger.locked(self.lock_wait):
            self.ledger.prepare()
            state = self._mended(self.ledger.read())
            if reported is None or (state.version, state.events) != (seen.version, seen.events):
                reported = check(self.source, state)
            todo = steps(state)
            self.notes += _reported(reported, todo)
            if adopted := plan.adoptable(self.source, state):
                self.ledger.settle(NIL if state.version is None else state.version, *adopted)
            if todo and self.snapshot is not None:
                self.notes.append(f"snapshot {self.snapshot()}")
            done: list[AppliedFile] = []
            for step in todo:
                self._check_time(step, len(done), len(todo), stop)
                done.append(self._apply(step, progress))
            return done

    def _mended(self, state: LedgerState) -> LedgerState:
        """Take back the mark of a file that was cut short and that PostgreSQL has certainly undone."""
        if note := plan.moved(state):
            self.notes.append(note)
        before = plan.mendable(state)
        if before is None or state.attempt is None:
            return state
        self.ledger.settle(state.attempt.start)
        self.notes.append(plan.cut_short(self.source, state.attempt))
        return before

    def _check_time(self, step: Move, done: int, total: int, stop: Stop | None) -> None:
        why = "its time is up" if stop is not None and stop() else self._lagging()
        if why:
            raise StoppedError(
                f"stopped before {step.file.name}, {done} of {total} files are done: {why}",
                "the database is clean; run the same command again to go on",
            )

    def _lagging(self) -> str:
        """Give the replicas the time they may be behind to come to where the primary is now."""
        if self.max_replica_lag is None:
            return ""
        position, limit = self.ledger.position(), time.monotonic() + self.max_replica_lag
        while behind := self.ledger.behind(position):
            if time.monotonic() >= limit:
                names = ", ".join(sorted(name or "a replica" for name in behind))
                return f"{names} is more than {self.max_replica_lag:g} s behind"
            time.sleep(min(0.1, self.max_replica_lag))
        return ""

    def _apply(self, step: Move, progress: Progress | None) -> AppliedFile:
        if progress is not None:
            progress(step, None)
        body, version = step.file.read(), step.migration.version
        event = Event(
            kind=step.kind,
            version=version,
            before=step.before if step.kind == "up" else step.target,
            checksum=checksum(body),
            whole=whole(body),
            tool=TOOL,
        )
        seconds = self._attempt(step, event, body)
        if progress is not None:
            progress(step, seconds)
        return AppliedFile(version, step.migration.name, "up" if step.kind == "up" else "down", seconds)

    def _attempt(self, step: Move, event: Event, body: bytes) -> float:
        try:
            return self.ledger.run(event, step.file.path, body)
        except FileError as error:
            if not (event.whole and error.sqlstate in _IN_TRANSACTION):
                again = event.whole and (error.lost or error.sqlstate.startswith(_PASSING))
                error.explain(_repair(step, error, again=again))
                if not (error.lost or again):
                    self._fail(event, error)
                raise
        # PostgreSQL has undone all of it.
        return self._attempt(step, replace(event, whole=False), body)

    def _fail(self, event: Event, error: FileError) -> None:
        """Keep why; what keeps it from being kept must not hide it."""
        try:
            self.ledger.fail(event, error.reason)
        except MigrateError as worse:
            error.explain(f"the history does not say so, as {worse}")


def validate(source: Source, *, style: bool = False) -> tuple[FileProblem, ...]:
    """Return all that is wrong with the files by themselves; matters of style, which an old file keeps, if asked."""
    return (*folder.problems(source), *lint(source, style=style))


def _reported(problems: Sequence[FileProblem], todo: Sequence[Move]) -> Iterator[str]:
    """What is odd about the files that are about to run; of many by one rule the first."""
    names = {name for step in todo for name in (step.migration.name, step.migration.up.name, step.migration.down.name)}
    found = sorted((p for p in problems if p.file in names), key=lambda p: p.rule)
    for rule, group in groupby(found, key=lambda p: p.rule):
        first, *more = group
        shown = [first, *more] if len(more) < _MANY else [first]
        rest = f" and {len(more)} more" if len(more) >= _MANY else ""
        yield from (f"{problem} ({rule}{rest})" for problem in shown)


_MANY = 3


def _check_count(n: int | None) -> None:
    if n is not None and n < 0:
        raise TargetError(f"{n} is not a number of files", "give 0 or more")


def _check_short(done: list[AppliedFile], n: int | None, word: str) -> list[AppliedFile]:
    """golang-migrate does what it can and then fails ("limit K short"), so scripts may rely on that."""
    if n is not None and len(done) < n:
        raise ShortError(f"asked for {n} files, but only {len(done)} were {word}", "those are done")
    return done


def _repair(step: Move, error: FileError, *, again: bool) -> str:
    if again:
        return f"PostgreSQL has undone the whole file; datatier migrate {step.kind} runs it again"
    then = f"datatier migrate force {plan.argument(step.before)}, then datatier migrate {step.kind}"
    if error.undone:
        return f"PostgreSQL has undone the whole file; mend it, then {then}"
    return f"part of it may remain: undo that by hand, mend the file, then {then}"
