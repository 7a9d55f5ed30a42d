"""One suite that every ledger passes: the contract at the top of ledger.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest
from migrate_server import Database

from bootstrap.migrate import (
    Event,
    Ledger,
    LedgerState,
    LockedError,
    MemoryDatabase,
    MemoryLedger,
    PostgresLedger,
    Session,
)

Make = Callable[[], Ledger]


def plain(event: Event) -> Event:
    """The event without what the database fills in."""
    assert event.who
    assert event.at
    assert event.at.tzinfo
    return replace(event, who="", at=None, system="", timeline=None)


class Suite:
    """What `make` returns opens one more ledger on the same database."""

    def test_empty(self, make: Make) -> None:
        assert make().read() == LedgerState()
        assert make().read() == LedgerState(), "reading makes nothing"

    def test_prepare_twice(self, make: Make) -> None:
        for _ in range(2):
            ledger = make()
            with ledger.locked(1):
                ledger.prepare()
        assert make().read() == LedgerState()

    @pytest.mark.parametrize(
        ("event", "marked", "settled"),
        [
            (Event(kind="up", version=1, before=-1), (1, True), (1, False)),
            (Event(kind="up", version=0, before=-1), (0, True), (0, False)),
            (Event(kind="up", version=2**63 - 1, before=1), (2**63 - 1, True), (2**63 - 1, False)),
            (Event(kind="down", version=2, before=1), (1, True), (1, False)),
            (Event(kind="down", version=1, before=-1), (None, True), (None, False)),
        ],
    )
    @pytest.mark.parametrize("whole", [True, False])
    def test_mark_and_run(
        self, make: Make, event: Event, marked: tuple[int | None, bool], settled: tuple[int | None, bool], whole: bool
    ) -> None:
        ledger, event = make(), replace(event, whole=whole, checksum="it's", tool="t")
        with ledger.locked(1):
            ledger.prepare()
            ledger.mark(event)
            state = make().read()
            assert (state.version, state.dirty) == marked, "seen by others at once"
            assert state.attempt is not None
            assert plain(state.attempt) == replace(event, seconds=None)
            assert state.events == ()
            assert ledger.run(event, "000001_a.up.sql", b"SELECT 1; SELECT '100%' -- the end") >= 0
        state = make().read()
        assert ((state.version, state.dirty), state.attempt) == (settled, None)
        assert [plain(replace(e, seconds=0.0)) for e in state.events] == [event]

    @pytest.mark.parametrize("body", [b"", b"  \n", b"-- nothing", b"SELECT 1;", b"/* a */;;"])
    @pytest.mark.parametrize("whole", [True, False])
    def test_run_to_the_end_of_any_file(self, make: Make, body: bytes, whole: bool) -> None:
        ledger, event = make(), Event(kind="up", version=1, before=-1, whole=whole)
        with ledger.locked(1):
            ledger.prepare()
            ledger.mark(event)
            ledger.run(event, "000001_a.up.sql", body)
        assert [e.version for e in make().read().events] == [1]

    def test_fail(self, make: Make) -> None:
        ledger, event = make(), Event(kind="up", version=1, before=-1, whole=True)
        with ledger.locked(1):
            ledger.prepare()
            ledger.mark(event)
            ledger.fail(event, "it's no table")
        state = make().read()
        assert (state.version, state.dirty, state.events) == (1, True, ())
        assert state.attempt is not None
        assert plain(state.attempt) == replace(event, seconds=None, error="it's no table")

    def test_settled_after_an_attempt(self, make: Make) -> None:
        """A mended attempt is no longer anybody's, not even when the same version is dirty again."""
        ledger = make()
        with ledger.locked(1):
            ledger.prepare()
            ledger.mark(Event(kind="up", version=1, before=-1))
            ledger.settle(-1)
            assert make().read().attempt is None
            ledger.mark(Event(kind="up", version=1, before=-1, tool="second"))
            attempt = make().read().attempt
        assert attempt is not None
        assert attempt.tool == "second"

    def test_replicas(self, make: Make) -> None:
        ledger = make()
        with ledger.locked(1):
            assert ledger.behind(ledger.position()) == ()

    def test_ready(self, make: Make) -> None:
        ledger = make()
        ledger.read()
        ledger.ready()

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
            assert second.read() == LedgerState(), "reading needs no lock"
        with second.locked(0):
            pass

    def test_lock_is_released_by_a_failure(self, make: Make) -> None:
        first = make()
        with pytest.raises(ZeroDivisionError), first.locked(1):
            raise ZeroDivisionError
        with make().locked(0):
            pass


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
                ledger.use(Session(role="lab_owner"))
                return ledger

            yield make
