"""Several statements in one round trip, up to a deadline, each failing alone.

psycopg's own pipeline waits without a limit and ends at the first error. A `Sync` after each statement makes it a
transaction of its own (PostgreSQL, Protocol, Pipelining); libpq's functions are psycopg's public `pq`.
"""

from __future__ import annotations

import select
from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any

from bootstrap.errors import BootstrapError
from observe.deadline import SilentError

if TYPE_CHECKING:
    import psycopg
    from psycopg.pq.abc import PGconn, PGresult

Rows = Sequence[Sequence[bytes | None]]
"""What the server sent, as text in UTF-8."""


class LostError(BootstrapError):
    """The server ended the session, or the way to it is gone."""


@dataclass(frozen=True)
class Answer:
    """What came of one statement."""

    rows: Rows
    seconds: float
    """Since the answer before it, or since the first statement was sent."""
    error: str = ""
    """The server's sentence, where it refused."""


def ask(conn: psycopg.Connection[Any], statements: Sequence[str], deadline: float) -> list[Answer]:
    """Send all and return the answers in their order. Raise SilentError or LostError; the session is over then.

    :param deadline: a moment of `time.monotonic()`.
    """
    import psycopg

    pgconn = conn.pgconn
    answers: list[Answer] = []
    began = monotonic()
    try:
        pgconn.enter_pipeline_mode()
        for statement in statements:
            pgconn.send_query_params(statement.encode(), None)
            pgconn.pipeline_sync()
        for _ in statements:
            rows, error = _answer(pgconn, deadline)
            now = monotonic()
            answers.append(Answer(rows, now - began, error))
            began = now
        pgconn.exit_pipeline_mode()
    except psycopg.Error as error:
        raise LostError(" ".join(str(error).split())) from None
    return answers


def _answer(pgconn: PGconn, deadline: float) -> tuple[Rows, str]:
    """The rows or the error of one statement, with its end and its `Sync` taken off the wire."""
    from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus

    rows: Rows = ()
    error = ""
    while True:
        result = _next(pgconn, deadline)
        if result is None:
            continue
        status = result.status
        if status == ExecStatus.PIPELINE_SYNC:
            return rows, error
        if status == ExecStatus.TUPLES_OK:
            rows = _rows(result)
        else:
            said = result.error_field(DiagnosticField.MESSAGE_PRIMARY) or result.error_message
            error = said.decode("utf-8", "replace")
            if pgconn.status != ConnStatus.OK:  # the connection ended with it
                raise LostError(" ".join(error.split()))
        result.clear()


def _next(pgconn: PGconn, deadline: float) -> PGresult | None:
    began = monotonic()
    poll = select.poll()
    while pgconn.is_busy():
        # Until everything is sent, a socket that takes more is as good as one that gives something.
        poll.register(pgconn.socket, select.POLLIN | (select.POLLOUT if pgconn.flush() else 0))
        left = deadline - monotonic()
        if left <= 0 or not poll.poll(1000 * left):
            raise SilentError(max(0.0, deadline - began))
        pgconn.consume_input()
    return pgconn.get_result()


def _rows(result: PGresult) -> Rows:
    value, columns = result.get_value, range(result.nfields)
    return [[value(row, column) for column in columns] for row in range(result.ntuples)]
