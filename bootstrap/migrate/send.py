"""Send a migration file whole over the simple protocol, and say where in it an error lies.

`cursor.execute` would do for sending. But most errors of DDL carry no position (a missing privilege, an object that
others depend on), and only the number of results that came before tells which statement it was.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePath
from select import select
from typing import Any

import psycopg
from psycopg.errors import error_from_result
from psycopg.pq import DiagnosticField, ExecStatus
from psycopg.pq.abc import PGresult

from bootstrap.migrate.errors import FileError, shown
from bootstrap.migrate.lexer import line_and_column
from bootstrap.migrate.statements import committed, statements

_BEGIN = b"BEGIN;"
# What a file that is one transaction has deferred to the end is checked while that is still its own affair.
_CHECK = b"SET CONSTRAINTS ALL IMMEDIATE;"

Books = tuple[bytes, int]
"""Statements that keep the books, each ended by a semicolon, and how many they are."""


class RefusedError(Exception):
    """PostgreSQL could not even read the query, so that nothing of it has happened, not even what the books say."""


def send(connection: psycopg.Connection[Any], path: str, body: bytes, *, whole: bool = False) -> None:
    """Run the file as a query that holds nothing else, in the transactions that it has. Raise FileError if it fails.

    Of one that is `whole` nothing remains then, whichever statement it was.
    """
    _check(path, body)
    answer = _answered(connection, body)
    if answer.bad:
        raise _error(connection, path, body, answer, undone=whole)


def send_whole(connection: psycopg.Connection[Any], path: str, body: bytes, before: Books, after: Books) -> bytes:
    """Run the file in one transaction, between what the books say of it, all of it as one query: one round trip.

    `before` commits by itself. `after` ends with the COMMIT of the file's transaction; return the first value of the
    last rows in it. Raise RefusedError where the query cannot be read, psycopg.Error where `before` fails, FileError
    where the file does, or what comes after it.

    What stands before the file moves the places in PostgreSQL's messages, but is never quoted by them. What comes after
    it would be (`syntax error at end of input`), hence RefusedError: such a file is then sent with nothing behind it.
    """
    _check(path, body)
    # The name first: pg_stat_activity shows how the query begins.
    prefix = b"".join((f"-- {shown(PurePath(path).name)}\n".encode(), before[0], _BEGIN))
    # A comment may be the last of the file.
    answer = _answered(connection, b"".join((prefix, body, b"\n;", _CHECK, after[0])))
    if answer.failed is not None and not answer.done:
        raise RefusedError
    if not answer.bad:
        return answer.value
    begun = before[1] + 1  # results before the file's first
    if answer.failed is not None and answer.done < begun:
        raise error_from_result(answer.failed, encoding=connection.info.encoding)
    own = len(statements(body.decode("utf-8", "replace")))
    done = max(answer.done - begun, 0)
    if done > own:
        raise _unwritten(connection, path, answer)
    at_end = answer.failed is not None and done == own
    answer = replace(answer, done=done)
    raise _error(connection, path, body, answer, undone=True, at_end=at_end, before=len(prefix.decode()))


def _check(path: str, body: bytes) -> None:
    if b"\0" in body:  # would end the query for libpq
        raise FileError("the file holds a NUL byte", "take it out of it; nothing was sent", file=path, undone=True)


@dataclass(frozen=True)
class _Answer:
    done: int = 0
    """How many statements succeeded."""
    failed: PGresult | None = None
    lost: str = ""
    """Why the connection went away."""
    value: bytes = b""
    """The first value of the last rows."""

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
    elif answer.failed is None:
        value = answer.value if not result.nfields else (result.ntuples and result.get_value(0, 0)) or b""
        return replace(answer, done=answer.done + 1, value=value)
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


def _error(
    connection: psycopg.Connection[Any],
    path: str,
    body: bytes,
    answer: _Answer,
    *,
    undone: bool,
    at_end: bool = False,
    before: int = 0,
) -> FileError:
    """What PostgreSQL said, with its place; `before` characters stand before the file in the query."""

    def field(name: DiagnosticField) -> str:
        return ((answer.failed and answer.failed.error_field(name)) or b"").decode("utf-8", "replace")

    text = body.decode("utf-8", "replace")
    found = statements(text)
    failing = found[-1:] if at_end else found[answer.done :][:1]
    offset = failing[0].offset if failing else None
    if not at_end and (position := field(DiagnosticField.STATEMENT_POSITION)):
        offset = min(max(int(position) - 1 - before, 0), len(text))
    what = field(DiagnosticField.MESSAGE_PRIMARY) or f"the connection was lost: {answer.lost}"
    if at_end:
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
        undone=not lost and (undone or not committed(found, answer.done)),
        lost=lost,
    )


def _unwritten(connection: psycopg.Connection[Any], path: str, answer: _Answer) -> FileError:
    """Say that the file ran, but not what comes after it."""
    failed = answer.failed
    reason = failed.error_field(DiagnosticField.MESSAGE_PRIMARY) if failed is not None else answer.lost.encode()
    state = failed.error_field(DiagnosticField.SQLSTATE) if failed is not None else b""
    lost = connection.closed or bool(answer.lost)
    return FileError(
        f"it ran, but its end could not be written down: {(reason or b'').decode('utf-8', 'replace')}",
        file=path,
        sqlstate=(state or b"").decode(),
        undone=not lost,
        lost=lost,
    )
