"""One observation of one server: ask, judge, and say what the session was not allowed to see."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from knowledge.thresholds.threshold import Status
from observe.observation import Finding, Observation, Observed, Right, Row

if TYPE_CHECKING:
    import psycopg


def look(conn: psycopg.Connection[Any], node: str, observation: Observation) -> Observed:
    """Ask PostgreSQL; an answer that fails is a finding `SKIPPED`, never an error."""
    import psycopg
    from psycopg.rows import dict_row

    assert callable(observation.read)  # noqa: S101 one of PostgreSQL
    lacking = tuple(_lacking(conn, observation.needs))
    try:
        with conn.cursor(row_factory=dict_row) as cursor:
            rows: tuple[Row, ...] = tuple(cursor.execute(observation.read(conn.info.server_version)).fetchall())
            if observation.detail:
                rows = tuple({**row, **_detail(cursor, observation.detail(row))} for row in rows)
    except psycopg.Error as error:
        hidden = lacking or (_skipped(observation.id, f"{_sentence(error)}", ""),)
        return Observed(node=node, observation=observation, rows=(), findings=hidden, refused=True)
    return Observed(node=node, observation=observation, rows=rows, findings=(*observation.judge(rows), *lacking))


def _detail(cursor: psycopg.Cursor[dict[str, Any]], statement: str) -> Row:
    import psycopg

    if not statement:
        return {}
    try:
        return cursor.execute(statement).fetchone() or {}
    except psycopg.Error as error:
        if cursor.connection.closed:
            raise
        return {"refused": _sentence(error)}


def _lacking(conn: psycopg.Connection[Any], needs: tuple[Right, ...]) -> Iterator[Finding]:
    for right in (each for each in needs if each.held):
        row = conn.execute(f"SELECT {right.held}, current_user::text").fetchone()
        if row and not row[0]:
            login = str(row[1]).replace('"', '""')
            yield _skipped(
                right.name, f'"{login}" lacks {right.name} and sees only a part', right.grant.format(login=login)
            )


def _skipped(check: str, message: str, mend: str) -> Finding:
    return Finding(check=check, status=Status.SKIPPED, message=message, mend=mend)


def _sentence(error: psycopg.Error) -> str:
    return str(error.diag.message_primary or error).splitlines()[0]
