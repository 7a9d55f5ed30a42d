"""Extensions that the applications build on: made where the server ships them, reported where it does not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg

from bootstrap.action import Action
from bootstrap.postgres.change import comma, ident

REQUIRED = ("vector", "citext", "pg_stat_statements", "pgcrypto")
_NEEDS_PRELOAD = frozenset({"pg_stat_statements"})


@dataclass(frozen=True, kw_only=True)
class Lacking:
    """What the server has of them beside what is needed."""

    actions: tuple[Action, ...]
    """One for each that is missing and can be had."""
    differences: tuple[str, ...]
    """What is missing and cannot be had, or does nothing as it is."""


@dataclass(frozen=True, kw_only=True)
class Extensions:
    """What became of them."""

    made: tuple[str, ...]
    differences: tuple[str, ...]


def look(conn: psycopg.Connection[Any]) -> Lacking:
    """Return what is missing; nothing is changed."""
    query = """SELECT name, installed_version IS NOT NULL FROM pg_available_extensions WHERE name = ANY(%s)"""
    installed = dict(conn.execute(query, (list(REQUIRED),)).fetchall())
    return Lacking(
        actions=tuple(
            Action(
                engine="postgres",
                target=conn.info.dbname,
                verb="extend",
                subject=f"extension {name}",
                text=f"CREATE EXTENSION {ident(name)}",
            )
            for name in REQUIRED
            if installed.get(name) is False
        ),
        differences=(
            *(f"extension {n}: this server does not ship it; RDS does" for n in REQUIRED if n not in installed),
            *_not_preloaded(conn, installed),
        ),
    )


def ensure(conn: psycopg.Connection[Any]) -> Extensions:
    """Create what is missing and can be had. `conn` is the master's."""
    lacking = look(conn)
    made: list[str] = []
    differences: list[str] = []
    for action in lacking.actions:
        try:
            conn.execute(action.text.encode())
            made.append(f"{action.subject} made")
        except psycopg.Error as error:
            reason = error.diag.message_primary or type(error).__name__
            differences.append(f"{action.subject}: {reason}; as a superuser: {action.text}")
    return Extensions(made=tuple(made), differences=(*differences, *lacking.differences))


def _not_preloaded(conn: psycopg.Connection[Any], installed: dict[str, bool]) -> list[str]:
    wanted = _NEEDS_PRELOAD & set(installed)
    row = conn.execute("SELECT setting FROM pg_settings WHERE name = 'shared_preload_libraries'").fetchone()
    missing = sorted(wanted - {part.strip() for part in (row[0] if row else "").split(",")})
    if not missing:
        return []
    return [f"{comma(missing)} must be in shared_preload_libraries, which needs a restart: see the parameter group"]
