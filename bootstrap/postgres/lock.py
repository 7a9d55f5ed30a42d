"""One run at a time per database: of the bootstrap, or of maintenance."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.sql import Composable

from bootstrap.errors import BootstrapError
from bootstrap.lock_holders import ADMINISTRATOR, Holder, end_intruders, named, query

KEY = zlib.crc32(b"data-tier bootstrap")


@dataclass(frozen=True, kw_only=True)
class Work:
    """What only one at a time may do."""

    name: str
    key: int
    entitled: Composable
    """Condition for the role `r` that may do it: a session of anybody else is ended."""


BOOTSTRAP = Work(name="bootstrap", key=KEY, entitled=ADMINISTRATOR)

# The lock of a runner whose computer or network is gone is given back after 25 s; by the usual keepalives PostgreSQL
# would keep it for minutes (RDS) or hours.
_TRY = """SELECT pg_try_advisory_lock(%s), set_config('tcp_keepalives_idle', '10', false),
    set_config('tcp_keepalives_interval', '5', false), set_config('tcp_keepalives_count', '3', false)"""


class BusyError(BootstrapError):
    """Another run holds the database."""


@contextmanager
def hold(conn: psycopg.Connection[Any], *, seconds: float = 120, work: Work = BOOTSTRAP) -> Iterator[list[str]]:
    """Hold the lock of that work for the session; what is yielded says whose sessions were ended for it.

    Polls, because a session that waits inside pg_advisory_lock holds a snapshot, on which CREATE INDEX CONCURRENTLY
    of the run that has the lock would wait for ever.
    """
    until, ended = time.monotonic() + seconds, list[str]()
    while not _one(conn, _TRY, work.key):
        if time.monotonic() > until:
            who, mend = named(holders(conn, work))
            raise BusyError(f"another {work.name} has held the database for {seconds:.0f} s{who}; {mend}")
        if reported := end_intruders(conn, (work.key,), work.entitled):
            ended += reported  # and try at once, before they are back
        else:
            time.sleep(0.1)
    try:
        yield ended
    finally:
        # A connection that is lost has given the lock back; what happened under the lock is what has to be reported.
        with suppress(psycopg.OperationalError):
            if not conn.closed:
                _one(conn, "SELECT pg_advisory_unlock(%s)", work.key)


def holders(conn: psycopg.Connection[Any], work: Work = BOOTSTRAP) -> list[Holder]:
    """Who has the lock or waits for it; nobody where nobody does."""
    return [Holder(*row) for row in conn.execute(query((work.key,), work.entitled)).fetchall()]


def _one(conn: psycopg.Connection[Any], statement: str, key: int) -> bool:
    row = conn.execute(statement.encode(), (key,)).fetchone()
    return bool(row and row[0])
