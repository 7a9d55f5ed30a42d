"""One PostgreSQL server process with its data: initialised, started, repaired, stopped."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg

from graph.errors import CloudError
from graph.parameters import GroupParameter
from local import ports
from local.computer import memory_bytes
from local.files import private_dir, write_private
from local.orphans import bury
from local.postgres import packages
from local.postgres.binaries import VARIABLE, Binaries
from local.postgres.config import Config, configure
from local.postgres.roles import ADMIN, REPLICATION, Connection
from local.privileges import ServerAccount, account
from local.process import Daemon

READY_SECONDS = 60.0
HBA = f"""# Written by datatier: loopback only, passwords always.
host replication {REPLICATION} 127.0.0.1/32 scram-sha-256
host all all 127.0.0.1/32 scram-sha-256
"""
_GRAVE = re.compile(r"(FATAL|PANIC|DETAIL): (?! the database system is)")
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def data_major(folder: Path) -> int | None:
    """Major version of the data in a server's folder; None where there are none yet."""
    try:
        return int((folder / "data" / "PG_VERSION").read_text())
    except (OSError, ValueError):
        return None


@dataclass(frozen=True)
class PostgresServer:
    """A cluster directory and the postmaster that serves it."""

    name: str
    folder: Path
    port: int
    daemon: Daemon
    binaries: Binaries
    admin_password: str
    stack: str
    archive_command: str | None = None
    """What keeps its WAL segments; None where nothing does."""

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def packed(self) -> Path:
        """What initdb has made, in one file: the first base backup of a primary that is to have them."""
        return self.folder / "initial.tar"

    @property
    def account(self) -> ServerAccount:
        lent = (each.lib for each in self.binaries.lenders)
        return account(self.binaries.folder, *lent, self.folder.parent)

    @property
    def initialised(self) -> bool:
        return (self.data / "PG_VERSION").exists()

    def connect(self, database: str = "postgres", seconds: int = 10) -> Connection:
        return psycopg.connect(
            host="127.0.0.1",
            hostaddr="",  # else PGHOSTADDR of the environment would be where it goes
            port=self.port,
            dbname=database,
            user=ADMIN,
            password=self.admin_password,
            sslmode="disable",
            gssencmode="disable",
            connect_timeout=seconds,
            client_encoding="UTF8",  # as in bootstrap.secrets.logins
            autocommit=True,
            application_name="datatier",
        )

    def initialise(self, *more: str) -> None:
        """initdb beside the final place, moved there when complete: a kill in between leaves no half cluster.

        :param more: further options of initdb.
        """
        fresh = self.scratch()
        password_file = self.folder / "password.new"  # always the same: what a kill leaves behind is written over
        try:
            write_private(password_file, self.admin_password, self.account.owner)
            self.tool(
                "initdb",
                f"--pgdata={fresh}",
                f"--username={ADMIN}",
                f"--pwfile={password_file}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--no-instructions",
                "--no-sync",  # nothing to lose yet: a cluster cut short is made anew
                *more,
            )
        finally:
            password_file.unlink(missing_ok=True)
        fresh.rename(self.data)

    def adopt(self, spare: PostgresServer) -> None:
        """Take over a cluster that was initialised ahead of time, before anybody knew its name."""
        self.account.give(self.folder)
        spare.data.rename(self.data)
        if spare.packed.exists():
            spare.packed.rename(self.packed)
        shutil.rmtree(spare.folder)  # with what an `initialise` that was killed has left there

    def scratch(self) -> Path:
        """An empty folder that the server's account owns."""
        fresh = self.folder / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        private_dir(fresh)
        self.account.give(fresh)
        self.account.give(self.folder)
        return fresh

    def tool(self, program: str, *arguments: str, secrets: Mapping[str, str] | None = None) -> None:
        """Run one of PostgreSQL's programs as the server's account; `secrets` go into its environment."""
        done = subprocess.run(
            [*self.account.prefix, self.binaries[program], *arguments],
            env={**ENVIRONMENT, **(secrets or {})},
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            reason = " ".join((done.stderr or done.stdout).strip().splitlines()[-3:])
            raise CloudError(f"{program} for {self.name} in {self.folder} failed: {reason}")

    def start(self, parameters: Iterable[GroupParameter]) -> tuple[bool, Config]:
        """Bring it up with this parameter group. Returns whether anything had to be done, and the configuration."""
        begun, config = self.begin(parameters)
        if begun:
            self._wait()
        return begun, config

    def begin(
        self, parameters: Iterable[GroupParameter], recovery: Mapping[str, str] | None = None
    ) -> tuple[bool, Config]:
        """The same, without waiting until it answers: a `recovery`, with its parameters, may take long."""
        self._check_version()
        parameters = list(parameters)
        config = self._accepted(parameters)
        text = config.text(self.port)
        written = self._read("postgresql.conf") == text and self._read("pg_hba.conf") == HBA
        if self.daemon.alive:
            if written and ports.listens(self.port):
                return False, config
            self.stop()
        self._write("postgresql.conf", text)
        self._write("pg_hba.conf", HBA)
        if (self.data / "postmaster.pid").exists():
            # after a kill -9 its orphans hold the shared memory until they notice
            bury(self.data)
            (self.data / "postmaster.pid").unlink(missing_ok=True)
        if not ports.becomes_free(self.port):
            raise ports.taken(self.port, f"PostgreSQL {self.name}", self.stack)
        command = [*self.account.prefix, self.binaries["postgres"], "-D", str(self.data)]
        command += [f"--{name}={value}" for name, value in (recovery or {}).items()]
        self.daemon.start(command, env=ENVIRONMENT)
        return True, config

    def stop(self) -> bool:
        """Fast shutdown: sessions are ended, committed work is checkpointed."""
        return self.daemon.stop(signal.SIGINT, 30.0)

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.daemon.log.unlink(missing_ok=True)

    def reason(self) -> str:
        """The last thing that the server's log calls fatal, with its detail."""
        lines = self.daemon.tail(60).split(" | ")
        told = [re.split(r"(?:FATAL|PANIC|DETAIL): +", line)[-1] for line in lines if _GRAVE.search(line)]
        return " ".join(told[-2:]) or self.daemon.tail()

    def _wait(self) -> None:
        deadline, pause = time.monotonic() + READY_SECONDS, 0.01
        while True:
            if ports.listens(self.port):
                try:
                    self.connect().close()
                except psycopg.OperationalError as error:
                    last = str(error)
                    if "password authentication failed" in last:
                        raise CloudError(
                            f"PostgreSQL {self.name} does not know the password that the stack's state.json has: put "
                            f"the state.json back that belongs to its data, or start afresh, without the data, with "
                            f"`datatier down {self.stack} --delete`"
                        ) from None
                else:
                    return
            else:
                last = "it does not listen"
            if not self.daemon.alive:
                raise CloudError(f"PostgreSQL {self.name} ended at its start: {self.reason()} (log {self.daemon.log})")
            if time.monotonic() > deadline:
                raise CloudError(f"PostgreSQL {self.name} is not ready after {READY_SECONDS:.0f} s: {last}")
            time.sleep(pause)
            pause = min(0.1, pause * 1.5)  # each attempt costs the server a process

    def _accepted(self, parameters: list[GroupParameter]) -> Config:
        """The configuration without the values that this server version refuses (the group may be for another)."""
        refused: frozenset[str] = frozenset()
        while True:
            config = configure(parameters, self.binaries, memory_bytes(), refused, self.archive_command)
            text = config.text(self.port)
            if self._read("postgresql.conf") == text:
                return config  # it has started with this before
            names = unaccepted(self.binaries, self.folder, text)
            if not names - refused:
                return config
            refused |= names

    def _check_version(self) -> None:
        major = data_major(self.folder)
        if major != self.binaries.major:
            install = f"`make {target}` installs it; otherwise set" if (target := packages.installing(major)) else "Set"
            raise CloudError(
                f"the data of {self.name} need PostgreSQL {major}, {self.binaries.folder} has {self.binaries.version}. "
                f"{install} {VARIABLE} to a PostgreSQL {major}, or start afresh, without the data, with "
                f"`datatier down {self.stack} --delete`"
            )

    def _read(self, name: str) -> str:
        try:
            return (self.data / name).read_text()
        except OSError:
            return ""

    def _write(self, name: str, text: str) -> None:
        write_private(self.data / name, text, self.account.owner)


def unaccepted(binaries: Binaries, folder: Path, text: str) -> frozenset[str]:
    """The parameters that a server of these programs does not take from a postgresql.conf of that text.

    :param folder: where a file may be put for it.
    """
    with tempfile.TemporaryDirectory(dir=folder) as made:
        (Path(made) / "postgresql.conf").write_text(text)
        done = subprocess.run(
            [binaries["postgres"], "-C", "data_directory", "-D", made],
            env=ENVIRONMENT,
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
    return frozenset(re.findall(r'(?:invalid value for parameter|for parameter|parameter) "([^"]+)"', done.stderr))
