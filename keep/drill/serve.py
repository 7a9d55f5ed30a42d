"""The phase `serve`: a login as the application's role, its first answer, and a write that touches no row."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

from bootstrap.manifest import Endpoint
from bootstrap.secrets import LoginError, open_postgres
from bootstrap.secrets import Stage as SecretStage
from clients.credentials import default_identity, secret_of
from keep.drill.drill import NotWholeError
from keep.drill.scene import Stage

# AWSPREVIOUS too: a copy of before a rotation has the password of before it.
_STAGES: tuple[SecretStage, ...] = ("AWSCURRENT", "AWSPREVIOUS")
_TABLE = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
  AND has_table_privilege(c.oid, 'DELETE')
ORDER BY c.reltuples DESC, 1, 2 LIMIT 1
"""


def serve(stage: Stage, endpoint: Endpoint) -> str:
    """Do it and say as whom. Raise NotWholeError where the application would get no answer."""
    identity = default_identity(stage.scene.access)
    if not stage.scene.access.logins(identity):
        raise NotWholeError("access.yaml has no identity that logs in to PostgreSQL: nobody could use what came back")
    with _entered(stage, endpoint, identity) as conn:
        try:
            said = f"{identity} has logged in, {answer(conn)}"
        except psycopg.Error as error:
            raise NotWholeError(f"{identity} gets no answer: {error.diag.message_primary or error}") from None
    stage.notes.check("application", True, said)
    return said


def answer(conn: psycopg.Connection[Any]) -> str:
    """Read from a table that the current role may write to and write no row to it; say which."""
    conn.execute("SELECT 1")
    found = conn.execute(_TABLE).fetchone()
    if found is None:
        return "has an answer; it may write to no table"
    table = Identifier(*found)
    with conn.transaction(force_rollback=True):
        conn.execute(SQL("SELECT 1 FROM {} LIMIT 1").format(table))
        conn.execute(SQL("DELETE FROM {} WHERE false").format(table))  # a standby refuses it
    return f"has read {'.'.join(found)} and may write to it"


def _entered(stage: Stage, endpoint: Endpoint, identity: str) -> psycopg.Connection[Any]:
    stack, arn = stage.scene.stack, secret_of(stage.scene.stack, identity)
    target = stack.postgres.at(endpoint)
    refusal = f"the secret of {identity} is empty"
    for each in _STAGES:
        version = stage.scene.store.get(arn, each)
        if version is None or version.credential.username is None:
            continue
        try:
            return open_postgres(target, endpoint, version.credential.username, version.credential.password)
        except LoginError as error:
            refusal = str(error)
            if not error.refused:
                break
    raise NotWholeError(refusal)
