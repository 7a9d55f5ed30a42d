"""pg_restore into a database: its complaints are read as they come, and the first that is not harmless ends it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from keep.errors import AskedError, DamagedError, KeepError

# What an older server says to the settings of a newer pg_restore: nothing is lost by it.
_HARMLESS = re.compile(r'unrecognized configuration parameter "(transaction_timeout|idle_session_timeout)"')
_ERROR = re.compile(r"pg_restore: (?:\[.*?\] )?error: (.*)")
_IGNORED = re.compile(r"pg_restore: warning: errors ignored on restore: (\d+)")
_EXTENSION = re.compile(r'permission denied to create extension "(.*)"')
# What a server says for itself, and not of what it is sent: there is no room, no memory, no session, or no server left.
_ITS_OWN = re.compile(
    r"No space left on device|out of (shared )?memory|server closed the connection|connection to server|SSL SYSCALL"
    r"|terminating connection|the database system is|could not (access|extend|fsync|open|read|write) file"
    r"|too many clients|connection slots|canceling statement|deadlock detected|quota"
)
_TUNING = "-c maintenance_work_mem=128MB -c synchronous_commit=off"
"""For this session alone: indexes in memory, and no wait at each commit (PostgreSQL, "Populating a Database"). The
database gets its name by a commit that does wait, and all before it is on disk then."""


def load(
    program: str,
    environment: Mapping[str, str],
    archive: Path,
    entries: Path,
    *,
    jobs: int,
    role: str | None = None,
    owned: bool = True,
) -> None:
    """Restore those entries of an archive that a list names into the database of the environment.

    :param owned: whether they get the owners that they had, else whoever restores them is it.

    Raise AskedError where the login may not make an extension, KeepError where the server could not go on, DamagedError
    with the first complaint of another kind. Rows are never in it: of an error only the first line.
    """
    command = [program, f"--use-list={entries}", f"--jobs={jobs}", *([f"--role={role}"] if role else [])]
    command += [] if owned else ["--no-owner"]
    command += [f"--dbname={environment['PGDATABASE']}", "--no-password", "--no-tablespaces", "--no-subscriptions"]
    process = subprocess.Popen(
        [*command, archive],
        env={**environment, "PGOPTIONS": _TUNING},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        cwd="/",
    )
    assert process.stderr is not None  # noqa: S101 it was asked for
    try:
        said = judged(process.stderr)
        status = process.wait()
    finally:
        process.terminate()  # its workers end with it
        process.wait()
        process.stderr.close()
    if said.wrong:
        raise failure(said.wrong)
    if status and not said.accounted:
        raise KeepError(f"pg_restore failed with exit status {status}: {said.last or 'it said nothing'}")


def failure(wrong: str) -> KeepError:
    """Return what a complaint of pg_restore's means: the login's rights, the server's trouble, or what was copied."""
    if refused := _EXTENSION.match(wrong):  # which login may, only the server knows: RDS's master is no superuser
        return AskedError(
            f"the login may not make the extension {refused[1]}, which the database needs: log in as a superuser, "
            "or as the master of RDS"
        )
    return (KeepError if _ITS_OWN.search(wrong) else DamagedError)(f"pg_restore failed: {wrong}")


class Said:
    """What pg_restore has said."""

    def __init__(self) -> None:
        self.wrong = ""
        """The first complaint that matters."""
        self.harmless = 0
        self.ignored = 0
        """How many errors pg_restore counted itself."""
        self.last = ""

    @property
    def accounted(self) -> bool:
        """Whether every error that pg_restore counted is one that is known to be harmless."""
        return 0 < self.ignored == self.harmless


def judged(lines: Iterable[str]) -> Said:
    """Read until the end, or until the first complaint that matters."""
    said = Said()
    for line in lines:
        said.last = line.strip() or said.last
        if found := _IGNORED.match(line):
            said.ignored = int(found[1])
        elif not (found := _ERROR.match(line)):
            continue
        elif _HARMLESS.search(found[1]):
            said.harmless += 1
        else:
            said.wrong = re.sub(r"^(could not execute query: )?ERROR: +", "", found[1].strip())
            return said
    return said


def jobs(cpus: int | None) -> int:
    """Return how many jobs restore at once: tables and indexes are the server's work, of which it has few cores too."""
    return max(2, min(4, cpus or 2))
