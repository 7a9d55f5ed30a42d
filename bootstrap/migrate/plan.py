"""What to do, worked out from the files and the books alone: pure functions, so that a plan can be shown and tested."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile

from bootstrap.migrate.errors import DirtyError, Problem, ProblemsError, TargetError
from bootstrap.migrate.ledger import NIL, Event, Kind, State
from bootstrap.migrate.source import Migration, MigrationFile, Source


@dataclass(frozen=True)
class Step:
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
        return self.file.body.decode("utf-8", "replace")


def history(state: State) -> dict[int, Event]:
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


def late(source: Source, state: State) -> tuple[Migration, ...]:
    """Files that appeared below the database's version after it had passed them, and so were never run."""
    known = history(state)
    at = NIL if state.version is None else state.version
    claims = [(e.before, v) for v, e in known.items()]
    return tuple(
        m
        for m in source.migrations
        if m.version <= at and m.version not in known and any(low < m.version < high for low, high in claims)
    )


def applied(source: Source, state: State) -> tuple[Migration, ...]:
    """Files whose up has been run, ascending."""
    at, skipped = NIL if state.version is None else state.version, late(source, state)
    return tuple(m for m in source.migrations if m.version <= at and m not in skipped)


def adoptable(source: Source, state: State) -> tuple[Event, ...]:
    """Events for what another tool has applied, so that later edits and late files are seen from now on."""
    known, below, events = history(state), NIL, []
    for m in applied(source, state):
        if m.version not in known and m.up is not None:
            events.append(Event(kind="adopt", version=m.version, before=below, checksum=m.up.checksum))
        below = m.version
    return tuple(events)


def edited(source: Source, state: State) -> tuple[Migration, ...]:
    """Applied files that no longer hold what was applied."""
    known = history(state)
    return tuple(
        m
        for m in applied(source, state)
        if m.up and m.version in known and known[m.version].checksum not in ("", m.up.checksum)
    )


def problems(source: Source, state: State) -> tuple[Problem, ...]:
    """Everything wrong with the files beside this database."""
    return (*source.problems(), *_edited(source, state), *_late(source, state))


def _edited(source: Source, state: State) -> Iterable[Problem]:
    known = history(state)
    for m in edited(source, state):
        fix = "restore the file from version control and put the change into a new migration"
        if m.version == state.version:
            fix += f"; if the database has what it now says: datatier migrate force {m.version}"
        at = known[m.version].at
        yield Problem(
            "edited", f"{m.name}.up.sql", f"edited after it was applied{f' on {at:%Y-%m-%d}' if at else ''}", fix
        )


def _late(source: Source, state: State) -> Iterable[Problem]:
    for m in late(source, state):
        message = f"the database went past it to {state.version} before the file was there, so it was never applied"
        last = source.migrations[-1].version
        yield Problem("late", m.name, message, f"rename its files to version {last + 1}, so that they come last")


def check(source: Source, state: State) -> None:
    """Raise unless the database may be moved upwards."""
    check_clean(source, state)
    if errors := [p for p in problems(source, state) if p.severity == "error"]:
        raise ProblemsError(errors)


def check_clean(source: Source, state: State) -> None:
    """Raise where a file was cut short, or where the database is at a version that has no files."""
    if state.dirty:
        raise _dirty(source, state)
    if state.version is not None:
        source.get(state.version)


def check_goto(source: Source, state: State, version: int) -> None:
    """Raise unless the database may be moved to `version`; on the way down, edited and late files do no harm."""
    down = state.version is not None and version < state.version
    (check_clean if down else check)(source, state)


def plan_up(source: Source, state: State, n: int | None = None) -> list[Step]:
    """Steps of the next `n` files, or of all that are left."""
    at = NIL if state.version is None else state.version
    steps, before = [], at
    for m in [m for m in source.migrations if m.version > at][:n]:
        if m.up is None:
            raise ProblemsError([p for p in source.problems() if p.rule == "missing-up"])
        steps.append(Step("up", m, before, m.version, m.up))
        before = m.version
    return steps


def plan_down(source: Source, state: State, n: int | None = None) -> list[Step]:
    """Steps that undo the last `n` files, or all of them."""
    done = applied(source, state)[::-1]
    below = [*(m.version for m in done[1:]), NIL]
    steps = []
    for m, target in list(zip(done, below, strict=False))[:n]:
        if m.down is None:
            raise ProblemsError(
                [p for p in source.problems() if p.rule == "missing-down" and p.file.startswith(m.name)]
            )
        steps.append(Step("down", m, m.version, target, m.down))
    return steps


def plan_down_to(source: Source, state: State, version: int | None) -> list[Step]:
    """Steps that undo everything above `version`; None undoes all."""
    done = [m.version for m in applied(source, state)]
    if version is not None and version not in done:
        there = f"applied are {done[0]} to {done[-1]}" if done else "nothing is applied"
        raise TargetError(f"cannot go down to {version}: it is not applied", there)
    return plan_down(source, state, len([v for v in done if version is None or v > version]))


def plan_goto(source: Source, state: State, version: int) -> list[Step]:
    """Steps from where the database is to `version`, up or down."""
    source.get(version)
    if state.version is not None and version <= state.version:
        return plan_down_to(source, state, version)
    return list(takewhile(lambda s: s.target <= version, plan_up(source, state)))


def _dirty(source: Source, state: State) -> DirtyError:
    """Explain a dirty row: its version is where the file was going, whichever way."""
    target = NIL if state.version is None else state.version
    known = [v for v in history(state) if v in source.versions]
    undoing = next((v for v in sorted(known) if v > target), None)
    if undoing is not None or target == NIL:
        file, start = _file(source, undoing or source.versions[0], "down"), undoing or source.versions[0]
    else:
        file, start = _file(source, target, "up"), _below(source.versions, target)
    return DirtyError(
        f"the database is dirty at version {'none' if target == NIL else target}: {file} failed or was cut short",
        "look at what it left behind; PostgreSQL undoes a failed file whole unless it commits by itself. "
        f"If nothing of it remains: datatier migrate force {argument(start)}; "
        f"if all of it is there: datatier migrate force {argument(target)}; then run the migration again",
    )


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
