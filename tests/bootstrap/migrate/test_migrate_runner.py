"""The policy, without a server: order of steps, what is refused, and what the message tells to do."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from migrate_server import tables, write

from bootstrap.migrate import (
    DirtyError,
    Event,
    FileError,
    LedgerState,
    MemoryDatabase,
    MemoryLedger,
    MigrationRunner,
    Move,
    ProblemsError,
    Source,
    StoppedError,
    TargetError,
    Version,
)


class Failing(MemoryLedger):
    """Ledger in which one file fails."""

    bad = ""
    error: Callable[[str], BaseException] = staticmethod(lambda file: FileError("no", file=file, undone=True))

    def run(self, event: Event, path: str, body: bytes) -> float:
        if Path(path).name == self.bad:
            self.mark(event)
            raise self.error(self.bad)
        return super().run(event, path, body)


class Fixture:
    """A folder and a database that outlive a runner."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.database = folder, MemoryDatabase()
        write(folder, **tables(1, 2, 3))

    def runner(
        self, bad: str = "", error: Callable[[str], BaseException] | None = None, **options: Any
    ) -> MigrationRunner:
        ledger = Failing(self.database)
        ledger.bad = bad
        if error is not None:
            ledger.error = error
        return MigrationRunner(Source.load(self.folder), ledger, **options)

    def at(self) -> tuple[int | None, bool]:
        return self.database.state.version, self.database.state.dirty

    def rename(self, old: str, new: str) -> None:
        for path in self.folder.glob(f"{old}*"):
            path.rename(path.with_name(path.name.replace(old, new)))


@pytest.fixture
def db(tmp_path: Path) -> Fixture:
    return Fixture(tmp_path)


@pytest.mark.parametrize(
    ("move", "versions", "at"),
    [
        (lambda r: r.up(), [2, 3], 3),
        (lambda r: r.up(1), [2], 2),
        (lambda r: r.up(0), [], 1),
        (lambda r: r.down(1), [1], None),
        (lambda r: r.down(None), [1], None),
        (lambda r: r.down(0), [], 1),
        (lambda r: r.down_to(None), [1], None),
        (lambda r: r.down_to(1), [], 1),
        (lambda r: r.goto(3), [2, 3], 3),
        (lambda r: r.goto(1), [], 1),
    ],
)
def test_moves_from_1(
    db: Fixture, move: Callable[[MigrationRunner], list[Any]], versions: list[int], at: int | None
) -> None:
    db.runner().up(1)
    assert [a.version for a in move(db.runner())] == versions
    assert db.at() == (at, False)


@pytest.mark.parametrize(
    ("move", "message"),
    [
        (lambda r: r.up(3), "asked for 3 files, but only 2 were left; those are done"),
        (lambda r: r.down(2), "asked for 2 files, but only 1 were applied; those are done"),
        (lambda r: r.up(-1), "-1 is not a number of files; give 0 or more"),
        (lambda r: r.down_to(2), "cannot go down to 2: it is not applied; applied are 1 to 1"),
        (lambda r: r.goto(7), "no migration found for version 7; the files go from 1 to 3"),
        (lambda r: r.force(7), "no migration found for version 7; the files go from 1 to 3"),
    ],
)
def test_refused_from_1(db: Fixture, move: Callable[[MigrationRunner], Any], message: str) -> None:
    db.runner().up(1)
    with pytest.raises(TargetError, match=re.escape(message)):
        move(db.runner())


def test_nothing_to_do_takes_no_lock(db: Fixture) -> None:
    db.runner().up()
    db.database.holder = "somebody"
    assert db.runner().up() == []


def test_down_and_up_again(db: Fixture) -> None:
    db.runner().up()
    db.runner().down(2)
    db.runner().up()
    assert [(e.kind, e.version, e.before) for e in db.database.state.events] == [
        ("up", 1, -1),
        ("up", 2, 1),
        ("up", 3, 2),
        ("down", 3, 2),
        ("down", 2, 1),
        ("up", 2, 1),
        ("up", 3, 2),
    ]


def test_progress_may_stop_between_files(db: Fixture) -> None:
    seen: list[tuple[int, bool]] = []

    def progress(step: Move, seconds: float | None) -> None:
        seen.append((step.target, seconds is not None))
        if step.target == 2:
            raise TimeoutError

    with pytest.raises(TimeoutError):
        db.runner().up(progress=progress)
    assert seen == [(1, False), (1, True), (2, False)]
    assert db.at() == (1, False)


@pytest.mark.parametrize(
    ("start", "move", "bad", "at", "first", "later"),
    [
        (
            1,
            lambda r: r.up(),
            "000002_t2.up.sql",
            2,
            "000002_t2.up.sql: no; PostgreSQL has undone the whole file; mend it, then "
            "datatier migrate force 1, then datatier migrate up",
            r"dirty at version 2: 000002_t2.up.sql failed at .* \(no\); PostgreSQL has undone the whole file; "
            "mend it, then datatier migrate force 1, then run the migration again",
        ),
        (
            0,
            lambda r: r.up(),
            "000001_t1.up.sql",
            1,
            "then datatier migrate force -- -1, then datatier migrate up",
            "dirty at version 1: 000001_t1.up.sql .* datatier migrate force -- -1, then run",
        ),
        (
            2,
            lambda r: r.down(1),
            "000002_t2.down.sql",
            1,
            "then datatier migrate force 2, then datatier migrate down",
            "dirty at version 1: 000002_t2.down.sql .* datatier migrate force 2, then run",
        ),
        (
            1,
            lambda r: r.down(1),
            "000001_t1.down.sql",
            None,
            "then datatier migrate force 1, then datatier migrate down",
            "dirty at version none: 000001_t1.down.sql .* datatier migrate force 1, then run",
        ),
    ],
)
def test_dirty(
    db: Fixture, start: int, move: Callable[[MigrationRunner], Any], bad: str, at: int | None, first: str, later: str
) -> None:
    """The dirty version is the target, and every way out is spelled out."""
    db.runner().up(start)
    with pytest.raises(FileError, match=re.escape(first)):
        move(db.runner(bad))
    assert db.runner().version() == Version(at, True)
    for refused in (lambda r: r.up(), lambda r: r.down(1), lambda r: r.goto(3)):
        with pytest.raises(DirtyError, match=later):
            refused(db.runner())
    db.runner().force(start or None)
    assert db.at() == (start or None, False)
    db.runner().up()
    assert db.at() == (3, False)


@pytest.mark.parametrize(
    ("start", "move", "bad", "version", "target"),
    [
        (1, lambda r: r.up(), "000002_t2.up.sql", 2, 2),
        (0, lambda r: r.up(), "000001_t1.up.sql", 1, 1),
        (2, lambda r: r.down(1), "000002_t2.down.sql", 2, 1),
        (1, lambda r: r.down(1), "000001_t1.down.sql", 1, None),
    ],
)
@pytest.mark.parametrize(
    "error",
    [
        lambda file: KeyboardInterrupt(),
        lambda file: FileError("the connection was lost", file=file, lost=True),
        lambda file: FileError("deadlock detected", file=file, sqlstate="40P01"),
        lambda file: FileError("canceling statement due to lock timeout", file=file, sqlstate="55P03"),
    ],
)
def test_cut_short_is_mended(
    db: Fixture,
    start: int,
    move: Callable[[MigrationRunner], Any],
    bad: str,
    version: int,
    target: int | None,
    error: Callable[[str], BaseException],
) -> None:
    """Of a file that is one transaction nothing is left; the row says dirty to other tools until the next run."""
    db.runner().up(start)
    with pytest.raises((KeyboardInterrupt, FileError)):
        move(db.runner(bad, error))
    assert db.at() == (target, True)
    again = db.runner()
    assert [s.migration.version for s in again.plan_up(1)] == [start + 1], "a dry run sees through it as well"
    move(again)
    assert bad in db.database.ran
    assert re.fullmatch(rf"{bad} was cut short at 2.* undone all of it and it is run again", again.notes[0])
    db.runner().up()
    assert db.at() == (3, False)


def test_cut_short_with_transactions_of_its_own_needs_a_person(db: Fixture) -> None:
    (db.folder / "000002_t2.up.sql").write_text("BEGIN; CREATE TABLE t2 (id int); COMMIT;")
    with pytest.raises(KeyboardInterrupt):
        db.runner("000002_t2.up.sql", lambda file: KeyboardInterrupt()).up()
    with pytest.raises(
        DirtyError, match=r"000002_t2\.up\.sql failed or was cut short; .* datatier migrate force 1; if"
    ):
        db.runner().up()


def test_dirt_of_another_tool_needs_a_person(db: Fixture) -> None:
    """As golang-migrate leaves it after this program had been cut short itself: the attempt is no longer the row's."""
    db.database.state = LedgerState(version=2, dirty=True)
    with pytest.raises(
        DirtyError, match=r"000002_t2\.up\.sql failed or was cut short; .* datatier migrate force 1; if"
    ):
        db.runner().up()


def test_a_statement_that_must_be_alone(db: Fixture) -> None:
    """One that PostgreSQL refuses beside others is sent by itself, and no longer counts as one transaction."""
    refused = lambda file: FileError("cannot run inside a transaction block", file=file, sqlstate="25001")  # noqa: E731
    with pytest.raises(FileError):
        db.runner("000001_t1.up.sql", refused).up()
    attempt = db.database.state.attempt
    assert attempt is not None
    assert (attempt.whole, attempt.error) == (False, "cannot run inside a transaction block")


def test_time_is_up(db: Fixture) -> None:
    answers = iter([False, True])
    message = r"stopped before 000002_t2\.up\.sql, 1 of 3 files are done: its time is up; the database is clean; run"
    with pytest.raises(StoppedError, match=message):
        db.runner().up(stop=lambda: next(answers))
    assert db.at() == (1, False)
    assert [a.version for a in db.runner().up(stop=lambda: False)] == [2, 3]


def test_a_replica_lags(db: Fixture) -> None:
    db.database.lagging = ("r1 at 10.0.0.7", "")
    message = r"stopped before 000001_t1\.up\.sql, 0 of 3 .*: a replica, r1 at 10\.0\.0\.7 is more than 0\.01 s behind"
    with pytest.raises(StoppedError, match=message):
        db.runner(max_replica_lag=0.01).up()
    assert db.at() == (None, False)
    assert len(db.runner().up(1)) == 1, "no limit, no question"
    db.database.lagging = ()
    assert len(db.runner(max_replica_lag=0).up()) == 2


def test_snapshot_once_and_only_where_there_is_something_to_do(db: Fixture) -> None:
    taken: list[tuple[int | None, bool]] = []

    def snapshot() -> str:
        taken.append(db.at())
        return f"before-{len(taken)}"

    runner = db.runner(snapshot=snapshot)
    runner.up()
    assert (taken, runner.notes) == ([(None, False)], ["snapshot before-1"])
    runner.up()
    assert len(taken) == 1


@pytest.mark.parametrize(
    ("system", "timeline", "note"),
    [
        ("7", 1, ""),
        ("7", 3, r"promoted from a replica .* since version 2 was applied: timeline 1 then, 3 now\. .* applied again"),
        ("8", 1, r"this server \(8\) is another than the one that version 2 was applied on \(7\)"),
        ("", None, ""),
    ],
)
def test_promoted(db: Fixture, system: str, timeline: int | None, note: str) -> None:
    db.database.state = LedgerState(system="7", timeline=1)
    db.runner().up(2)
    db.database.state = replace(db.database.state, system=system, timeline=timeline)
    runner = db.runner()
    assert [a.version for a in runner.up()] == [3], "explained, not refused"
    assert re.search(note, runner.notes[0]) if note else runner.notes == []


def _edit(db: Fixture) -> None:
    (db.folder / "000002_t2.up.sql").write_text("SELECT 'other'")


def test_edited(db: Fixture) -> None:
    db.runner().up(2)
    _edit(db)
    expected = (
        r"000002_t2.up.sql: edited after it was applied on \d{4}-\d\d-\d\d; restore the file from version control and "
        "put the change into a new migration; if the database has what it now says: datatier migrate force 2"
    )
    with pytest.raises(ProblemsError, match=expected):
        db.runner().up()
    assert [r.state for r in db.runner().status()] == ["applied", "edited", "pending"]
    db.runner().force(2)
    db.runner().up()
    assert db.at() == (3, False)


def test_edited_down_file_is_no_problem(db: Fixture) -> None:
    db.runner().up()
    (db.folder / "000002_t2.down.sql").write_text("SELECT 'better'")
    assert db.runner().up() == []


def test_late(db: Fixture) -> None:
    """File 2 appears when the database is at 3: never skipped in silence, and gone down past without being undone."""
    db.rename("000002", "aside")
    db.rename("000003", "20260003")  # a number outside the scheme of six digits, in which gaps are an error
    db.runner().up()
    db.rename("aside", "000002")
    with pytest.raises(ProblemsError, match=r"000002_t2: .* never applied; rename its files to version 20260004"):
        db.runner().up()
    assert [r.state for r in db.runner().status()] == ["applied", "late", "applied"]
    assert [a.version for a in db.runner().down(1)] == [20260003]
    assert db.at() == (1, False)
    assert [a.version for a in db.runner().up()] == [2, 20260003]


def test_missing_file_of_the_database_version(db: Fixture) -> None:
    db.runner().up()
    db.rename("000003", "aside")
    with pytest.raises(TargetError, match="no migration found for version 3"):
        db.runner().up()
    assert [(r.version, r.state) for r in db.runner().status()] == [(1, "applied"), (2, "applied"), (3, "missing")]


def test_what_only_down_needs_is_no_matter_to_up(db: Fixture) -> None:
    (db.folder / "000002_t2.down.sql").unlink()
    (db.folder / "000003_t3.down.sql").write_text("\\restrict k3y\nDROP TABLE t3;")
    (db.folder / "000001_t1.down.sql").write_text(" ")
    runner = db.runner()
    assert [a.version for a in runner.up()] == [1, 2, 3]
    assert [note.split(";")[0] for note in runner.notes] == [
        "000001_t1.down.sql: the file is empty",
        "000002_t2.down.sql: the file is missing",
        "000003_t3.down.sql:1:1: \\restrict is a command of psql's, not SQL",
    ]
    with pytest.raises(ProblemsError) as refused:
        db.runner().down(3)
    assert [(p.rule, p.file, p.severity) for p in refused.value.problems] == [
        ("psql", "000003_t3.down.sql", "error"),
        ("missing-down", "000002_t2.down.sql", "error"),
        ("empty", "000001_t1.down.sql", "error"),
    ]
    assert db.at() == (3, False), "refused before anything was undone"


def test_adopts_what_another_tool_applied(db: Fixture) -> None:
    db.database.state = LedgerState(version=2)
    assert [a.version for a in db.runner().up()] == [3]
    assert [(e.kind, e.version, e.before) for e in db.database.state.events] == [
        ("adopt", 1, -1),
        ("adopt", 2, 1),
        ("up", 3, 2),
    ]
    _edit(db)
    with pytest.raises(ProblemsError, match=r"000002_t2\.up\.sql: edited"):
        db.runner().up()


def test_another_tool_went_down(db: Fixture) -> None:
    db.runner().up()
    db.database.state = LedgerState(version=1, events=db.database.state.events)
    assert [r.state for r in db.runner().status()] == ["applied", "pending", "pending"]
    assert [a.version for a in db.runner().up()] == [2, 3]


def test_plan_is_data(db: Fixture) -> None:
    assert [(s.before, s.target, s.sql) for s in db.runner().plan_up(2)] == [
        (-1, 1, "CREATE TABLE t1 (id int);\n"),
        (1, 2, "CREATE TABLE t2 (id int);\n"),
    ]
    db.runner().up()
    assert [s.sql for s in db.runner().plan_down(1)] == ["DROP TABLE t3;\n"]
    assert [s.target for s in db.runner().plan_goto(1)] == [2, 1]
    assert db.database.ran == ["000001_t1.up.sql", "000002_t2.up.sql", "000003_t3.up.sql"]


def test_many_files_without_a_way_down_are_told_of_once(tmp_path: Path) -> None:
    for number in range(1, 8):
        (tmp_path / f"{number}_a.up.sql").write_text("SELECT 1")
    runner = MigrationRunner(Source.load(tmp_path), MemoryLedger(MemoryDatabase()))
    runner.up()
    (note,) = runner.notes
    assert note.startswith("1_a.down.sql: the file is missing")
    assert note.endswith("(missing-down and 6 more)")
