"""A PostgreSQL server that can die and come back with its data; and a way to make it wait in a statement."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from postgres_server import binaries, running
from real_servers import Postgres, postgres
from tier import Tier

_SLEEPING = """SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"""


@contextmanager
def folder() -> Iterator[Path]:
    """A place for a server; not under tmp_path: root starts it as another user, and paths of sockets stay short."""
    with tempfile.TemporaryDirectory(prefix="dt-rel-", dir="/tmp") as name:
        yield Path(name)


class Mortal:
    """Up until it is killed, and again after `revive`."""

    def __init__(self, folder: Path, server: Postgres, lives: ExitStack) -> None:
        self._data = folder / "data"
        self._lives = lives
        self.server = server

    def kill(self) -> None:
        """Every process ends at once, without a checkpoint: what follows is crash recovery."""
        file = self._data / "postmaster.pid"
        os.kill(int(file.read_text().split()[0]), signal.SIGQUIT)
        until = time.monotonic() + 20
        while file.exists():
            assert time.monotonic() < until, "the server did not end"
            time.sleep(0.01)

    def revive(self) -> None:
        port = self.server.port
        self._lives.enter_context(running(binaries()[self.server.major], self._data, ["max_connections=50"], port))


@contextmanager
def mortal(folder: Path) -> Iterator[Mortal]:
    with ExitStack() as lives:
        yield Mortal(folder, lives.enter_context(postgres(binaries()[18], folder, 18)), lives)


@contextmanager
def stopped_at(tier: Tier, tag: str) -> Iterator[None]:
    """Every statement of that command tag waits within the context, as long as the server lives."""
    with tier.postgres.superuser(f"{tier.name}_app") as conn:
        conn.execute("CREATE SCHEMA halt")
        conn.execute(
            "CREATE FUNCTION halt.halt() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN PERFORM pg_sleep(60); END$$"
        )
        conn.execute("GRANT USAGE ON SCHEMA halt TO PUBLIC")
        when = f"ON ddl_command_start WHEN TAG IN ('{tag}')"
        conn.execute(f"CREATE EVENT TRIGGER halt {when} EXECUTE FUNCTION halt.halt()".encode())
    yield
    with tier.postgres.superuser(f"{tier.name}_app") as conn:
        conn.execute("DROP EVENT TRIGGER halt; DROP SCHEMA halt CASCADE")


def await_halt(tier: Tier) -> None:
    """Until a statement waits."""
    until = time.monotonic() + 20
    with tier.postgres.superuser(f"{tier.name}_app") as conn:
        while conn.execute(_SLEEPING).fetchone() != (1,):
            assert time.monotonic() < until, "no statement came to the place where the server should die"
            time.sleep(0.02)
