"""RDS's read replicas in the fake estate: streaming standbys of its copies, which may be killed and promoted."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg
from fake_estate import FakeEstate
from postgres_server import binaries, run_tool, running
from real_servers import SUPERUSER_PASSWORD

from bootstrap.manifest import Endpoint


@dataclass
class FakeReplicas(FakeEstate):
    """Implements `Estate` with read replicas."""

    holds: bool = False
    """Whether replicas stop to receive a little before the loss, as one that lags behind does."""
    standbys: dict[str, Path] = field(default_factory=dict)
    """Identifier -> its data folder."""

    def create_read_replica(self, source: str, target: str, *, made_by: str) -> None:
        self._call("create_read_replica")
        assert self.server
        self.left[target] = ("instance", made_by)
        port = self._at(source)
        stack = self._open[target] = ExitStack()
        folder = Path(tempfile.mkdtemp(prefix="dt-replica-", dir="/tmp"))
        stack.callback(shutil.rmtree, folder)
        programs = binaries()[self.server.major]
        where = f"host=127.0.0.1 port={port} user=rdsadmin password={SUPERUSER_PASSWORD}"
        copy = [programs / "pg_basebackup", "-D", folder / "data", "-X", "stream", "-c", "fast", "-R", "-d", where]
        run_tool(folder, [*copy, "--no-sync"])
        own = stack.enter_context(running(programs, folder / "data", ["max_connections=50"]))
        self.standbys[target] = folder / "data"
        self._instances[target] = replace(
            self._instances[source],
            identifier=target,
            endpoint=Endpoint(name="copy", host="127.0.0.1", port=own),
            replica_of=source,
        )

    def lose_instance(self, identifier: str) -> None:
        self._call("lose_instance")
        port = self._at(identifier)
        if self.holds:
            for name in self.standbys:
                _ask(self._at(name), "ALTER SYSTEM SET primary_conninfo = ''")
                _ask(self._at(name), "SELECT pg_reload_conf()")
                while _ask(self._at(name), "SELECT pid FROM pg_stat_wal_receiver"):
                    pass
            (begun,) = _ask(port, "SELECT pg_current_wal_flush_lsn()")
            while _ask(port, f"SELECT pg_current_wal_flush_lsn() - '{begun}' < 5000") == (True,):
                pass
        (folder,) = _ask(port, "SHOW data_directory")
        os.kill(int((Path(folder) / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        self._instances[identifier] = replace(self._instances[identifier], status="failed")

    def promote_read_replica(self, identifier: str) -> None:
        self._call("promote_read_replica")
        _ask(self._at(identifier), "SELECT pg_promote()")
        self._instances[identifier] = replace(self._instances[identifier], replica_of=None)

    def _at(self, identifier: str) -> int:
        endpoint = self._instances[identifier].endpoint
        assert endpoint
        return endpoint.port


def _ask(port: int, sql: str) -> tuple[Any, ...]:
    where = f"host=127.0.0.1 port={port} user=rdsadmin password={SUPERUSER_PASSWORD} dbname=postgres"
    with psycopg.connect(where, autocommit=True) as conn:
        found = conn.execute(sql.encode())
        return found.fetchone() or () if found.description else ()
