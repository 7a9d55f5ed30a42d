"""The plan of a statement as the server would run it, without running it: EXPLAIN, generic where it has parameters."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

from observe.errors import QuestionError
from observe.observation import Row

if TYPE_CHECKING:
    import psycopg

GENERIC = 160_000
"""Version that plans a statement without values for its parameters: EXPLAIN (GENERIC_PLAN)."""
_PARAMETER = re.compile(r"\$\d+")
# What PostgreSQL 18 makes of a list of constants (query_id_squash_values in pg_stat_statements, "/*, ... */").
_FOLDED = re.compile(r"/\*, \.\.\. \*/")
_COMMENTS = re.compile(r"^(\s|\(|--[^\n]*\n|/\*.*?\*/)*", re.DOTALL)
_PLANNED = ("SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "WITH", "VALUES", "TABLE")
_TEXT = """
SELECT s.queryid::text AS id, r.rolname::text AS "user", d.datname::text AS database, s.query,
       d.datname = current_database() AS here
  FROM pg_stat_statements s LEFT JOIN pg_roles r ON r.oid = s.userid LEFT JOIN pg_database d ON d.oid = s.dbid
 WHERE s.queryid = %s ORDER BY here DESC, s.total_exec_time DESC LIMIT 1
"""


def find(conn: psycopg.Connection[Any], queryid: int) -> Row | None:
    """The statement of that id as pg_stat_statements keeps it, of this database where it ran in several.

    None where there is none. Its schema is in the search path of the session (`observe.read.absent`).
    """
    from psycopg.rows import dict_row

    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_TEXT, (queryid,)).fetchone()


def options(statement: str, version: int) -> tuple[str, ...]:
    """The options of EXPLAIN for a statement and a server version; with SETTINGS come those that are not the default.

    Raise QuestionError for what no server plans, or this one not.
    """
    if statement.strip() == "<insufficient privilege>":
        raise QuestionError("the statement is hidden from who looks: GRANT pg_read_all_stats TO them.")
    words = _COMMENTS.sub("", statement, count=1).split(maxsplit=1)
    word = words[0].upper() if words else "nothing"
    if not word.startswith(_PLANNED):
        raise QuestionError(f"PostgreSQL plans SELECT, INSERT, UPDATE, DELETE, MERGE and VALUES, not {word}.")
    if not _PARAMETER.search(statement):
        return ("VERBOSE", "SETTINGS")
    if version < GENERIC:
        raise QuestionError(
            f"PostgreSQL {version // 10_000} plans no statement without the values of its parameters ($1), which 16 "
            "does: give it with values, --query 'SELECT ...'."
        )
    return ("VERBOSE", "SETTINGS", "GENERIC_PLAN")


def plan(conn: psycopg.Connection[Any], statement: str, *, form: Literal["TEXT", "JSON"]) -> list[str]:
    """The plan, line by line, or as the one JSON document of PostgreSQL.

    Raise QuestionError, with what PostgreSQL said.
    """
    import psycopg

    text = statement.strip().rstrip(";")
    asked = f"EXPLAIN ({', '.join(options(text, conn.info.server_version))}, FORMAT {form}) {text}".encode()
    # Parsed alone first: the protocol of prepared statements takes no second statement behind a semicolon; the simple
    # one, which is what takes EXPLAIN (GENERIC_PLAN) of $1 without a value, takes any.
    parsed = conn.pgconn.prepare(b"", asked)
    if parsed.status == psycopg.pq.ExecStatus.FATAL_ERROR:
        said = (parsed.error_field(psycopg.pq.DiagnosticField.MESSAGE_PRIMARY) or b"").decode(errors="replace")
        raise QuestionError(_advice(said, text))
    try:
        with conn.cursor() as cursor:
            cursor.adapters.register_loader("json", psycopg.types.string.TextLoader)
            return [str(row[0]) for row in cursor.execute(asked)]
    except psycopg.Error as error:
        raise QuestionError(_advice(str(error.diag.message_primary or error), text)) from None


def folded(statement: str) -> bool:
    """Whether the text stands for statements with lists of several lengths, of which it has one value."""
    return bool(_FOLDED.search(statement))


def _advice(said: str, statement: str) -> str:
    if said.startswith("permission denied"):
        return f"{said}: explain it as who runs it, --identity NAME."
    if "does not exist" in said:
        return f"{said}: it ran with another search_path or in another database, -d NAME."
    normal = (
        " The text has lost its values; give it with some, --query 'SELECT ...'."
        if _PARAMETER.search(statement)
        else ""
    )
    return f"PostgreSQL cannot plan that: {said}.{normal}"
