"""One action, tried once: what came of it, as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import psycopg
from psycopg import errors

from bootstrap.postgres.warned import warned
from maintain.action import Action
from maintain.run.budget import Budget
from maintain.run.session import acting_as, limit, settle
from maintain.run.watch import Watch, Watched
from maintain.run.words import refused

End = Literal["done", "failed", "stopped", "locked", "gone", "lost"]
"""`locked`: a lock was not had in time, so it may be tried again; `gone`: what it is about is no longer there; `lost`:
the connection broke."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """How it ended."""

    end: End
    detail: str = ""
    rows: int | None = None
    """That were changed, where they are counted."""
    watched: Watched = field(repr=False)


def attempt(conn: psycopg.Connection[Any], action: Action, budget: Budget, watch: Watch) -> Attempt:
    """Try it. The session is one that `session.begin` has made ready; it is as before afterwards, or lost."""
    with watch.over(conn, action.kind) as seen, warned(conn) as warnings:
        rows = _Count(repeat=action.repeat)
        try:
            with acting_as(conn, action.role):
                _send(conn, action, budget, seen, rows)
        except psycopg.Error as error:
            end, detail = _judged(error, conn, seen, action)
        else:
            end, detail = ("stopped", seen.stopped) if rows.unfinished else ("done", "")
        if not conn.closed and seen.stopped:
            settle(conn)
    if end == "done" and warnings:
        end, detail = "failed", refused("; ".join(warnings), action, conn.info.user, conn.info.server_version)
    return Attempt(end=end, detail=detail, rows=rows.total, watched=seen)


class _Count:
    """Rows that a repeated statement has changed."""

    def __init__(self, *, repeat: bool) -> None:
        self.total = 0 if repeat else None
        self.unfinished = False


def _send(conn: psycopg.Connection[Any], action: Action, budget: Budget, seen: Watched, rows: _Count) -> None:
    if action.transaction:
        limit(conn, "", budget.left)
        with conn.transaction():
            for statement in action.statements:
                conn.execute(statement.encode())
        return
    for statement in action.statements:
        limit(conn, statement, budget.left)
        changed = conn.execute(statement.encode()).rowcount
        while rows.total is not None and changed > 0:
            rows.total += changed
            if seen.stopped or not budget.left:
                seen.stopped = seen.stopped or "the budget is used up"
                rows.unfinished = True
                return
            limit(conn, statement, budget.left)
            changed = conn.execute(statement.encode()).rowcount


def _judged(error: psycopg.Error, conn: psycopg.Connection[Any], seen: Watched, action: Action) -> tuple[End, str]:
    said = " ".join(str(error.diag.message_primary or error).split())
    if conn.closed or isinstance(error, errors.AdminShutdown | errors.CrashShutdown):
        return "lost", f"the connection was lost: {said}"
    if isinstance(error, errors.QueryCanceled):
        return "stopped", seen.stopped or _why_cancelled(said)
    if isinstance(error, errors.LockNotAvailable | errors.DeadlockDetected):
        return "locked", f"{said}{f'; it waited for {seen.behind}' if seen.behind else ''}"
    if isinstance(error, errors.UndefinedTable | errors.UndefinedObject | errors.InvalidSchemaName):
        return "gone", f"it is no longer as it was planned: {said}"
    return "failed", refused(said, action, conn.info.user, conn.info.server_version)


def _why_cancelled(said: str) -> str:
    return "the budget is used up" if "statement timeout" in said else f"somebody cancelled it: {said}"
