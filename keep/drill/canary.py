"""Heartbeats on a server while a drill runs: how much is lost is the incident less the newest that came back.

They are rows of a table in a database of their own, so that no migration tool, policy, grant or schema check of the
application ever sees them, and yet a copy of the whole instance has them (ADR 0054).
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

from bootstrap.errors import BootstrapError

_DATABASE = "datatier_canary_"
_OURS = re.compile(_DATABASE + "[0-9a-f]{6}")
_RETRY = 0.2
"""Seconds after a heartbeat that failed."""


@dataclass(frozen=True, kw_only=True)
class Heartbeat:
    """A row that the server has said it has."""

    number: int
    at: datetime
    """By the server's clock."""


def database_of(run: str) -> str:
    """Return the name of the heartbeats' database in the run of that id."""
    return _DATABASE + run[-6:]


class Canary:
    """Commits a heartbeat each `interval` seconds from a thread of its own, until it is stopped.

    :param connect: opens an autocommit session on the server, in the database of that name or else the stack's; asked
        again after a session was lost, so that it may lead to whoever is the primary then.
    """

    def __init__(self, connect: Callable[[str | None], psycopg.Connection[Any]], run: str, interval: float) -> None:
        self._connect, self._interval = connect, interval
        self._database = database_of(run)
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._acknowledged: list[Heartbeat] = []
        self._thread = threading.Thread(target=self._beat, name="canary", daemon=True)

    def start(self) -> None:
        """Make the database and begin; returns when the first heartbeat is committed."""
        with self._connect(None) as conn:
            there = conn.execute("SELECT FROM pg_database WHERE datname = %s", [self._database]).fetchone()
            if there is None:
                # template0: of template1 a copy needs that nobody is in it.
                conn.execute(SQL("CREATE DATABASE {} TEMPLATE template0").format(Identifier(self._database)))
                conn.execute(SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(Identifier(self._database)))
        with self._connect(self._database) as conn:
            conn.execute(
                "CREATE TABLE IF NOT EXISTS beat (number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
                " at timestamptz NOT NULL DEFAULT clock_timestamp())"
            )
            self._one(conn)
        self._thread.start()

    def stop(self) -> None:
        """End it; the database stays until `remove`."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()

    @property
    def acknowledged(self) -> tuple[Heartbeat, ...]:
        """Those that the server has said it has, the oldest first."""
        with self._lock:
            return tuple(self._acknowledged)

    def _beat(self) -> None:
        while not self._stop.is_set():
            try:
                with self._connect(self._database) as conn:
                    while not self._stop.wait(self._interval):
                        self._one(conn)
            except (psycopg.Error, BootstrapError):
                self._stop.wait(_RETRY)

    def _one(self, conn: psycopg.Connection[Any]) -> None:
        row = conn.execute("INSERT INTO beat DEFAULT VALUES RETURNING number, at").fetchone()
        assert row is not None  # noqa: S101 RETURNING gives the row
        with self._lock:
            self._acknowledged.append(Heartbeat(number=row[0], at=row[1]))


def newest(connect: Callable[[str | None], psycopg.Connection[Any]], run: str) -> Heartbeat | None:
    """Return the newest heartbeat that a server has of the run; None where it has none, or not even the database."""
    name = database_of(run)
    with connect(None) as conn:
        if conn.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
            return None
    with connect(name) as conn:
        if conn.execute("SELECT to_regclass('public.beat')").fetchone() == (None,):
            return None
        row = conn.execute("SELECT number, at FROM beat ORDER BY number DESC LIMIT 1").fetchone()
    return Heartbeat(number=row[0], at=row[1]) if row else None


def until(
    connect: Callable[[str | None], psycopg.Connection[Any]], run: str, at: datetime
) -> tuple[int, Heartbeat | None]:
    """Return how many heartbeats of the run up to a moment a server has, and the newest of those.

    Not up to a number: a promoted replica may give numbers again that its primary gave last.
    """
    if newest(connect, run) is None:
        return 0, None
    with connect(database_of(run)) as conn:
        row = conn.execute(
            "SELECT number, at, count(*) OVER () FROM beat WHERE at <= %s ORDER BY at DESC LIMIT 1", [at]
        ).fetchone()
    return (row[2], Heartbeat(number=row[0], at=row[1])) if row else (0, None)


def remove(conn: psycopg.Connection[Any]) -> tuple[str, ...]:
    """Drop the canary's databases, those of killed runs too, on the server that `conn` is at; return the names."""
    found = conn.execute("SELECT datname FROM pg_database WHERE datname LIKE %s ORDER BY 1", [f"{_DATABASE}%"])
    ours = tuple(name for (name,) in found.fetchall() if _OURS.fullmatch(name))
    for name in ours:
        conn.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))
    return ours
