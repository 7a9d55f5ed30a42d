"""Extensions that the applications build on: made where the server ships them, reported where it does not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg

from bootstrap.postgres.change import comma, ident

REQUIRED = ("vector", "citext", "pg_stat_statements", "pgcrypto")
_NEEDS_PRELOAD = frozenset({"pg_stat_statements"})


@dataclass(frozen=True, kw_only=True)
class Extensions:
    """What became of them."""

    made: tuple[str, ...]
    differences: tuple[str, ...]


def ensure(conn: psycopg.Connection[Any]) -> Extensions:
    """Create what is missing and can be had. `conn` is the master's."""
    query = """SELECT name, installed_version IS NOT NULL FROM pg_available_extensions WHERE name = ANY(%s)"""
    installed = dict(conn.execute(query, (list(REQUIRED),)).fetchall())
    made: list[str] = []
    differences: list[str] = []
    for name in REQUIRED:
        if name not in installed:
            differences.append(f"extension {name}: this server does not ship it; RDS does")
        elif not installed[name]:
            try:
                conn.execute(f"CREATE EXTENSION {ident(name)}".encode())
                made.append(f"extension {name} made")
            except psycopg.Error as error:
                reason = error.diag.message_primary or type(error).__name__
                differences.append(f"extension {name}: {reason}; as a superuser: CREATE EXTENSION {ident(name)}")
    differences += _not_preloaded(conn, installed)
    return Extensions(made=tuple(made), differences=tuple(differences))


def _not_preloaded(conn: psycopg.Connection[Any], installed: dict[str, bool]) -> list[str]:
    wanted = _NEEDS_PRELOAD & set(installed)
    row = conn.execute("SELECT setting FROM pg_settings WHERE name = 'shared_preload_libraries'").fetchone()
    missing = sorted(wanted - {part.strip() for part in (row[0] if row else "").split(",")})
    if not missing:
        return []
    return [f"{comma(missing)} must be in shared_preload_libraries, which needs a restart: see the parameter group"]
