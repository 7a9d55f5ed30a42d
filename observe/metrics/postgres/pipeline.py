"""Several statements in one round trip, up to a deadline, each failing alone.

psycopg's own pipeline waits without a limit and ends at the first error. A `Sync` after each statement makes it a
transaction of its own (PostgreSQL, Protocol, Pipelining); libpq's functions are psycopg's public `pq`.
"""

from __future__ import annotations

import select
from collections.abc import Callable, Sequence
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
    state: str = ""
    """The SQLSTATE of that."""


class Prepared:
    """The statements that a session knows by name: parsing and planning the views anew is half of what they cost."""

    def __init__(self) -> None:
        """None yet."""
        self._names: dict[str, bytes] = {}
        self._made = 0
        self._pooled = False

    def send(self, pgconn: PGconn, statement: str) -> None:
        """Send a statement by its name, which it is given the first time."""
        if self._pooled:
            pgconn.send_query_params(statement.encode(), None)
            return
        name = self._names.get(statement)
        if name is None:
            self._made += 1
            name = self._names[statement] = f"datatier_{self._made}".encode()
            pgconn.send_prepare(name, statement.encode())
        pgconn.send_query_prepared(name, None)

    def learn(self, statement: str, answer: Answer) -> bool:
        """Take in what came of it; return whether it is to be sent again.

        A pooler may give each transaction another session, which does not know the name, or knows it for another
        statement: then no more names are used.
        """
        if answer.state in _POOLED and not self._pooled:
            self._pooled = True
        elif answer.error:
            # Whether it was prepared, or its views have changed since (0A000), the next time is the first again.
            self._names.pop(statement, None)
        return answer.state in _POOLED


_POOLED = {"26000", "42P05"}  # invalid_sql_statement_name, duplicate_prepared_statement


def ask(
    conn: psycopg.Connection[Any],
    statements: Sequence[str],
    deadline: float,
    prepared: Prepared | None = None,
    take: Callable[[int, Answer], object] = lambda _, __: None,
) -> list[Answer]:
    """Send all and return the answers in their order. Raise SilentError or LostError; the session is over then.

    :param deadline: a moment of `time.monotonic()`.
    :param prepared: what the session knows by name, where it asks the same again and again.
    :param take: is given each place and answer as it comes, while the server is at the next statement; the last one
        for a place counts. What it raises ends the session too.
    """
    import psycopg

    names = prepared or Prepared()
    try:
        answers = _ask(conn.pgconn, statements, deadline, names, take)
        again = [place for place, each in enumerate(answers) if names.learn(statements[place], each)]
        if again:
            wanted = [statements[place] for place in again]
            told = _ask(conn.pgconn, wanted, deadline, names, lambda at, answer: take(again[at], answer))
            for place, answer in zip(again, told, strict=True):
                answers[place] = answer
    except psycopg.Error as error:
        raise LostError(" ".join(str(error).split())) from None
    return answers


def _ask(
    pgconn: PGconn,
    statements: Sequence[str],
    deadline: float,
    prepared: Prepared,
    take: Callable[[int, Answer], object],
) -> list[Answer]:
    began = monotonic()
    answers: list[Answer] = []
    pgconn.enter_pipeline_mode()
    for statement in statements:
        prepared.send(pgconn, statement)
        pgconn.pipeline_sync()
    for place, _ in enumerate(statements):
        rows, error, state = _answer(pgconn, deadline)
        answers.append(Answer(rows, monotonic() - began, error, state))
        take(place, answers[-1])
        began = monotonic()
    pgconn.exit_pipeline_mode()
    return answers


def _answer(pgconn: PGconn, deadline: float) -> tuple[Rows, str, str]:
    """The rows or the error of one statement, with its end and its `Sync` taken off the wire."""
    from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus

    rows: Rows = ()
    error = state = ""
    while True:
        result = _next(pgconn, deadline)
        if result is None:
            continue
        status = result.status
        if status == ExecStatus.PIPELINE_SYNC:
            return rows, error, state
        if status == ExecStatus.TUPLES_OK:
            rows = _rows(result)
        elif status == ExecStatus.FATAL_ERROR:
            said = result.error_field(DiagnosticField.MESSAGE_PRIMARY) or result.error_message
            error = said.decode("utf-8", "replace")
            state = (result.error_field(DiagnosticField.SQLSTATE) or b"").decode()
            if pgconn.status != ConnStatus.OK:  # the connection ended with it
                raise LostError(" ".join(error.split()))
        # What else there is: that it was prepared, or that what comes after an error was not tried.
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
