"""One server as a run of maintenance sees it: a session of the watcher's that is kept, and opened again when lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import monotonic
from typing import Any, TypeVar

import psycopg

from bootstrap.errors import BootstrapError
from maintain.run.trouble import Held, held
from observe.deadline import cut
from observe.errors import UnansweredError
from observe.node import PostgresNode
from observe.observation import Finding, Observation, Row, Rows
from observe.postgres.blocked import BLOCKED
from observe.postgres.connections import CONNECTIONS
from observe.postgres.lag import LAG
from observe.postgres.progress import PROGRESS
from observe.postgres.slots import SLOTS
from observe.postgres.transaction_ids import TRANSACTION_IDS
from observe.postgres.vacuum_running import VACUUM_RUNNING
from observe.read import look

SECONDS = 2
"""How long a server is waited for: for so long nobody sees what the run does."""
_AGAIN_SECONDS = 10.0
_LIMITS = (CONNECTIONS, TRANSACTION_IDS, SLOTS)
_LIMITS_SECONDS = 5.0
"""Limits move more slowly than locks."""
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Glance:
    """What one look at the primary brought."""

    held: Held
    position: Rows
    limits: tuple[Finding, ...]
    progress: str


class Sight:
    """One server."""

    def __init__(self, node: PostgresNode) -> None:
        self.node = node
        self.refusal = ""
        """Why it was not seen at the last try; empty where it was."""
        self._conn: psycopg.Connection[tuple[Any, ...]] | None = None
        self._not_before = 0.0
        self._limits: tuple[Finding, ...] = ()
        self._limits_at = -_LIMITS_SECONDS

    def primary(self, pid: int) -> Glance | None:
        """A look at the primary on which the session `pid` works; None where it does not answer."""
        return self._asked(lambda conn: self._glance(conn, pid))

    def replayed(self) -> int | None:
        """How far a replica is in the WAL; None where it does not answer."""
        rows = self._asked(lambda conn: self._rows(conn, LAG))
        return int(str(rows[0]["replayed"] or 0)) if rows else None

    def close(self) -> None:
        """End the session."""
        if self._conn is not None:
            self._conn.close()
            self._conn = None

    def _glance(self, conn: psycopg.Connection[tuple[Any, ...]], pid: int) -> Glance:
        if monotonic() - self._limits_at >= _LIMITS_SECONDS:
            self._limits = tuple(found for each in _LIMITS for found in look(conn, self.node.name, each).findings)
            self._limits_at = monotonic()
        return Glance(
            held=held(self._rows(conn, BLOCKED), pid),
            position=self._rows(conn, LAG),
            limits=self._limits,
            progress=self._progress(conn, pid) if pid else "",
        )

    def _progress(self, conn: psycopg.Connection[tuple[Any, ...]], pid: int) -> str:
        rows = (row for each in (PROGRESS, VACUUM_RUNNING) for row in look(conn, self.node.name, each).rows)
        return next((", ".join(_said(row)) for row in rows if row["pid"] == pid), "")

    def _rows(self, conn: psycopg.Connection[tuple[Any, ...]], observation: Observation) -> Rows:
        found = look(conn, self.node.name, observation)
        if found.refused:  # without these it would not see what it does
            raise UnansweredError("; ".join(each.message for each in found.findings))
        return found.rows

    def _asked(self, ask: Callable[[psycopg.Connection[tuple[Any, ...]]], T]) -> T | None:
        if monotonic() < self._not_before:
            return None
        try:
            self._conn = self._conn or self.node.open(seconds=SECONDS)
            with cut(self._conn, SECONDS):
                found = ask(self._conn)
            if self._conn.closed:  # an observation that fails is a finding, never an error
                raise psycopg.OperationalError("the connection was lost")
        except (BootstrapError, psycopg.Error) as error:
            self.refusal = " ".join(str(error).split())
            self.close()
            # A login to a server that is gone takes its time, in which the others are not looked at.
            self._not_before = monotonic() + (_AGAIN_SECONDS if self.node.replica else 0)
            return None
        self.refusal = ""
        return found


def _said(row: Row) -> Iterator[str]:
    percent = row.get("done_percent", row.get("scanned_percent"))
    if percent is not None:
        yield f"{float(str(percent)):.0f} %"
    yield str(row["phase"])
