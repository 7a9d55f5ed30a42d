"""The extensions that an application declares: made where the server has them, reported where it has not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from bootstrap.action import Action
from bootstrap.declared_extensions import DeclaredExtension
from bootstrap.postgres.change import comma, ident

# Who may make one: PostgreSQL's documentation, CREATE EXTENSION; on RDS, which alone has that setting, rds_superuser
# may make all that the setting lists (RDS User Guide, "Using PostgreSQL extensions with Amazon RDS for PostgreSQL").
_QUERY = """SELECT a.name, a.installed_version IS NOT NULL,
    NOT v.superuser OR (v.trusted AND has_database_privilege(current_database(), 'CREATE'))
        OR current_setting('is_superuser')::bool OR current_setting('rds.extensions', true) IS NOT NULL
    FROM pg_available_extensions a
    JOIN pg_available_extension_versions v ON v.name = a.name AND v.version = a.default_version
    WHERE a.name = ANY(%s)"""
# Extensions whose library collects from the start of the server or not at all (their documentation). One that cannot be
# made without its library says so itself.
_NEEDS_PRELOAD = frozenset({"pg_stat_statements", "pg_stat_monitor"})


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


def look(conn: psycopg.Connection[Any], wanted: Sequence[DeclaredExtension], owner: str | None = None) -> Lacking:
    """Return what is missing of those wanted; nothing is changed. A schema that is made for one is the owner's."""
    rows = conn.execute(_QUERY, ([each.name for each in wanted],)).fetchall()
    installed, mine = {row[0]: row[1] for row in rows}, {row[0]: row[2] for row in rows}
    missing = [each for each in wanted if installed.get(each.name) is False]
    return Lacking(
        actions=(
            *_schemas(conn, [each for each in wanted if each.name in installed], owner),
            *(_create(conn, each) for each in missing if mine[each.name]),
        ),
        denied=tuple(_create(conn, each) for each in missing if not mine[each.name]),
        differences=(
            *(f"extension {each.name}: this server does not have it" for each in wanted if each.name not in installed),
            *_not_preloaded(conn, installed),
        ),
    )


def ensure(conn: psycopg.Connection[Any], wanted: Sequence[DeclaredExtension], owner: str | None = None) -> Extensions:
    """Create what is missing and can be had. `conn` is the master's."""
    lacking = look(conn, wanted, owner)
    made: list[str] = []
    differences: list[str] = []
    for action in (*lacking.actions, *lacking.denied):  # a cloud may let its administrator make more than is said here
        try:
            conn.execute(action.text.encode())
            made.append(f"{action.subject} made")
        except psycopg.Error as error:
            differences.append(refused(action, error))
    return Extensions(made=tuple(made), differences=(*differences, *lacking.differences))


def refused(action: Action, error: psycopg.Error | None = None) -> str:
    """Say that something was not made; without an error that it would be denied, in PostgreSQL's words."""
    name = action.subject.removeprefix("extension ")
    denied = error is None or isinstance(error, psycopg.errors.InsufficientPrivilege)
    primary = error.diag.message_primary or type(error).__name__ if error else ""
    why = primary or f'permission denied to create extension "{name}"'
    return f"{action.subject}: {why}" + (f"; as a superuser: {action.text}" if denied else "")


def _schemas(conn: psycopg.Connection[Any], wanted: Iterable[DeclaredExtension], owner: str | None) -> Iterator[Action]:
    """Make the schemas that extensions go into, before the migrations, which may use them, and the owner's."""
    names = dict.fromkeys(each.schema for each in wanted if each.schema)
    rows = conn.execute(
        "SELECT nspname, pg_get_userbyid(nspowner) = current_user FROM pg_namespace WHERE nspname = ANY(%s)",
        (list(names),),
    ).fetchall()
    mine = dict(rows)
    for schema in names:
        if schema not in mine:
            text = f"CREATE SCHEMA {ident(schema)}" + (f" AUTHORIZATION {ident(owner)}" if owner else "")
        elif mine[schema] and owner and owner != conn.info.user:
            text = f"ALTER SCHEMA {ident(schema)} OWNER TO {ident(owner)}"
        else:
            continue
        yield Action(engine="postgres", target=conn.info.dbname, verb="extend", subject=f"schema {schema}", text=text)


def _create(conn: psycopg.Connection[Any], wanted: DeclaredExtension) -> Action:
    """With what it requires, which goes into the same schema."""
    place = f" SCHEMA {ident(wanted.schema)}" if wanted.schema else ""
    return Action(
        engine="postgres",
        target=conn.info.dbname,
        verb="extend",
        subject=f"extension {wanted.name}",
        text=f"CREATE EXTENSION IF NOT EXISTS {ident(wanted.name)}{place} CASCADE",
    )


def _not_preloaded(conn: psycopg.Connection[Any], installed: Mapping[str, bool]) -> list[str]:
    wanted = _NEEDS_PRELOAD & set(installed)
    row = conn.execute("SELECT setting FROM pg_settings WHERE name = 'shared_preload_libraries'").fetchone()
    # Only superusers and members of pg_read_all_settings see it: who does not cannot tell.
    missing = sorted(wanted - {part.strip() for part in row[0].split(",")}) if row else []
    if not missing:
        return []
    return [f"{comma(missing)} must be in shared_preload_libraries, which needs a restart: see the parameter group"]
