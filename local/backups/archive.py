"""The archive of one primary: its folder, what the server is to call, and the times that it can be restored to."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from graph.errors import CloudError
from local.backups.copying import copy, unpack
from local.computer import GIB, MIB
from local.disk import taken
from local.files import private_dir, write_private
from local.postgres.binaries import Binaries
from local.postgres.roles import REPLICATION
from local.postgres.server import ENVIRONMENT, PostgresServer
from local.privileges import ServerAccount, account

PROGRAM = "archive.sh"
WAL, BASE, PASSFILE, HOW, PACKED, GAP = "wal", "base", "pgpass", "how", "base.tar", "gap"
"""Names in an archive, as its program has them."""
VARIABLE = "DATATIER_BACKUPS_MIB"
"""MiB that the automated backups of one primary may take; the last base backup stays whatever its size."""
LEAST = 128
"""Four base backups' worth of WAL, of two segments each."""
FLUSH_SECONDS = 20.0
_COMMIT = re.compile(r"desc: COMMIT (?:PREPARED )?(?:xid \d+, )?(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+) UTC")
_SEGMENT = re.compile(r"^[0-9A-F]{24}$")


@dataclass(frozen=True, kw_only=True)
class Base:
    """A base backup."""

    folder: Path
    ended: datetime
    """Of the server's changes nothing later is in it: the earliest time that it can be restored to."""
    begins: str
    """The first segment that it needs."""

    def bring(self, target: Path, owner: ServerAccount) -> None:
        """Copy the cluster's files into a folder that is not there. Raise CloudError."""
        if (self.folder / PACKED).exists():
            unpack(self.folder / PACKED, target, owner)
        else:
            copy(self.folder / "data", target)

    @property
    def how(self) -> str:
        """How it came about, such as `initdb`."""
        return (self.folder / HOW).read_text().strip()


@dataclass(frozen=True, kw_only=True)
class Window:
    """What one base backup and the WAL after it, without a gap, can be restored to."""

    base: Base
    latest: datetime | None
    """Just before the last commit that is archived, which a recovery has to meet; None where there is none yet."""
    gap: bool = False
    """Whether WAL came after it that it does not reach: some in between was let go."""

    @property
    def whole(self) -> bool:
        """Whether anything can be restored to by it."""
        return self.latest is not None and self.base.ended <= self.latest

    def holds(self, at: datetime) -> bool:
        """Whether that time can be restored to."""
        return self.latest is not None and self.base.ended <= at <= self.latest


@dataclass(frozen=True)
class Archive:
    """`backups/postgres/<identifier>/` of a tier."""

    folder: Path

    @property
    def wal(self) -> Path:
        """The archived segments."""
        return self.folder / WAL

    @property
    def bytes(self) -> int:
        """What it takes on the disk."""
        return taken(self.folder)

    @property
    def there(self) -> bool:
        """Whether its server can archive into it, and something can be restored."""
        return (self.folder / PROGRAM).is_file() and self.wal.is_dir() and bool(self.bases())

    @property
    def lets_go(self) -> bool:
        """Whether WAL was let go since the newest base backup was begun: the next segment that is kept has one made."""
        return (self.folder / GAP).exists()

    def prepare(self, server: PostgresServer, password: str) -> None:
        """Make what the archiver finds here: folders of the server's account, and the password of base backups."""
        private_dir(self.folder)
        account(self.folder.parent)  # which lets the server's account pass
        for folder in (self.folder, self.wal, self.folder / BASE):
            server.account.give(private_dir(folder))
        text = (Path(__file__).parent / PROGRAM).read_text(encoding="utf-8")
        program = self.folder / PROGRAM
        if not program.exists() or program.read_text(encoding="utf-8") != text:
            write_private(program, text, server.account.owner)
        line = f"127.0.0.1:*:*:{REPLICATION}:{password}\n"
        path = self.folder / PASSFILE
        if not path.exists() or path.read_text() != line:
            write_private(path, line, server.account.owner)

    def command(self, server: PostgresServer) -> str:
        """The archive_command of its server."""
        words = [*self._program(server), "%p"]
        return " ".join(word if word == "%p" else shlex.quote(word.replace("%", "%%")) for word in words)

    def back_up(self, server: PostgresServer, password: str, how: str = "pg_basebackup") -> None:
        """Make a base backup of the running server now. Raise CloudError."""
        done = subprocess.run(
            [*server.account.prefix, *self._program(server), "renew", how],
            env={**ENVIRONMENT, "PGPASSWORD": password, "PGSSLMODE": "disable", "PGGSSENCMODE": "disable"},
            cwd=server.data,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise CloudError(f"no base backup of {server.name}: {' '.join(done.stderr.strip().splitlines()[-3:])}")

    def lend(self, base: Base, folder: Path) -> None:
        """Give a folder the segments from a base backup on, by second names of the same files.

        What is let go here while a copy recovers is there all the same. Raise CloudError.
        """
        try:
            for name in _run(base.begins, set(_names(self.wal))):
                (folder / name).hardlink_to(self.wal / name)
        except FileNotFoundError as error:
            raise CloudError(f"{error.filename} was let go just now; run it again, which takes what is there") from None

    def bases(self) -> list[Base]:
        """The whole base backups, in the order of their WAL: of two clocks, one may have been set back."""
        found = []
        for name in _names(self.folder / BASE):
            ended, _, begins = name.partition("_")
            at = datetime.strptime(ended, "%Y%m%dT%H%M%S.%fZ").replace(tzinfo=UTC)
            found.append(Base(folder=self.folder / BASE / name, ended=at, begins=begins))
        return sorted(found, key=lambda each: (each.begins, each.ended))

    def windows(self, binaries: Binaries) -> list[Window]:
        """What each base backup can be restored to, the oldest first; a newer one's is part of it, or follows a gap."""
        names = {name for name in _names(self.wal) if _SEGMENT.match(name)}
        latest: dict[str, datetime | None] = {}
        windows = []
        for base in self.bases():
            run = list(_run(base.begins, names))
            end = run[-1] if run else ""
            if end not in latest:
                latest[end] = next((at for name in reversed(run) if (at := self._last_commit(name, binaries))), None)
            gap = self.lets_go or end < max(names, default="")
            windows.append(Window(base=base, latest=latest[end], gap=gap))
        return windows

    def flush(self, server: PostgresServer) -> None:
        """Have everything that is committed now in the archive, and a commit after it, which a recovery has to meet.

        RDS does as much by itself, every five minutes. Nobody waits for WAL that is let go. Raise CloudError.
        """
        with server.connect() as connection:
            connection.execute("SELECT pg_logical_emit_message(true, 'datatier', '')")
            # Its end; where another session has just switched, the end of the segment before.
            row = connection.execute("SELECT pg_walfile_name(pg_switch_wal() - 1)").fetchone()
        name = str(row and row[0])
        deadline = time.monotonic() + FLUSH_SECONDS
        while not (self.wal / name).exists() and not self.lets_go:
            if time.monotonic() > deadline:
                raise CloudError(f"{server.name} does not archive {name}: see `datatier logs {server.name}`")
            time.sleep(0.01)

    def _program(self, server: PostgresServer) -> list[str]:
        """By the copy in the archive: the server's account may not be able to enter this project's folder."""
        words = ["/bin/sh", str(self.folder / PROGRAM), str(self.folder), str(limit() // 1024)]
        return [*words, server.binaries["pg_basebackup"], str(server.port)]

    def _last_commit(self, name: str, binaries: Binaries) -> datetime | None:
        """A microsecond before the last commit of a segment; None where there is none in it."""
        path = str(self.wal / name)
        # What goes on in the next segment is an error here: the exit status says nothing.
        said = subprocess.run(
            [binaries["pg_waldump"], "--rmgr=Transaction", path, path],
            env=ENVIRONMENT,
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        ).stdout
        times = [datetime.fromisoformat(found).replace(tzinfo=UTC) for found in _COMMIT.findall(said)]
        return max(times) - timedelta(microseconds=1) if times else None


def finish(archive: Path, fresh: Path, ended: float, begins: str, how: str) -> None:
    """Give a base backup that is complete the name that makes it one."""
    write_private(fresh / HOW, how)
    stamp = datetime.fromtimestamp(ended, UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    fresh.rename(archive / BASE / f"{stamp}_{begins}")


def limit() -> int:
    """Bytes that the backups of one primary may take. Raise CloudError."""
    said = os.environ.get(VARIABLE, "")
    if said and (not said.isdecimal() or int(said) < LEAST):
        raise CloudError(f"{VARIABLE}={said} is not a number of MiB, {LEAST} or more")
    return int(said) * MIB if said else GIB


def _run(first: str, names: set[str]) -> Iterator[str]:
    """The segments from the first one on up to the first that is missing, on its timeline."""
    timeline, number = first[:8], int(first[8:16], 16) * 256 + int(first[16:], 16)
    while (name := f"{timeline}{number // 256:08X}{number % 256:08X}") in names:
        yield name
        number += 1


def _names(folder: Path) -> list[str]:
    """Sorted, without those that are not whole."""
    try:
        return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    except (FileNotFoundError, NotADirectoryError):
        return []
