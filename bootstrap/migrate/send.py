"""Send a migration file whole over the simple protocol, and say where in it an error lies.

`cursor.execute` would do for sending. But most errors of DDL carry no position (a missing privilege, an object that
others depend on), and only the number of results that came before tells which statement it was.
"""

from __future__ import annotations

from select import select
from typing import Any

import psycopg
from psycopg.pq import DiagnosticField, ExecStatus
from psycopg.pq.abc import PGresult

from bootstrap.migrate.errors import FileError
from bootstrap.migrate.statements import commits_itself, line_and_column, statements


def send(connection: psycopg.Connection[Any], path: str, body: bytes, tail: bytes = b"") -> list[bytes]:
    """Run the file as one query: one transaction, unless it has its own. Raise FileError if it fails.

    The statements of `tail` follow in the same query, hence in the same transaction. Return the last result's row.
    """
    if b"\0" in body:  # would end the query for libpq, tail and all
        raise FileError("the file holds a NUL byte", "take it out of it; nothing was sent", file=path, undone=True)
    text = body + b"\n;" + tail if tail else body  # the file may end in a comment, or without its semicolon
    try:
        done, failed, last = _exchange(connection, text)
    except psycopg.OperationalError as error:
        reason = f"the connection was lost: {str(error).splitlines()[0]}"
        raise FileError(reason, file=path, lost=True) from error
    except BaseException:  # Ctrl-C: the server must not go on behind our back
        connection.cancel_safe()
        while _next(connection) is not None:
            pass
        raise
    if failed is not None:
        raise _error(connection, path, body, failed, done)
    return last


def _exchange(connection: psycopg.Connection[Any], text: bytes) -> tuple[int, PGresult | None, list[bytes]]:
    """Send; return how many statements succeeded, the result of the one that did not, and the last row seen."""
    pgconn = connection.pgconn
    pgconn.send_query(text)
    done, failed, last = 0, None, list[bytes]()
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
            if result.status == ExecStatus.TUPLES_OK and result.ntuples:
                last = [result.get_value(0, column) or b"" for column in range(result.nfields)]
    return done, failed, last


def _next(connection: psycopg.Connection[Any]) -> PGresult | None:
    pgconn = connection.pgconn
    while pgconn.flush():
        select([pgconn.socket], [pgconn.socket], [])
        pgconn.consume_input()
    while pgconn.is_busy():
        select([pgconn.socket], [], [])
        pgconn.consume_input()
    return pgconn.get_result()


def _error(connection: psycopg.Connection[Any], path: str, body: bytes, result: PGresult, done: int) -> FileError:
    def field(name: DiagnosticField) -> str:
        return (result.error_field(name) or b"").decode("utf-8", "replace")

    text = body.decode("utf-8", "replace")
    found = statements(text)
    offset = found[done].offset if done < len(found) else None
    if position := field(DiagnosticField.STATEMENT_POSITION):
        offset = int(position) - 1
    what = field(DiagnosticField.MESSAGE_PRIMARY) or connection.pgconn.get_error_message().splitlines()[0]
    if offset is not None and offset > len(text):  # PostgreSQL stumbled over the tail
        what = "the file ends in the middle of a string or statement"
        offset = found[-1].offset if found else len(text)
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
        undone=not connection.closed and not commits_itself(found),
        lost=connection.closed,
    )
