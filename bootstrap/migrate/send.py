"""Send a migration file whole over the simple protocol, and say where in it an error lies.

`cursor.execute` would do for sending. But most errors of DDL carry no position (a missing privilege, an object that
others depend on), and only the number of results that came before tells which statement it was.
"""

from __future__ import annotations

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
    done, failed = _answered(connection, path, (_BEGIN if whole else b"") + body)
    if failed is not None:
        raise _error(connection, path, body, failed, done, whole=whole)
    if whole and connection.pgconn.transaction_status == TransactionStatus.INTRANS:
        _, failed = _answered(connection, path, _CHECK)
        if failed is not None:
            raise _error(connection, path, body, failed, None, whole=True)


def _answered(connection: psycopg.Connection[Any], path: str, query: bytes) -> tuple[int, PGresult | None]:
    try:
        return _exchange(connection, query)
    except psycopg.OperationalError as error:
        reason = f"the connection was lost: {str(error).splitlines()[0]}"
        raise FileError(reason, file=path, lost=True) from error
    except BaseException:  # Ctrl-C: the server must not go on behind our back
        connection.cancel_safe()
        while _next(connection) is not None:
            pass
        raise


def _exchange(connection: psycopg.Connection[Any], query: bytes) -> tuple[int, PGresult | None]:
    """Send; return how many statements succeeded, and the result of the one that did not."""
    pgconn = connection.pgconn
    pgconn.send_query(query)
    done, failed = 0, None
    while (result := _next(connection)) is not None:
        if result.status == ExecStatus.COPY_IN:
            pgconn.put_copy_end(b"a migration has no data to COPY from; use INSERT")
        elif result.status == ExecStatus.COPY_OUT:
            while pgconn.get_copy_data(0)[0] > 0:
                pass
        elif result.status == ExecStatus.FATAL_ERROR:
            failed = failed or result
        elif failed is None:
            done += 1
    return done, failed


def _next(connection: psycopg.Connection[Any]) -> PGresult | None:
    pgconn = connection.pgconn
    while pgconn.flush():
        select([pgconn.socket], [pgconn.socket], [])
        pgconn.consume_input()
    while pgconn.is_busy():
        select([pgconn.socket], [], [])
        pgconn.consume_input()
    return pgconn.get_result()


def _error(
    connection: psycopg.Connection[Any], path: str, body: bytes, result: PGresult, done: int | None, *, whole: bool
) -> FileError:
    """What PostgreSQL said, with its place; `done` is None for what came at the end of all statements."""

    def field(name: DiagnosticField) -> str:
        return (result.error_field(name) or b"").decode("utf-8", "replace")

    text, begun = body.decode("utf-8", "replace"), len(_BEGIN) if whole else 0
    found, after = statements(text), 0 if done is None else done - (1 if whole else 0)
    failing = found[-1:] if done is None else found[max(after, 0) :][:1]
    offset = failing[0].offset if failing else None
    if done is not None and (position := field(DiagnosticField.STATEMENT_POSITION)):
        offset = min(max(int(position) - 1 - begun, 0), len(text))
    what = field(DiagnosticField.MESSAGE_PRIMARY) or connection.pgconn.get_error_message().splitlines()[0]
    if done is None:
        what = f"at the end of the file, where what it deferred is checked: {what}"
    line, column = (0, 0) if offset is None else line_and_column(text, offset)
    extras = [field(name) for name in (DiagnosticField.MESSAGE_DETAIL, DiagnosticField.MESSAGE_HINT)]
    extras.append(field(DiagnosticField.CONTEXT).replace("\n", ", "))
    what += "".join(f" ({extra})" for extra in extras if extra)
    return FileError(
        what,
        file=path,
        line=line,
        column=column,
        sqlstate=field(DiagnosticField.SQLSTATE),
        undone=not connection.closed and (whole or not committed(found, after)),
        lost=connection.closed,
    )
