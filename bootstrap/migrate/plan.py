"""What to do, worked out from the files and the books alone: pure functions, so that a plan can be shown and tested."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from bootstrap.migrate import folder
from bootstrap.migrate.errors import DirtyError, FileProblem, ProblemsError, TargetError
from bootstrap.migrate.ledger import NIL, Event, Kind, LedgerState
from bootstrap.migrate.source import Migration, MigrationFile, Source


@dataclass(frozen=True)
class Move:
    """One file to run."""

    kind: Kind
    migration: Migration
    before: int
    """Version the database is at before; -1 for none."""
    target: int
    """Version it is at after."""
    file: MigrationFile

    @property
    def sql(self) -> str:
        """The file as text, for a dry run."""
        return self.file.text


def history(state: LedgerState) -> dict[int, Event]:
    """Versions that the history says are in the database, with the event that put each there."""
    present: dict[int, Event] = {}
    for event in state.events:
        if event.kind in ("up", "adopt"):
            present[event.version] = event
        elif event.kind == "down":
            present.pop(event.version, None)
        else:
            present = {v: e for v, e in present.items() if v <= event.version}
            if event.version != NIL:
                present[event.version] = event
    # golang-migrate may have gone down since; it leaves no trace in the history.
    at = NIL if state.version is None else state.version
    return {v: e for v, e in present.items() if v <= at or state.dirty}


def late(source: Source, state: LedgerState) -> tuple[Migration, ...]:
    """Files that appeared below the database's version after it had passed them, and so were never run."""
    known = history(state)
    at = NIL if state.version is None else state.version
    unknown = [m for m in source.migrations if m.version <= at and m.version not in known]
    return tuple(m for m in unknown if any(e.before < m.version < v for v, e in known.items()))


def applied(source: Source, state: LedgerState) -> tuple[Migration, ...]:
    """Files whose up has been run, ascending."""
    at, skipped = NIL if state.version is None else state.version, {m.version for m in late(source, state)}
    return tuple(m for m in source.migrations if m.version <= at and m.version not in skipped)


def adoptable(source: Source, state: LedgerState) -> tuple[Event, ...]:
    """Events for what another tool has applied, so that later edits and late files are seen from now on."""
    known, below, events = history(state), NIL, []
    for m in applied(source, state):
        if m.version not in known:
            events.append(Event(kind="adopt", version=m.version, before=below, checksum=m.up.checksum))
        below = m.version
    return tuple(events)


def edited(source: Source, state: LedgerState) -> tuple[Migration, ...]:
    """Applied files that no longer hold what was applied."""
    known = history(state)
    return tuple(
        m for m in applied(source, state) if m.version in known and known[m.version].checksum not in ("", m.up.checksum)
    )


def problems(source: Source, state: LedgerState) -> tuple[FileProblem, ...]:
    """Everything wrong with the files, given this database."""
    return (*folder.problems(source), *against(source, state))


def against(source: Source, state: LedgerState) -> tuple[FileProblem, ...]:
    """What is wrong with the files only because of what this database has applied."""
    found = (*_edited(source, state), *_late(source, state))
    return tuple(p for p in found if not folder.allowed(source, p))


def _edited(source: Source, state: LedgerState) -> Iterable[FileProblem]:
    known = history(state)
    for m in edited(source, state):
        fix = "restore the file from version control and put the change into a new migration"
        if m.version == state.version:
            fix += f"; if the database has what it now says: datatier migrate force {m.version}"
        at = known[m.version].at
        what = "edited" if m.up.there else "removed"
        yield FileProblem("edited", m.up.name, f"{what} after it was applied{f' on {at:%Y-%m-%d}' if at else ''}", fix)


def _late(source: Source, state: LedgerState) -> Iterable[FileProblem]:
    for m in late(source, state):
        message = f"the database went past it to {state.version} before the file was there, so it was never applied"
        last = source.migrations[-1].version
        fix = f"rename its files to version {last + 1}, so that they come last; if it is never to run: --allow late"
        yield FileProblem("late", m.name, message, fix)


def check(source: Source, state: LedgerState) -> tuple[FileProblem, ...]:
    """Raise unless the database may be moved upwards; return what a person should know."""
    check_clean(source, state)
    # What applied files hold is only compared with what was applied: they are not read for anything else.
    found = (*folder.problems(source, above=state.version), *against(source, state))
    if errors := [p for p in found if p.severity == "error"]:
        raise ProblemsError(errors)
    return found


def mendable(state: LedgerState) -> LedgerState | None:
    """The state before a file that was cut short and of which nothing can remain; None where a person has to look.

    Such a file and its end in the books are one transaction: as the books still say dirty, PostgreSQL has undone it.
    A file that failed by its own fault would fail again, so that one waits for a person.
    """
    attempt = state.attempt
    if not state.dirty or attempt is None or not attempt.whole or attempt.error:
        return None
    return replace(state, version=None if attempt.start == NIL else attempt.start, dirty=False, attempt=None)


def cut_short(source: Source, attempt: Event) -> str:
    """What the rerun says of a file that it begins again."""
    at = f" at {attempt.at:%Y-%m-%d %H:%M:%S%z}" if attempt.at else ""
    return (
        f"{_file(source, attempt.version, attempt.kind)} was cut short{at}: the server or this program ended in the "
        "middle of it. It ran as one transaction, so PostgreSQL has undone all of it and it is run again"
    )


def moved(state: LedgerState) -> str:
    """Say that the server is not the one of the last entry in the history; empty where it is, or nobody knows."""
    last = next((e for e in reversed(state.events) if e.system), None)
    if last is None or not state.system or (last.system, last.timeline) == (state.system, state.timeline):
        return ""
    if last.system != state.system:
        return (
            f"this server ({state.system}) is another than the one that version {last.version} was applied on "
            f"({last.system}): its data came from a dump or by logical replication. The books came with them and hold"
        )
    return (
        f"this server was promoted from a replica (or restored to a point in time) since version {last.version} was "
        f"applied: timeline {last.timeline} then, {state.timeline} now. What the old primary had not sent by then is "
        "not here; the books say the same, so what is missing is applied again"
    )


def check_clean(source: Source, state: LedgerState) -> tuple[FileProblem, ...]:
    """Raise where a file was cut short, or where the database is at a version that has no files."""
    if state.dirty:
        raise _dirty(source, state)
    if state.version is not None:
        source.get(state.version)
    return ()


def check_goto(source: Source, state: LedgerState, version: int) -> tuple[FileProblem, ...]:
    """Raise unless the database may be moved to `version`; on the way down, edited and late files do no harm."""
    down = state.version is not None and version < state.version
    return (check_clean if down else check)(source, state)


def plan_up(source: Source, state: LedgerState, n: int | None = None) -> list[Move]:
    """Steps of the next `n` files, or of all that are left."""
    at = NIL if state.version is None else state.version
    steps, before = [], at
    for m in [m for m in source.migrations if m.version > at][:n]:
        steps.append(Move("up", m, before, m.version, m.up))
        before = m.version
    return steps


def plan_down(source: Source, state: LedgerState, n: int | None = None) -> list[Move]:
    """Steps that undo the last `n` files, or all of them."""
    done = applied(source, state)[::-1]
    below = [*(m.version for m in done[1:]), NIL]
    steps = [Move("down", m, m.version, target, m.down) for m, target in list(zip(done, below, strict=False))[:n]]
    if wrong := [p for step in steps for p in folder.down_problems(source, step.migration)]:
        raise ProblemsError(wrong)
    return steps


def plan_down_to(source: Source, state: LedgerState, version: int | None) -> list[Move]:
    """Steps that undo everything above `version`; None undoes all."""
    done = [m.version for m in applied(source, state)]
    if version is not None and version not in done:
        there = f"applied are {done[0]} to {done[-1]}" if done else "nothing is applied"
        raise TargetError(f"cannot go down to {version}: it is not applied", there)
    return plan_down(source, state, len([v for v in done if version is None or v > version]))


def plan_goto(source: Source, state: LedgerState, version: int) -> list[Move]:
    """Steps from where the database is to `version`, up or down."""
    source.get(version)
    if state.version is not None and version <= state.version:
        return plan_down_to(source, state, version)
    return list(takewhile(lambda s: s.target <= version, plan_up(source, state)))


def _dirty(source: Source, state: LedgerState) -> DirtyError:
    """Explain a dirty row: its version is where the file was going, whichever way."""
    target = NIL if state.version is None else state.version
    at = f"the database is dirty at version {'none' if target == NIL else target}"
    attempt = state.attempt
    if attempt is not None:
        file, start = _file(source, attempt.version, attempt.kind), attempt.start
    else:
        file, start = _guess(source, state, target)
    if attempt is not None and attempt.whole:
        when = f" at {attempt.at:%Y-%m-%d %H:%M}" if attempt.at else ""
        return DirtyError(
            f"{at}: {file} failed{when} ({attempt.error}); PostgreSQL has undone the whole file",
            f"mend it, then datatier migrate force {argument(start)}, then run the migration again",
        )
    return DirtyError(
        f"{at}: {file} failed or was cut short{f' ({attempt.error})' if attempt and attempt.error else ''}",
        "look at what it left behind; PostgreSQL undoes a failed file whole unless it commits by itself. "
        f"If nothing of it remains: datatier migrate force {argument(start)}; "
        f"if all of it is there: datatier migrate force {argument(target)}; then run the migration again",
    )


def _guess(source: Source, state: LedgerState, target: int) -> tuple[str, int]:
    """Which file another tool ran, and from which version, as far as its one number tells."""
    known = [v for v in history(state) if v in source.versions]
    undoing = next((v for v in sorted(known) if v > target), None)
    if undoing is not None or target == NIL:
        version = min(source.versions, default=target) if undoing is None else undoing
        return _file(source, version, "down"), version
    return _file(source, target, "up"), _below(source.versions, target)


def _file(source: Source, version: int, kind: Kind) -> str:
    for m in source.migrations:
        if m.version == version:
            return f"{m.name}.{kind}.sql"
    return f"version {version}"


def _below(versions: Sequence[int], version: int) -> int:
    return max((v for v in versions if v < version), default=NIL)


def argument(version: int) -> str:
    """A version as `datatier migrate force` takes it."""
    return f"-- {version}" if version == NIL else str(version)  # a bare -1 would be taken for an option
