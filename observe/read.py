"""One observation of one server: ask, judge, and say what the session was not allowed to see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, Any

from knowledge.thresholds.threshold import Status
from observe.node import SECONDS
from observe.observation import Finding, Observation, Observed, Right, Row, Rows

if TYPE_CHECKING:
    import psycopg


def look(conn: psycopg.Connection[Any], node: str, observation: Observation) -> Observed:
    """Ask PostgreSQL; an answer that fails is a finding `SKIPPED`, never an error."""
    import psycopg
    from psycopg.rows import dict_row

    assert callable(observation.read)  # noqa: S101 one of PostgreSQL
    hidden: tuple[Finding, ...] = ()
    try:
        if found := absent(conn, observation.extension):
            return Observed(node=node, observation=observation, rows=(), findings=(found,), refused=True)
        if shut := next(_lacking(conn, observation.demands), None):
            found = replace(shut, check=observation.id)
            return Observed(node=node, observation=observation, rows=(), findings=(found,), refused=True)
        hidden = tuple(_lacking(conn, observation.needs))
        with conn.cursor(row_factory=dict_row) as cursor:
            rows: Rows = tuple(cursor.execute(observation.read(conn.info.server_version).encode()).fetchall())
            if observation.detail:
                until = monotonic() + observation.patience - SECONDS  # the last one may take all of its time
                rows = tuple({**row, **_detail(cursor, observation.detail(row), until)} for row in rows)
    except psycopg.Error as error:
        said = hidden or (_skipped(observation.id, _sentence(error), ""),)
        return Observed(node=node, observation=observation, rows=(), findings=said, refused=True)
    if observation.arrange:
        rows = observation.arrange(rows)
    return Observed(node=node, observation=observation, rows=tuple(rows), findings=(*observation.judge(rows), *hidden))


_SCHEMA = """
SELECT quote_ident(n.nspname), has_schema_privilege(n.oid, 'USAGE'), x.available, current_database(),
       quote_ident(current_user)
  FROM (SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = %(name)s) AS available) x
  LEFT JOIN pg_extension e ON e.extname = %(name)s LEFT JOIN pg_namespace n ON n.oid = e.extnamespace
"""


def absent(conn: psycopg.Connection[Any], name: str) -> Finding | None:
    """Why there is nothing to read by an extension; None where it is there, and its schema in the search path now."""
    if not name:
        return None
    row = conn.execute(_SCHEMA, {"name": name}).fetchone()
    schema, usable, available, database, login = row or (None, False, False, "", "")
    if usable:
        conn.execute("SELECT set_config('search_path', %s, false)", (schema,))
        return None
    if schema:
        # What the search path names and may not be used is passed over: it would look as if nothing were there.
        return _skipped(
            name, f"{login} may not use the schema {schema} of {name}", f"GRANT USAGE ON SCHEMA {schema} TO {login}"
        )
    if available:
        return _skipped(name, f"the extension {name} is not in the database {database}", f"CREATE EXTENSION {name}")
    return _skipped(name, f"this server has no extension {name}", "")


def _detail(cursor: psycopg.Cursor[dict[str, Any]], statement: str, until: float) -> Row:
    import psycopg

    if not statement:
        return {}
    if monotonic() > until:
        return {"refused": "the time for all of them was over"}
    try:
        return cursor.execute(statement.encode()).fetchone() or {}
    except psycopg.Error as error:
        if cursor.connection.closed:
            raise
        return {"refused": _sentence(error)}


def _lacking(conn: psycopg.Connection[Any], needs: tuple[Right, ...]) -> Iterator[Finding]:
    for right in (each for each in needs if each.held):
        row = conn.execute(f"SELECT {right.held}, current_user::text".encode()).fetchone()
        if row and not row[0]:
            login = str(row[1]).replace('"', '""')
            said = right.lack.format(login=login, name=right.name)
            yield _skipped(right.name, said, right.grant.format(login=login))


def _skipped(check: str, message: str, mend: str) -> Finding:
    return Finding(check=check, status=Status.SKIPPED, message=message, mend=mend)


def _sentence(error: psycopg.Error) -> str:
    return str(error.diag.message_primary or error).splitlines()[0]
