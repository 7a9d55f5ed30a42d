"""What a REINDEX or CREATE INDEX CONCURRENTLY that was broken off has left behind is dropped at once."""

from __future__ import annotations

from typing import Any

import psycopg

from maintain.action import Action
from maintain.run.objects import Object
from maintain.run.proof import Proof
from maintain.run.session import acting_as, limit

SECONDS = 60.0
"""For one index: it is empty or half built, and waits for those who have its table open."""


def drop(conn: psycopg.Connection[Any], action: Action, was: Object, proof: Proof) -> str:
    """Drop the indexes that are invalid now and were not before; say what is left of them, empty where nothing is.

    As their owner: who has MAINTAIN alone may build an index and not drop it (PostgreSQL, Privileges). The next run
    finds what is left. It goes beyond the budget if it has to.
    """
    if " CONCURRENTLY" not in action.statement.upper() or action.kind == "drop-index":
        return ""
    said = []
    now = proof.before(action)
    for name in sorted(now.invalid - was.invalid):
        statement = f"DROP INDEX CONCURRENTLY {name}"
        try:
            with acting_as(conn, now.owner):
                limit(conn, statement, SECONDS)
                conn.execute(statement.encode())
        except psycopg.Error as error:
            why = " ".join(str(error.diag.message_primary or error).split())
            said.append(f"{name} is left for the next run: {why}")
    return "; ".join(said)
