"""One suite that every ledger passes: the contract at the top of ledger.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from migrate_server import Database

from bootstrap.migrate import (
    Event,
    Ledger,
    LockedError,
    MemoryDatabase,
    MemoryLedger,
    MigrationFile,
    PostgresLedger,
    Session,
    State,
)

Make = Callable[[], Ledger]


class Suite:
    """What `make` returns opens one more ledger on the same database."""

    def test_empty(self, make: Make) -> None:
        assert make().read() == State()
        assert make().read() == State(), "reading makes nothing"

    def test_prepare_twice(self, make: Make) -> None:
        for _ in range(2):
            ledger = make()
            with ledger.locked(1):
                ledger.prepare()
        assert make().read() == State()

    @pytest.mark.parametrize(
        ("target", "marked", "settled"),
        [
            (1, State(version=1, dirty=True), State(version=1)),
            (0, State(version=0, dirty=True), State(version=0)),
            (2**63 - 1, State(version=2**63 - 1, dirty=True), State(version=2**63 - 1)),
            (-1, State(version=None, dirty=True), State()),
        ],
    )
    def test_mark_and_settle(self, make: Make, target: int, marked: State, settled: State) -> None:
        ledger = make()
        with ledger.locked(1):
            ledger.prepare()
            ledger.mark(target)
            assert make().read() == marked, "seen by others at once"
            ledger.settle(target)
        assert make().read() == settled

    def test_history(self, make: Make) -> None:
        ledger = make()
        events = [
            Event(kind="adopt", version=1, before=-1, checksum="a1", tool="t"),
            Event(kind="up", version=2, before=1, checksum="it's", seconds=0.25, tool="t"),
            Event(kind="down", version=2, before=1, tool="t"),
            Event(kind="force", version=-1, before=-1, tool="t"),
        ]
        with ledger.locked(1):
            ledger.prepare()
            ledger.settle(2, *events[:2])
            ledger.settle(1, events[2])
            ledger.settle(-1, events[3])
        state = make().read()
        assert [(e.kind, e.version, e.before, e.checksum, e.seconds, e.tool) for e in state.events] == [
            (e.kind, e.version, e.before, e.checksum, e.seconds, e.tool) for e in events
        ]
        assert all(e.who and e.at and e.at.tzinfo for e in state.events)
        assert (state.version, state.dirty) == (None, False)

    def test_lock_excludes(self, make: Make) -> None:
        first, second = make(), make()
        with first.locked(1):
            with (
                pytest.raises(LockedError, match=r"another migration has held the lock for 0\.05 s"),
                second.locked(0.05),
            ):
                pass
            assert second.read() == State(), "reading needs no lock"
        with second.locked(0):
            pass

    def test_lock_is_released_by_a_failure(self, make: Make) -> None:
        first = make()
        with pytest.raises(ZeroDivisionError), first.locked(1):
            raise ZeroDivisionError
        with make().locked(0):
            pass

    def test_run(self, make: Make) -> None:
        ledger = make()
        with ledger.locked(1):
            ledger.prepare()
            for body in (b"SELECT 1; SELECT '100%'", b"", b"-- nothing"):
                ledger.run(MigrationFile(Path("000001_a.up.sql"), body))
            assert ledger.read() == State(), "running writes no books"


class TestMemory(Suite):
    @pytest.fixture
    def make(self) -> Make:
        memory = MemoryDatabase()
        return lambda: MemoryLedger(memory)


@pytest.mark.server
class TestPostgres(Suite):
    @pytest.fixture
    def make(self, database: Database) -> Iterator[Make]:
        with ExitStack() as connections:

            def make() -> Ledger:
                ledger = PostgresLedger(connections.enter_context(database.connect()))
                ledger.use(Session(role="tmi_owner"))
                return ledger

            yield make
