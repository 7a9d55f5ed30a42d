"""Does what is planned, one action after the other, on one connection."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

from maintain.action import Action, MaintenancePlan
from maintain.report import Done, MaintenanceReport

LOCK_SECONDS = 2
"""How long it waits for a lock: whoever queues behind it waits as long."""


def run(conn: psycopg.Connection[Any], plan: MaintenancePlan, say: Callable[[str], None]) -> MaintenanceReport:
    """Carry it out. The session is the caller's, in autocommit, of a login that may become the roles of the actions."""
    began, started = datetime.now(UTC), time.monotonic()
    conn.execute(f"SET lock_timeout = '{LOCK_SECONDS}s'".encode())
    done = []
    for action in plan.actions:
        say(action.statement)
        done.append(_one(conn, action))
    return MaintenanceReport(began_at=began.isoformat(), seconds=round(time.monotonic() - started, 3), done=tuple(done))


def _one(conn: psycopg.Connection[Any], action: Action) -> Done:
    warnings: list[str] = []

    def hear(notice: psycopg.errors.Diagnostic) -> None:
        if notice.severity_nonlocalized == "WARNING":
            warnings.append(notice.message_primary or "")

    conn.add_notice_handler(hear)
    began, said = time.monotonic(), ""
    try:
        if action.role:
            conn.execute(SQL("SET ROLE {}").format(Identifier(action.role)))
        for statement in action.statements:
            conn.execute(statement.encode())
    except psycopg.Error as error:
        said = str(error.diag.message_primary or error)
    finally:
        conn.remove_notice_handler(hear)
    # A VACUUM without rights only warns.
    said = said or "; ".join(warnings)
    return Done(
        kind=action.kind,
        object=action.object,
        statement=action.statement,
        state="failed" if said else "done",
        seconds=round(time.monotonic() - began, 3),
        detail=said,
    )
