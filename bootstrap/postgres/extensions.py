"""Extensions that the applications build on: made where the server ships them, reported where it does not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg

from bootstrap.action import Action
from bootstrap.postgres.change import comma, ident

REQUIRED = ("vector", "citext", "pg_stat_statements", "pgcrypto")
# Who may make one: PostgreSQL's documentation, CREATE EXTENSION; on RDS, which alone has that setting, rds_superuser
# may make all that the setting lists (RDS User Guide, "Using PostgreSQL extensions with Amazon RDS for PostgreSQL").
_QUERY = """SELECT a.name, a.installed_version IS NOT NULL,
    NOT v.superuser OR (v.trusted AND has_database_privilege(current_database(), 'CREATE'))
        OR current_setting('is_superuser')::bool OR current_setting('rds.extensions', true) IS NOT NULL
    FROM pg_available_extensions a
    JOIN pg_available_extension_versions v ON v.name = a.name AND v.version = a.default_version
    WHERE a.name = ANY(%s)"""
_NEEDS_PRELOAD = frozenset({"pg_stat_statements"})


@dataclass(frozen=True, kw_only=True)
class Lacking:
    """What the server has of them, compared with what is needed."""

    actions: tuple[Action, ...]
    """One for each that is missing and may be made by whoever is logged in."""
    denied: tuple[Action, ...]
    """Those that only a superuser makes here."""
    differences: tuple[str, ...]
    """What is missing and cannot be had, or does nothing as it is."""


@dataclass(frozen=True, kw_only=True)
class Extensions:
    """What became of them."""

    made: tuple[str, ...]
    differences: tuple[str, ...]


def look(conn: psycopg.Connection[Any]) -> Lacking:
    """Return what is missing; nothing is changed."""
    rows = conn.execute(_QUERY, (list(REQUIRED),)).fetchall()
    installed, mine = {row[0]: row[1] for row in rows}, {row[0]: row[2] for row in rows}
    missing = [name for name in REQUIRED if installed.get(name) is False]
    return Lacking(
        actions=tuple(_create(conn, name) for name in missing if mine[name]),
        denied=tuple(_create(conn, name) for name in missing if not mine[name]),
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
    for action in (*lacking.actions, *lacking.denied):  # a cloud may let its administrator make more than is said here
        try:
            conn.execute(action.text.encode())
            made.append(f"{action.subject} made")
        except psycopg.Error as error:
            differences.append(refused(action, error.diag.message_primary or type(error).__name__))
    return Extensions(made=tuple(made), differences=(*differences, *lacking.differences))


def refused(action: Action, reason: str = "") -> str:
    """Say of an extension that it was not made; without a `reason` that it would not be, in PostgreSQL's words."""
    name = action.subject.removeprefix("extension ")
    why = reason or f'permission denied to create extension "{name}"'
    return f"{action.subject}: {why}; as a superuser: {action.text}"


def _create(conn: psycopg.Connection[Any], name: str) -> Action:
    return Action(
        engine="postgres",
        target=conn.info.dbname,
        verb="extend",
        subject=f"extension {name}",
        text=f"CREATE EXTENSION {ident(name)}",
    )


def _not_preloaded(conn: psycopg.Connection[Any], installed: dict[str, bool]) -> list[str]:
    wanted = _NEEDS_PRELOAD & set(installed)
    row = conn.execute("SELECT setting FROM pg_settings WHERE name = 'shared_preload_libraries'").fetchone()
    missing = sorted(wanted - {part.strip() for part in (row[0] if row else "").split(",")})
    if not missing:
        return []
    return [f"{comma(missing)} must be in shared_preload_libraries, which needs a restart: see the parameter group"]
