"""Send a migration file whole over the simple protocol, and say where in it an error lies.

`cursor.execute` would do for sending. But most errors of DDL carry no position (a missing privilege, an object that
others depend on), and only the number of results that came before tells which statement it was.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from select import select
from typing import Any

import psycopg
from psycopg.pq import DiagnosticField, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult

from bootstrap.migrate.errors import FileError
from bootstrap.migrate.lexer import line_and_column
from bootstrap.migrate.statements import committed, statements

_BEGIN = b"BEGIN;"
# Of a file that is one transaction: what it has deferred to the end is checked while that is still its own affair.
_CHECK = b"SET CONSTRAINTS ALL IMMEDIATE"


def send(connection: psycopg.Connection[Any], path: str, body: bytes, *, whole: bool = False) -> None:
    """Run the file as one query. Raise FileError if it fails.

    One that is `whole` runs in a transaction that is left open behind it; any other has its own, or that of the query.
    Nothing else is in the query, so that PostgreSQL's message can quote nothing but the file.
    """
    if b"\0" in body:  # would end the query for libpq
        raise FileError("the file holds a NUL byte", "take it out of it; nothing was sent", file=path, undone=True)
    answer = _answered(connection, (_BEGIN if whole else b"") + body)
    if answer.bad:
        raise _error(connection, path, body, answer, whole=whole)
    if whole and connection.pgconn.transaction_status == TransactionStatus.INTRANS:
        answer = _answered(connection, _CHECK)
        if answer.bad:
            raise _error(connection, path, body, replace(answer, done=None), whole=True)


@dataclass(frozen=True)
class _Answer:
    done: int | None = 0
    """How many statements succeeded; None for what came at the end of all."""
    failed: PGresult | None = None
    lost: str = ""
    """Why the connection went away."""

    @property
    def bad(self) -> bool:
        return self.failed is not None or bool(self.lost)


def _answered(connection: psycopg.Connection[Any], query: bytes) -> _Answer:
    """Send; say what came of it."""
    pgconn, answer = connection.pgconn, _Answer()
    try:
        pgconn.send_query(query)
        while (result := _next(connection)) is not None:
            answer = _taken(connection, answer, result)
    except psycopg.OperationalError as error:
        return answer if answer.failed is not None else replace(answer, lost=str(error).splitlines()[0])
    except BaseException:  # Ctrl-C: the server must not go on behind our back
        connection.cancel_safe()
        while _next(connection) is not None:
            pass
        raise
    return answer


def _taken(connection: psycopg.Connection[Any], answer: _Answer, result: PGresult) -> _Answer:
    if result.status == ExecStatus.COPY_IN:
        connection.pgconn.put_copy_end(b"a migration has no data to COPY from; use INSERT")
    elif result.status == ExecStatus.COPY_OUT:
        while connection.pgconn.get_copy_data(0)[0] > 0:
            pass
    elif result.status == ExecStatus.FATAL_ERROR:
        return answer if answer.failed is not None else replace(answer, failed=result)
    elif answer.failed is None and answer.done is not None:
        return replace(answer, done=answer.done + 1)
    return answer


def _next(connection: psycopg.Connection[Any]) -> PGresult | None:
    pgconn = connection.pgconn
    while pgconn.flush():
        select([pgconn.socket], [pgconn.socket], [])
        pgconn.consume_input()
    while pgconn.is_busy():
        select([pgconn.socket], [], [])
        pgconn.consume_input()
    return pgconn.get_result()


def _error(connection: psycopg.Connection[Any], path: str, body: bytes, answer: _Answer, *, whole: bool) -> FileError:
    """What PostgreSQL said, with its place."""

    def field(name: DiagnosticField) -> str:
        return ((answer.failed and answer.failed.error_field(name)) or b"").decode("utf-8", "replace")

    text, begun = body.decode("utf-8", "replace"), len(_BEGIN) if whole else 0
    found = statements(text)
    after = len(found) if answer.done is None else max(answer.done - whole, 0)
    failing = found[-1:] if answer.done is None else found[after:][:1]
    offset = failing[0].offset if failing else None
    if answer.done is not None and (position := field(DiagnosticField.STATEMENT_POSITION)):
        offset = min(max(int(position) - 1 - begun, 0), len(text))
    what = field(DiagnosticField.MESSAGE_PRIMARY) or f"the connection was lost: {answer.lost}"
    if answer.done is None:
        what = f"at the end of the file, where what it deferred is checked: {what}"
    line, column = (0, 0) if offset is None else line_and_column(text, offset)
    extras = [field(name) for name in (DiagnosticField.MESSAGE_DETAIL, DiagnosticField.MESSAGE_HINT)]
    extras.append(field(DiagnosticField.CONTEXT).replace("\n", ", "))
    what += "".join(f" ({extra})" for extra in extras if extra)
    lost = connection.closed or bool(answer.lost)
    return FileError(
        what,
        file=path,
        line=line,
        column=column,
        sqlstate=field(DiagnosticField.SQLSTATE),
        undone=not lost and (whole or not committed(found, after)),
        lost=lost,
    )
