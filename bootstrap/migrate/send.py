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
from bootstrap.migrate.source import MigrationFile
from bootstrap.migrate.statements import commits_itself, line_and_column, statements


def send(connection: psycopg.Connection[Any], file: MigrationFile) -> None:
    """Run the file as one query: one transaction, unless it has its own. Raise FileError if it fails."""
    try:
        done, failed = _exchange(connection, file.body)
    except psycopg.OperationalError as error:
        reason = f"the connection was lost: {str(error).splitlines()[0]}"
        raise FileError(reason, file=str(file.path)) from error
    except BaseException:  # Ctrl-C: the server must not go on behind our back
        connection.cancel_safe()
        while _next(connection) is not None:
            pass
        raise
    if failed is not None:
        raise _error(connection, file, failed, done)


def _exchange(connection: psycopg.Connection[Any], body: bytes) -> tuple[int, PGresult | None]:
    """Send, and return how many statements succeeded and the result of the one that did not."""
    pgconn = connection.pgconn
    pgconn.send_query(body)
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


def _error(connection: psycopg.Connection[Any], file: MigrationFile, result: PGresult, done: int) -> FileError:
    def field(name: DiagnosticField) -> str:
        return (result.error_field(name) or b"").decode("utf-8", "replace")

    text = file.body.decode("utf-8", "replace")
    found = statements(text)
    offset = found[done].offset if done < len(found) else None
    if position := field(DiagnosticField.STATEMENT_POSITION):
        offset = int(position) - 1
    line, column = (0, 0) if offset is None else line_and_column(text, offset)
    what = field(DiagnosticField.MESSAGE_PRIMARY) or connection.pgconn.get_error_message().splitlines()[0]
    extras = [field(name) for name in (DiagnosticField.MESSAGE_DETAIL, DiagnosticField.MESSAGE_HINT)]
    extras.append(field(DiagnosticField.CONTEXT).replace("\n", ", "))
    what += "".join(f" ({extra})" for extra in extras if extra)
    return FileError(
        what,
        file=str(file.path),
        line=line,
        column=column,
        sqlstate=field(DiagnosticField.SQLSTATE),
        undone=not connection.closed and not commits_itself(found),
    )
