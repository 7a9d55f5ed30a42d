"""The servers of a rehearsal: the old version and the new one, in one private folder that is gone at the end."""

from __future__ import annotations

import secrets
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from keep.postgres.target import TargetServer
from keep.workspace import room, workspace
from local import scratch
from local.orphans import bury
from local.postgres import binaries
from local.postgres.binaries import Binaries
from local.postgres.config import OWNED, quoted
from local.postgres.roles import ADMIN
from local.postgres.server import ENVIRONMENT, PostgresServer, unaccepted
from rehearse.postgres import pg_upgrade
from rehearse.postgres.pg_upgrade import Said

PREFIX = "datatier-rehearsal-"
_NAMES = ("old", "new", "restored")
# pg_upgrade starts both servers itself, on a socket alone.
_LOCAL = "local all all scram-sha-256\n"


@dataclass(frozen=True, kw_only=True)
class Bench:
    """A private folder, and the programs of both versions."""

    folder: Path
    old: Binaries
    new: Binaries
    password: str
    checksums: bool
    """Whether the clusters have data checksums, as the source's has: pg_upgrade wants both alike (pg_upgrade,
    "Usage": initdb of 18 turns them on, of older versions not)."""

    def server(self, name: str, found: Binaries) -> PostgresServer:
        """An empty cluster, not started."""
        made = scratch.server_in(self.folder, name, found, self.password)
        if self.checksums:
            made.initialise("--data-checksums")
        else:
            made.initialise(*(["--no-data-checksums"] if found.major >= 18 else []))
        return made

    def refused(self, settings: Mapping[str, str]) -> frozenset[str]:
        """The parameters whose value the new version does not take, of those that it has."""
        left = {name: value for name, value in settings.items() if name in self.new.settings and name not in OWNED}
        found: frozenset[str] = frozenset()
        while True:  # it names one at a time
            lines = (f"{name} = {quoted(value)}" for name, value in left.items() if name not in found)
            more = unaccepted(self.new, self.folder, "\n".join(lines)) - found
            if not more:
                return found
            found |= more

    def upgrade(self, old: PostgresServer, new: PostgresServer, *, check: bool) -> Said:
        """Run the new version's pg_upgrade over two clusters that are down."""
        work = self.folder / "upgrade"
        work.mkdir(mode=0o700, exist_ok=True)
        old.account.give(work)
        for server in (old, new):
            (server.data / "pg_hba.conf").write_text(_LOCAL)
        with (new.data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in new.binaries.paths.items())
        command = [*old.account.prefix, new.binaries["pg_upgrade"], "--copy", f"--username={ADMIN}"]
        command += [f"--old-bindir={old.binaries.folder}", f"--new-bindir={new.binaries.folder}"]
        command += [f"--old-datadir={old.data}", f"--new-datadir={new.data}", f"--socketdir={work}"]
        command += [f"--old-port={old.port}", f"--new-port={new.port}", *(["--check"] if check else [])]
        return pg_upgrade.run(command, work, {**ENVIRONMENT, "PGPASSWORD": self.password})


def target(server: PostgresServer) -> TargetServer:
    """The server as `keep` restores into it."""
    return TargetServer(connect=server.connect, programs=binaries.client)


@contextmanager
def bench(old: Binaries, new: Binaries, *, checksums: bool, size: int = 0) -> Iterator[Bench]:
    """Give a folder for the servers; whatever runs in it ends, and it is removed.

    Raise AskedError where there is no room.

    :param size: bytes of the database, of which each server gets a copy.
    """
    with workspace(PREFIX, _end) as folder:
        room(folder, len(_NAMES) * (size + scratch.EMPTY), "a rehearsal")
        folder.chmod(0o711)  # as root the servers are another user: it passes, and its own folders are below
        try:
            yield Bench(folder=folder, old=old, new=new, password=secrets.token_urlsafe(24), checksums=checksums)
        finally:
            _end(folder)


def _end(folder: Path) -> None:
    for name in _NAMES:
        scratch.daemon_in(folder, name).stop(signal.SIGQUIT)
    bury(folder)  # what pg_upgrade has started itself
