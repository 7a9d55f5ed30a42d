"""The archive's program by itself, without a server; the windows that its files make; and a server that it fails."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from local_stack import Stack

from keep.errors import AskedError
from local.backups import archive as archives
from local.backups.archive import Archive, Base, Window
from local.backups.recovery import window
from local.backups.shown import spans
from local.estate import LocalEstate
from local.handlers.base import archive, server
from local.postgres.binaries import find
from local.postgres.roles import Connection
from local.status import status

PROGRAM = Path(archives.__file__).parent / archives.PROGRAM
FIRST, SECOND, THIRD = (f"00000001000000000000000{n}" for n in "123")
MIB = b"x" * 1024**2


class Cluster:
    """A data folder with WAL, and an archive of 4 MiB."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data = folder / "archive", folder / "data"
        for path in (self.folder / "wal", self.folder / "base", self.data / "pg_wal" / "archive_status"):
            path.mkdir(parents=True)

    def segment(self, name: str, content: bytes = MIB) -> None:
        (self.data / "pg_wal" / name).write_bytes(content)
        (self.data / "pg_wal" / "archive_status" / f"{name}.ready").touch()

    def archive(self, name: str, program: str = "/bin/false") -> tuple[int, str]:
        words = ["/bin/sh", str(PROGRAM), str(self.folder), "4096", program, "1", f"pg_wal/{name}"]
        done = subprocess.run(words, cwd=self.data, capture_output=True, text=True, check=False)
        return done.returncode, done.stderr

    def kept(self) -> list[str]:
        return sorted(path.name for path in (self.folder / "wal").iterdir())


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    return Cluster(tmp_path)


def test_a_segment_is_kept_once_and_privately(cluster: Cluster) -> None:
    cluster.segment(FIRST, MIB + bytes(15 * 1024**2))
    assert cluster.archive(FIRST) == (0, "")
    assert cluster.archive(FIRST) == (0, "")  # as after a crash before the server noted that it was
    (kept,) = (cluster.folder / "wal").iterdir()
    assert kept.read_bytes() == MIB + bytes(15 * 1024**2)
    assert (kept.name, kept.stat().st_mode & 0o777) == (FIRST, 0o600)


def test_no_segment_is_overwritten_with_another_content(cluster: Cluster) -> None:
    cluster.segment(FIRST)
    cluster.archive(FIRST)
    cluster.segment(FIRST, MIB + b"y")
    code, said = cluster.archive(FIRST)
    # The server would keep all WAL until its disk is full: one segment of it is more than this archive may hold.
    assert (code, "is there with another content and stays" in said, "it is let go" in said) == (0, True, True)
    assert (cluster.folder / "wal" / FIRST).read_bytes() == MIB
    words = ["/bin/sh", str(PROGRAM), str(cluster.folder), "65536", "/bin/false", "1", f"pg_wal/{FIRST}"]
    assert subprocess.run(words, cwd=cluster.data, check=False).returncode == 1


def test_what_cannot_be_written_is_tried_again_until_too_many_wait(cluster: Cluster) -> None:
    (cluster.folder / "wal").rmdir()
    (cluster.folder / "wal").write_text("no folder")
    cluster.segment(FIRST)
    # Four segments of a server are more than this archive may hold: 4 MiB.
    code, said = cluster.archive(FIRST)
    assert (code, "it is let go; a gap begins" in said) == (0, True)
    words = ["/bin/sh", str(PROGRAM), str(cluster.folder), "65536", "/bin/false", "1", f"pg_wal/{FIRST}"]
    done = subprocess.run(words, cwd=cluster.data, capture_output=True, text=True, check=False)
    assert (done.returncode, "it is tried again" in done.stderr) == (1, True)


def test_too_much_wal_without_a_base_backup_is_let_go(cluster: Cluster) -> None:
    (cluster.folder / "base" / f"20261130T000000.000000Z_{FIRST}").mkdir()
    names = [f"00000001000000000000000{n}" for n in "123456789"]
    said = []
    for name in names:
        cluster.segment(name)
        said.append("let go" in cluster.archive(name)[1])
    assert said == [False] * 5 + [True] * 4
    assert cluster.kept() == names[:5]
    assert (cluster.folder / "base" / f"20261130T000000.000000Z_{FIRST}").is_dir()


def test_a_base_backup_takes_the_place_of_the_oldest(cluster: Cluster, tmp_path: Path) -> None:
    """pg_basebackup is played by a program that packs a label, as it would."""
    oldest, older = (f"20261130T00000{n}.000000Z_00000001000000000000000{n}" for n in "12")
    for name in (oldest, older):
        (cluster.folder / "base" / name).mkdir()
        (cluster.folder / "base" / name / "base.tar").write_bytes(MIB)
    for name in (FIRST, SECOND, THIRD):
        cluster.segment(name)
        cluster.archive(name)
    label = tmp_path / "backup_label"
    label.write_text(f"START WAL LOCATION: 0/3000028 (file {THIRD})\nCHECKPOINT LOCATION: 0/3000080\n")
    played = tmp_path / "pg_basebackup"
    played.write_text(f'#!/bin/sh\nmkdir -p "$2" && tar -C {tmp_path} -cf "$2/base.tar" backup_label\n')
    played.chmod(0o700)
    words = ["/bin/sh", str(PROGRAM), str(cluster.folder), "4096", str(played), "1", "renew", "test"]
    before = datetime.now(UTC)
    assert subprocess.run(words, cwd=tmp_path, check=False).returncode == 0
    newest = Archive(cluster.folder).bases()[-1]
    assert (newest.begins, newest.how, before <= newest.ended <= datetime.now(UTC)) == (THIRD, "test", True)
    assert [each.folder.name for each in Archive(cluster.folder).bases()] == [older, newest.folder.name]
    assert cluster.kept() == [SECOND, THIRD]
    assert not (cluster.folder / "renewing").exists()


@pytest.mark.parametrize("played", ["exit 1", 'touch "{folder}/gap"; mkdir -p "$2"'])
def test_a_base_backup_that_fails_or_lacks_wal_is_none(cluster: Cluster, tmp_path: Path, played: str) -> None:
    kept = f"20261130T000001.000000Z_{FIRST}"
    (cluster.folder / "base" / kept).mkdir()
    program = tmp_path / "pg_basebackup"
    program.write_text("#!/bin/sh\n" + played.format(folder=cluster.folder) + "\n")
    program.chmod(0o700)
    words = ["/bin/sh", str(PROGRAM), str(cluster.folder), "4096", str(program), "1", "renew"]
    assert subprocess.run(words, cwd=tmp_path, check=False).returncode == 1
    assert sorted(path.name for path in (cluster.folder / "base").iterdir()) == [kept]


def test_what_a_killed_base_backup_has_left_holds_nobody_up(cluster: Cluster, tmp_path: Path) -> None:
    ended = subprocess.Popen(["/bin/true"])
    ended.wait()
    (cluster.folder / "renewing").mkdir()
    (cluster.folder / "renewing" / "pid").write_text(str(ended.pid))
    program = tmp_path / "pg_basebackup"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/asked\nexit 1\n")
    program.chmod(0o700)
    words = ["/bin/sh", str(PROGRAM), str(cluster.folder), "4096", str(program), "1", "renew"]
    subprocess.run(words, cwd=tmp_path, check=False)
    assert (tmp_path / "asked").exists()


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Says how many KiB of the archive's disk are free; 262144 are left to others."""

    def free(kib: int) -> None:
        played = tmp_path / "bin" / "df"
        played.parent.mkdir(exist_ok=True)
        played.write_text(f"#!/bin/sh\necho head\necho disk 0 0 {kib} 0% /\n")
        played.chmod(0o700)

    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    return free


def test_a_disk_that_is_nearly_full_takes_no_segment_and_no_base_backup_until_there_is_room(
    cluster: Cluster, tmp_path: Path, disk: Callable[[int], None]
) -> None:
    (cluster.folder / "base" / f"20261130T000001.000000Z_{FIRST}").mkdir()
    asked, program = tmp_path / "asked", tmp_path / "pg_basebackup"
    program.write_text(f"#!/bin/sh\ntouch {asked}\nexit 1\n")
    program.chmod(0o700)
    (cluster.data / "base").write_bytes(MIB)
    renew = ["/bin/sh", str(PROGRAM), str(cluster.folder), "4096", str(program), "1", "renew"]

    disk(262143)
    cluster.segment(FIRST)
    code, said = cluster.archive(FIRST)
    assert (code, "the disk is nearly full; a gap begins" in said, cluster.kept()) == (0, True, [])

    disk(262144 + 1024)  # room for a segment, and not for the cluster
    cluster.segment(SECOND)
    assert cluster.archive(SECOND)[0] == 0
    done = subprocess.run(renew, cwd=cluster.data, capture_output=True, text=True, check=False)
    assert (done.returncode, "no base backup is made: it takes" in done.stderr) == (1, True)
    assert (cluster.kept(), asked.exists(), (cluster.folder / "gap").exists()) == ([SECOND], False, True)

    disk(262144 + 4096)
    assert subprocess.run(renew, cwd=cluster.data, check=False).returncode == 1
    assert (asked.exists(), (cluster.folder / "gap").exists()) == (True, True)  # it failed, and is owed


def test_after_a_gap_the_next_segment_has_a_base_backup_made(cluster: Cluster, tmp_path: Path) -> None:
    (cluster.folder / "base" / f"20261130T000001.000000Z_{FIRST}").mkdir()
    (cluster.folder / "gap").touch()
    asked, program = tmp_path / "asked", tmp_path / "pg_basebackup"
    program.write_text(f"#!/bin/sh\ntouch {asked}\nexit 1\n")
    program.chmod(0o700)
    cluster.segment(SECOND, b"a quarter of the limit is far away")
    assert cluster.archive(SECOND, str(program)) == (0, "")
    deadline = time.monotonic() + 20
    while not asked.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_the_order_of_base_backups_is_that_of_their_wal_though_the_clock_was_set_back(
    cluster: Cluster, tmp_path: Path
) -> None:
    """By the clock the newest would be the oldest: it would go first, and the next again and again."""
    older, newer = f"20261130T120000.000000Z_{FIRST}", f"20261130T110000.000000Z_{SECOND}"
    for name in (older, newer):
        (cluster.folder / "base" / name).mkdir()
        (cluster.folder / "base" / name / "base.tar").write_bytes(MIB)
    assert [each.folder.name for each in Archive(cluster.folder).bases()] == [older, newer]
    for name in (FIRST, SECOND, THIRD):
        cluster.segment(name)
        cluster.archive(name)
    (tmp_path / "backup_label").write_text(f"START WAL LOCATION: 0/3000028 (file {THIRD})\n")
    played = tmp_path / "pg_basebackup"
    played.write_text(f'#!/bin/sh\nmkdir -p "$2" && tar -C {tmp_path} -cf "$2/base.tar" backup_label\n')
    played.chmod(0o700)
    words = ["/bin/sh", str(PROGRAM), str(cluster.folder), "4096", str(played), "1", "renew"]
    assert subprocess.run(words, cwd=tmp_path, check=False).returncode == 0
    assert [each.begins for each in Archive(cluster.folder).bases()] == [SECOND, THIRD]
    assert cluster.kept() == [SECOND, THIRD]


def at(minute: int) -> datetime:
    return datetime(2026, 11, 30, 3, minute, tzinfo=UTC)


def made(tmp_path: Path, ended: int, latest: int | None, how: str = "initdb") -> Window:
    folder = tmp_path / str(ended)
    folder.mkdir(exist_ok=True)
    (folder / archives.HOW).write_text(how)
    base = Base(folder=folder, ended=at(ended), begins=FIRST)
    return Window(base=base, latest=None if latest is None else at(latest))


# Base backups of 03:10 and 03:20 reach 03:40; that of 03:45, after a gap, reaches 03:50.
@pytest.mark.parametrize(
    ("minute", "chosen"),
    [
        (10, 10),
        (19, 10),
        (20, 20),
        (40, 20),
        (45, 45),
        (50, 45),
        (9, r"t-live cannot be restored to 2026-11-30 03:09:00.000000\+00:00: it is before its oldest .* \(initdb\)"),
        (42, "WAL of then was let go; .* 03:10:00.* to .* 03:40:00.*, .* 03:45:00.* to .* 03:50:00"),
        (51, r"its latest restorable time is 2026-11-30 03:50:00.000000\+00:00"),
    ],
)
def test_the_base_backup_ended_before_the_time_and_its_wal_reaches_it(
    tmp_path: Path, minute: int, chosen: int | str
) -> None:
    windows = [made(tmp_path, 10, 40), made(tmp_path, 20, 40), made(tmp_path, 45, 50)]
    if isinstance(chosen, int):
        assert window(windows, at(minute), "t-live") == windows[[10, 20, 45].index(chosen)]
    else:
        with pytest.raises(AskedError, match=chosen):
            window(windows, at(minute), "t-live")


@pytest.mark.parametrize("windows", [(), ((10, None),), ((10, 5),)])
def test_nothing_can_be_restored_without_wal_after_a_base_backup(
    tmp_path: Path, windows: tuple[tuple[int, int | None], ...]
) -> None:
    with pytest.raises(AskedError, match="t-live has no base backup with archived WAL yet"):
        window([made(tmp_path, *each) for each in windows], at(30), "t-live")


def test_a_copy_has_its_wal_though_the_archive_lets_it_go(cluster: Cluster, tmp_path: Path) -> None:
    for name in (FIRST, SECOND, THIRD):
        (cluster.folder / "wal" / name).write_text(name)
    (tmp_path / "copy").mkdir()
    Archive(cluster.folder).lend(Base(folder=tmp_path, ended=at(1), begins=SECOND), tmp_path / "copy")
    for name in cluster.kept():
        (cluster.folder / "wal" / name).unlink()
    found = {path.name: path.read_text() for path in (tmp_path / "copy").iterdir()}
    assert found == {SECOND: SECOND, THIRD: THIRD}


# Each window by the minutes of its base backup and of its latest time, and whether WAL after it was let go.
@pytest.mark.parametrize(
    ("windows", "flushed", "shown"),
    [
        ([], True, []),
        ([(10, None, False)], True, [(10, None)]),  # a tier that was just made
        ([(10, None, False)], False, []),
        ([(10, 40, False), (20, 40, False)], True, [(10, None)]),
        ([(10, 40, False), (20, 40, False)], False, [(10, 40)]),
        ([(10, 40, True), (20, 40, True)], True, [(10, 40)]),
        ([(10, 40, True), (45, 50, False)], True, [(10, 40), (45, None)]),
        ([(10, 40, True), (45, 50, False)], False, [(10, 40), (45, 50)]),
        ([(10, 40, True), (45, 44, True)], True, [(10, 40)]),  # its WAL was let go before it ended
    ],
)
def test_what_can_be_restored_to_is_shown_with_its_holes(
    tmp_path: Path,
    windows: list[tuple[int, int | None, bool]],
    flushed: bool,
    shown: list[tuple[int, int | None]],
) -> None:
    found = [replace(made(tmp_path, ended, latest), gap=gap) for ended, latest, gap in windows]
    wanted = [(at(begin).isoformat(), at(end).isoformat() if end else None) for begin, end in shown]
    assert spans(found, flushed=flushed) == wanted


@pytest.mark.server
def test_wal_that_is_let_go_ends_what_can_be_restored_and_the_next_flush_begins_anew(stack: Stack) -> None:
    """As while the disk is nearly full: no segment comes after the hole that would show it."""
    kept, primary = archive(stack.state, "t-primary"), server(stack.state, "t-primary")
    kept.flush(primary)
    deadline = time.monotonic() + 60
    with primary.connect() as connection:  # the program goes on for a moment once the segment has its name
        while connection.execute("SELECT last_archived_wal FROM pg_stat_archiver").fetchone() != (
            max(path.name for path in kept.wal.iterdir()),
        ):
            assert time.monotonic() < deadline
    (kept.folder / archives.GAP).touch()
    shown = status(stack.state)["backups"]["t-primary"]
    assert (shown["gap"], shown["spans"][-1][1]) == (True, shown["latest"])
    before = len(kept.bases())
    assert LocalEstate(stack.state).instance("t-primary") is not None
    while kept.lets_go or len(kept.bases()) == before:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    shown = status(stack.state)["backups"]["t-primary"]
    assert (shown["gap"], shown["spans"][-1][1], kept.bases()[-1].how) == (False, None, "pg_basebackup")


@pytest.mark.server
def test_two_flushes_at_once_wait_for_a_segment_that_is_complete(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other one has switched in between: the segment that is written to now would not be archived for long."""
    kept, primary = archive(stack.state, "t-primary"), server(stack.state, "t-primary")
    execute = psycopg.Connection.execute

    def after_another(connection: Connection, query: Any, *rest: Any) -> Any:
        if "pg_switch_wal" in str(query):
            execute(connection, "SELECT pg_switch_wal()")
        return execute(connection, query, *rest)

    monkeypatch.setattr(psycopg.Connection, "execute", after_another)
    kept.flush(primary)


@pytest.mark.server
def test_a_server_whose_archive_cannot_be_written_goes_on_and_status_says_so(stack: Stack) -> None:
    kept, primary = archive(stack.state, "t-primary"), server(stack.state, "t-primary")
    before = kept.windows(primary.binaries)
    away = kept.wal.with_name("away")
    kept.wal.rename(away)
    kept.wal.touch()
    try:
        with primary.connect("hub") as connection:
            connection.execute("SELECT pg_logical_emit_message(true, 'test', '')")
            connection.execute("SELECT pg_switch_wal()")
            deadline = time.monotonic() + 20
            while not (said := status(stack.state)["backups"]["t-primary"]["trouble"]):
                assert time.monotonic() < deadline
            assert "cannot be archived: `datatier logs t-primary --grep archive` says why" in said
            connection.execute("CREATE TABLE IF NOT EXISTS goes_on (n int)")
    finally:
        kept.wal.unlink()
        away.rename(kept.wal)
    with primary.connect("hub") as connection:
        connection.execute("SELECT pg_switch_wal()")
    kept.flush(primary)
    deadline = time.monotonic() + 30  # of its own accord the archiver tries once a minute (PGARCH_AUTOWAKE_INTERVAL)
    while status(stack.state)["backups"]["t-primary"]["trouble"]:
        assert time.monotonic() < deadline
    after = kept.windows(find(18))
    assert [each.base for each in after] == [each.base for each in before]
    assert after[-1].latest is not None
    assert after[-1].latest > datetime.now(UTC) - timedelta(minutes=1)
