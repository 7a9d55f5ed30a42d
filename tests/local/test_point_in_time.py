"""Copies of the tier's primary as it was at a time: the estate's calls with real servers."""

from __future__ import annotations

import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from local_stack import Stack

from keep.errors import AskedError, EstateError
from keep.estate.estate import Instance
from local.backups import recovery
from local.estate import LocalEstate
from local.handlers.base import archive, server
from local.state import StateDir
from local.status import processes

pytestmark = pytest.mark.server


@pytest.fixture
def estate(stack: Stack) -> LocalEstate:
    return LocalEstate(stack.state)


def here(estate: LocalEstate, identifier: str, seconds: float = 30) -> Instance:
    deadline = time.monotonic() + seconds
    while (found := estate.instance(identifier)) is None or found.status == "creating":
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert found.status == "available"
    return found


def rows(stack: Stack, identifier: str, question: str) -> list[tuple[object, ...]]:
    with server(stack.state, identifier).connect("hub") as connection:
        return connection.execute(question).fetchall()


def clock(stack: Stack) -> datetime:
    found = rows(stack, "t-primary", "SELECT clock_timestamp()")[0][0]
    assert isinstance(found, datetime)
    return found


@pytest.fixture
def ledger(stack: Stack) -> datetime:
    """A table with the row 1, and a row 2 that came after the time that is returned."""
    with server(stack.state, "t-primary").connect("hub") as connection:
        connection.execute("DROP TABLE IF EXISTS ledger")
        connection.execute("CREATE TABLE ledger AS SELECT 1 AS n")
    at = clock(stack)
    rows(stack, "t-primary", "INSERT INTO ledger VALUES (2) RETURNING n")
    return at


def servers(stack: Stack) -> dict[str, int | None]:
    """Their processes; the emulator, which `up` starts anew where it is slow to answer, is none of them."""
    return {name: pid for name, pid in stack.pids().items() if name != "emulator"}


def test_a_copy_is_as_its_source_was_and_archives_nothing(stack: Stack, estate: LocalEstate, ledger: datetime) -> None:
    before = servers(stack)
    try:
        estate.restore_to_point_in_time("t-primary", "t-copy", ledger, made_by="test")
        copy, source = here(estate, "t-copy"), estate.instance("t-primary")
        assert source is not None
        assert copy.settings == source.settings
        assert copy.endpoint != source.endpoint
        assert (copy.earliest, copy.latest) == (None, None)
        assert rows(stack, "t-copy", "SELECT n FROM ledger") == [(1,)]
        assert rows(stack, "t-primary", "SELECT n FROM ledger ORDER BY n") == [(1,), (2,)]
        shown = "SELECT name, setting FROM pg_settings WHERE name IN ('archive_mode', 'max_connections') ORDER BY name"
        assert rows(stack, "t-copy", shown) == [("archive_mode", "off"), ("max_connections", "60")]
        assert list(estate.made()) == [("instance", "t-copy", "test")]
        assert stack.up()["primary"] == "unchanged"
        assert list(estate.made()) == [("instance", "t-copy", "test")]
        assert here(estate, "t-copy") == copy
    finally:
        estate.delete_instance("t-copy")
    assert (list(estate.made()), estate.instance("t-copy"), servers(stack)) == ([], None, before)
    assert not (stack.state.path / "postgres" / "t-copy").exists()
    assert "t-copy" not in [process.name for process in processes(stack.state)]


def test_the_latest_restorable_time_can_be_restored_to_though_nothing_was_written_since(
    stack: Stack, estate: LocalEstate, ledger: datetime
) -> None:
    source = estate.instance("t-primary")
    assert source is not None
    assert source.latest is not None
    assert source.earliest is not None
    assert source.earliest < ledger < source.latest < clock(stack)
    try:
        estate.restore_to_point_in_time("t-primary", "t-latest", source.latest, made_by="test")
        here(estate, "t-latest")
        assert rows(stack, "t-latest", "SELECT n FROM ledger ORDER BY n") == [(1,), (2,)]
    finally:
        estate.delete_instance("t-latest")


def test_what_cannot_be_restored_is_refused_and_nothing_is_made(stack: Stack, estate: LocalEstate) -> None:
    now = clock(stack)
    for source, target, at, reason in (
        ("t-primary", "t-new", now + timedelta(hours=1), "that is in the future"),
        ("t-primary", "t-new", now - timedelta(days=1), r"before its oldest base backup, of .* \(.+\)"),
        ("t-other", "t-new", now, "has no instance t-other: t-primary, t-replica"),
        ("t-primary", "t-replica", now, "t-replica is there already"),
        ("t-replica", "t-new", now, "t-replica has no base backup"),
    ):
        with pytest.raises(AskedError, match=reason):
            estate.restore_to_point_in_time(source, target, at, made_by="test")
    with pytest.raises(EstateError, match="no drill has made the instance t-primary"):
        estate.delete_instance("t-primary")
    assert list(estate.made()) == []
    assert estate.instance("t-new") is None
    assert datetime.now(UTC) > now


def test_the_archive_goes_on_through_down_and_kills(stack: Stack, estate: LocalEstate, ledger: datetime) -> None:
    before = archive(stack.state, "t-primary").bases()
    stack.down(delete=False)
    stack.up()
    stack.kill("t-primary")
    stack.up()
    rows(stack, "t-primary", "INSERT INTO ledger VALUES (3) RETURNING n")
    source = estate.instance("t-primary")
    assert source is not None
    assert source.latest is not None
    assert (archive(stack.state, "t-primary").bases(), source.earliest) == (before, before[0].ended)
    for name, at, found in (("t-then", ledger, [(1,)]), ("t-now", source.latest, [(1,), (2,), (3,)])):
        try:
            estate.restore_to_point_in_time("t-primary", name, at, made_by="test")
            here(estate, name)
            assert rows(stack, name, "SELECT n FROM ledger ORDER BY n") == found
        finally:
            estate.delete_instance(name)


def test_a_tier_without_an_archive_gets_one_and_says_since_when(stack: Stack, estate: LocalEstate) -> None:
    """As a tier that an earlier version has made."""
    before = clock(stack)
    shutil.rmtree(archive(stack.state, "t-primary").folder)
    server(stack.state, "t-primary").stop()
    stack.up()
    (base,) = archive(stack.state, "t-primary").bases()
    assert (base.how, base.ended > before) == ("pg_basebackup", True)
    with pytest.raises(AskedError, match=r"before its oldest base backup, of .* \(pg_basebackup\)"):
        estate.restore_to_point_in_time("t-primary", "t-new", before, made_by="test")


def test_copies_are_made_at_the_same_time(stack: Stack, estate: LocalEstate, ledger: datetime) -> None:
    names = [f"t-copy-{n}" for n in range(4)]

    def make(name: str) -> Instance:
        mine = LocalEstate(StateDir(stack.project, stack.name))
        mine.restore_to_point_in_time("t-primary", name, ledger, made_by="test")
        return here(mine, name)

    try:
        with ThreadPoolExecutor(len(names)) as pool:
            made = list(pool.map(make, names))
        assert len({each.endpoint.port for each in made if each.endpoint}) == len(names)
        assert sorted(name for _, name, _ in estate.made()) == names
        assert [rows(stack, name, "SELECT n FROM ledger") for name in names] == [[(1,)]] * len(names)
    finally:
        for _, name, _ in estate.made():
            estate.delete_instance(name)


def test_what_a_killed_restore_has_left_is_failed_and_goes(
    stack: Stack, estate: LocalEstate, ledger: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    class KilledError(BaseException):
        pass

    def killed(*_: object) -> None:
        raise KilledError

    monkeypatch.setattr(recovery, "prepare", killed)
    with pytest.raises(KilledError):
        estate.restore_to_point_in_time("t-primary", "t-half", ledger, made_by="test")
    again = LocalEstate(stack.state)
    half = again.instance("t-half")
    assert half is not None
    assert (half.status, list(again.made())) == ("failed", [("instance", "t-half", "test")])
    again.delete_instance("t-half")
    assert (list(again.made()), again.instance("t-half")) == ([], None)
