"""A server with trouble on it: sessions in threads that wait for each other, and the rights to look at them."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from postgres_server import binaries, initdb, running

from bootstrap.secrets import Secret
from observe.node import PostgresNode
from observe.nodes import postgres_nodes
from observe.observation import Observation, Observed
from observe.read import look

SETTINGS = ("max_connections=40", "max_prepared_transactions=5", "wal_level=logical", "autovacuum=on")


@dataclass
class Busy:
    """`boss` is its superuser, and everybody is trusted."""

    port: int
    major: int
    data: Path
    _stack: ExitStack = field(default_factory=ExitStack)

    def connect(self, user: str = "boss", application: str = "test", database: str = "shop") -> psycopg.Connection[Any]:
        """A session that ends with the scene."""
        conn = psycopg.connect(self.url(user, database), autocommit=True, application_name=application)
        self._stack.callback(conn.close)
        return conn

    def url(self, user: str = "boss", database: str = "shop") -> str:
        return f"postgres://{user}@127.0.0.1:{self.port}/{database}"

    def node(self, user: str = "monitor") -> PostgresNode:
        (node,) = postgres_nodes(Secret(self.url(user)))
        return node

    def see(self, observation: Observation, user: str = "monitor") -> Observed:
        """What an observation answers to a role."""
        with self.node(user).session() as session:
            return look(session, "primary", observation)

    def wait(self, application: str, sql: str) -> psycopg.Connection[Any]:
        """Run SQL that has to wait for a lock, in a thread; return once it does."""
        conn = self.connect(application=application)

        def run() -> None:
            with suppress(psycopg.Error):
                conn.execute(sql.encode())

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        self._stack.callback(thread.join, 10)
        admin = self.connect()
        self._stack.callback(admin.execute, f"SELECT pg_terminate_backend({conn.info.backend_pid})".encode())
        waits = "SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = %s"
        while admin.execute(waits, (conn.info.backend_pid,)).fetchone() != (True,):
            time.sleep(0.01)
        return conn

    def end(self, conn: psycopg.Connection[Any]) -> None:
        """Close a session; return once its backend is gone, with the snapshot that it held."""
        pid = conn.info.backend_pid
        conn.close()
        admin = self.connect()
        while admin.execute("SELECT FROM pg_stat_activity WHERE pid = %s", (pid,)).fetchone() is not None:
            time.sleep(0.01)

    @contextmanager
    def scene(self) -> Iterator[Busy]:
        """What is opened within ends with it."""
        with ExitStack() as self._stack:
            yield self


@contextmanager
def busy(major: int) -> Iterator[Busy]:
    """A server of a version; pg_stat_statements is loaded where the package has it."""
    programs = binaries()[major]
    has_statements = any(programs.parents[1].rglob("pg_stat_statements.so"))
    preload = ["shared_preload_libraries=pg_stat_statements"] if has_statements else []
    with tempfile.TemporaryDirectory(prefix="dt-busy-", dir="/tmp") as folder:
        data = Path(folder) / "data"
        initdb(programs, data, "boss")
        with running(programs, data, [*SETTINGS, *preload]) as port:
            made = Busy(port, major, data)
            with psycopg.connect(made.url(database="postgres"), autocommit=True) as conn:
                conn.execute("CREATE ROLE monitor LOGIN IN ROLE pg_monitor")
                conn.execute("CREATE ROLE nobody LOGIN")
                conn.execute("CREATE ROLE rdsadmin SUPERUSER LOGIN")
                conn.execute("CREATE DATABASE shop")
            with psycopg.connect(made.url(), autocommit=True) as conn:
                conn.execute('CREATE SCHEMA "Shop Front"')
                conn.execute('CREATE TABLE "Shop Front"."Order Items" (id int PRIMARY KEY, n int)')
                conn.execute('INSERT INTO "Shop Front"."Order Items" VALUES (1, 0), (2, 0)')
            yield made
