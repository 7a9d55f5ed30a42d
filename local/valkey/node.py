"""One Valkey (or Redis) process with its folder."""

from __future__ import annotations

import os
import re
import shutil
import signal
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from graph.errors import CloudError
from graph.parameters import GroupParameter
from local import ports
from local.files import private_dir, write_private
from local.orphans import bury
from local.privileges import account
from local.process import Daemon
from local.valkey.binaries import Binary
from local.valkey.config import ADMIN, NodeConfig, split

READY_SECONDS = 60.0
USERS, FIRST_USERS = "users.acl", "first-users.acl"
"""Its ACL file, and the one that it began with: by that a change of the declaration is seen."""


@dataclass(frozen=True)
class Node:
    """A member of a replication group."""

    name: str
    folder: Path
    port: int
    cluster_port: int | None
    daemon: Daemon
    binary: Binary
    admin_password: str
    replication_password: str
    stack: str

    def client(self, seconds: float = 5.0) -> redis.Redis:
        return redis.Redis(
            host="127.0.0.1",
            port=self.port,
            username=ADMIN,
            password=self.admin_password,
            retry=Retry(NoBackoff(), 0),  # the client's own would hide for seconds what is asked here
            socket_timeout=seconds,
            socket_connect_timeout=seconds,
            decode_responses=True,
            protocol=2,
        )

    def start(
        self, parameters: Iterable[GroupParameter], maxmemory: int, accounts: str
    ) -> tuple[bool, tuple[str, ...]]:
        """Bring it up. Returns whether that was needed, and the parameters without local meaning.

        `accounts` is the ACL file that it begins with.
        """
        parameters = list(parameters)
        private_dir(self.folder)
        runs_as = account(self.binary.path.parent, self.folder.parent)
        refused = self._refused_before()
        while True:
            kept, meaningless = split(parameters, refused)
            text = NodeConfig(
                self.port, str(self.folder), kept, maxmemory, self.replication_password, self.cluster_port
            ).text() + self._remark(refused)
            current = self._read(FIRST_USERS) == accounts
            if self.daemon.alive and self._read("server.conf") == text and current and ports.listens(self.port):
                return False, meaningless
            self.daemon.stop()
            write_private(self.folder / "server.conf", text)
            if not current or not (self.folder / USERS).exists():
                write_private(self.folder / USERS, accounts)
                write_private(self.folder / FIRST_USERS, accounts)
            runs_as.give_all(self.folder)
            self._check_ports()
            self.daemon.start(
                [*runs_as.prefix, str(self.binary.path), str(self.folder / "server.conf")],
                env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
                cwd=self.folder,
            )
            bad = self._wait()
            if bad is None:
                return True, meaningless
            if bad in refused:
                raise CloudError(f"{self.name} refuses its configuration: {self.daemon.tail()} (log {self.daemon.log})")
            refused |= {bad}

    def stop(self) -> bool:
        """SIGTERM saves the data set before it ends."""
        return self.daemon.stop(signal.SIGTERM, 20.0)

    def remove(self) -> None:
        self.daemon.stop(signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.daemon.log.unlink(missing_ok=True)

    def role(self) -> str | None:
        """`master` or `replica`; None when it does not answer."""
        try:
            with self.client(1.0) as client:
                return "master" if client.info("replication")["role"] == "master" else "replica"
        except redis.RedisError:
            return None

    def _wait(self) -> str | None:
        """Until it answers; the name of a configuration directive that this server does not take."""
        deadline = time.monotonic() + READY_SECONDS
        while True:
            if ports.listens(self.port):
                try:
                    with self.client() as client:
                        client.ping()
                except (redis.ConnectionError, redis.TimeoutError, redis.BusyLoadingError) as error:
                    last = str(error)
                else:
                    return None
            else:
                last = "it does not listen"
            if not self.daemon.alive:
                found = re.search(r">>> '(\S+)[^\n]*$", self.daemon.tail(4))
                if found:
                    return found[1]
                raise CloudError(f"{self.name} ended at its start: {self.daemon.tail()} (log {self.daemon.log})")
            if time.monotonic() > deadline:
                raise CloudError(f"{self.name} is not ready after {READY_SECONDS:.0f} s: {last}")
            time.sleep(0.01)

    def _remark(self, refused: frozenset[str]) -> str:
        """Keeps in the file what this server did not take, so that the next run need not try again."""
        return f"# refused by {self.binary.version}: {' '.join(sorted(refused))}\n"

    def _refused_before(self) -> frozenset[str]:
        mark, _, names = self._read("server.conf").rpartition("\n# ")[2].partition(": ")
        return frozenset(names.split()) if mark == f"refused by {self.binary.version}" else frozenset()

    def _check_ports(self) -> None:
        """Its ports are free, or held by a server of this very folder that a killed command left behind."""
        for port in filter(None, (self.port, self.cluster_port)):
            if ports.is_free(port):
                continue
            bury(self.folder)
            if not ports.becomes_free(port):
                raise ports.taken(port, f"cache node {self.name}", self.stack)

    def _read(self, name: str) -> str:
        try:
            return (self.folder / name).read_text()
        except OSError:
            return ""
