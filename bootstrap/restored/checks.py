"""What a restored instance is asked: the bootstrap's own checks, and that every table can be read to its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psycopg

from bootstrap import schema
from bootstrap.access import Access
from bootstrap.migrate.books import TABLE
from bootstrap.postgres.change import ident
from bootstrap.postgres.desired import SCHEMA
from bootstrap.restored import sequences


@dataclass(frozen=True, kw_only=True)
class RestoreCheck:
    """One question and its answer."""

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """All of them."""

    checks: tuple[RestoreCheck, ...]
    rows: Mapping[str, int]
    """Rows of each table."""

    @property
    def ok(self) -> bool:
        """Whether it could be used in place of the primary."""
        return all(check.ok for check in self.checks)

    @property
    def message(self) -> str:
        """In a sentence: what is wrong, or what was looked at."""
        wrong = [f"{check.name}: {check.detail}" for check in self.checks if not check.ok]
        if wrong:
            return "; ".join(wrong)
        return f"{len(self.rows)} tables with {sum(self.rows.values())} rows, {len(self.checks)} checks passed"

    def as_json(self) -> dict[str, Any]:
        """The stable form for machines."""
        return {"ok": self.ok, "message": self.message, **asdict(self)}


def judge(
    conn: psycopg.Connection[Any], access: Access, migrations: Path, *, alive: Mapping[str, int] | None = None
) -> Verdict:
    """Ask the restored instance. `conn` is its master's; `alive` are about how many rows the primary has now."""
    rows: dict[str, int] = {}
    asked: tuple[tuple[str, Callable[[], tuple[bool, str]]], ...] = (
        ("recovered", lambda: _recovered(conn)),
        ("migration", lambda: _migration(conn)),
        ("owner", lambda: _owner(conn, access)),
        ("indexes", lambda: _indexes(conn)),
        ("schema and rows", lambda: _content(conn, access, migrations, rows)),
        ("sequences", lambda: _sequences(conn, access)),
        ("rows beside the primary", lambda: _beside(rows, alive)),
        ("write", lambda: _write(conn)),
    )
    return Verdict(checks=tuple(_asked(conn, asked)), rows=rows)


def _asked(
    conn: psycopg.Connection[Any], asked: tuple[tuple[str, Callable[[], tuple[bool, str]]], ...]
) -> Iterator[RestoreCheck]:
    for name, question in asked:
        if conn.closed:
            yield RestoreCheck(name=name, ok=False, detail="the connection was lost")
            continue
        try:
            ok, detail = question()
        except (psycopg.Error, schema.DefinitionError) as error:
            # Only the primary message: the others may quote rows.
            told = error.diag.message_primary if isinstance(error, psycopg.Error) else str(error)
            ok, detail = False, told or type(error).__name__
        yield RestoreCheck(name=name, ok=ok, detail=detail)


def _recovered(conn: psycopg.Connection[Any]) -> tuple[bool, str]:
    row = conn.execute("SELECT pg_is_in_recovery()").fetchone()
    standby = bool(row and row[0])
    return not standby, "it is a standby" if standby else "it is a primary"


def _migration(conn: psycopg.Connection[Any]) -> tuple[bool, str]:
    table = f"{ident(SCHEMA)}.{ident(TABLE)}"
    row = conn.execute(f"SELECT version, dirty FROM {table}".encode()).fetchone()  # noqa: S608 quoted
    if row is None:
        return False, "no migration was ever applied"
    return not row[1], f"version {row[0]}" + (", dirty: it was taken within a migration that failed" if row[1] else "")


def _owner(conn: psycopg.Connection[Any], access: Access) -> tuple[bool, str]:
    """The owner must be there; an identity may be younger than the recovery point."""
    names = [access.owner, *sorted(access.postgres_users)]
    found = {name for (name,) in conn.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", (names,))}
    missing = [name for name in names if name not in found]
    if access.owner in missing:
        return False, f"the role {access.owner} is missing"
    return True, f"{len(found)} roles" + (f", younger than it: {', '.join(missing)}" if missing else "")


def _indexes(conn: psycopg.Connection[Any]) -> tuple[bool, str]:
    query = "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid ORDER BY 1"
    invalid = [name for (name,) in conn.execute(query)]
    return not invalid, f"invalid: {', '.join(invalid)}" if invalid else "all valid"


def _content(conn: psycopg.Connection[Any], access: Access, migrations: Path, rows: dict[str, int]) -> tuple[bool, str]:
    """Hold it against the definition, and count every table, which reads every page of it; as the owner, whom no policy
    hides rows from."""
    path = schema.beside(migrations)
    with _as_owner(conn, access):
        found = schema.judge(conn, schema.load(path)) if path else None
        counted = schema.count(conn)
    rows.update(counted.rows)
    unread = f"; not {access.owner}'s to read: {', '.join(counted.unread)}" if counted.unread else ""
    if found is None:
        return True, f"no definition is committed{unread}"
    if found.wrong:
        return False, "; ".join(f"{each.kind} {each.object}: {each.what}" for each in found.wrong) + unread
    told = "; ".join(f"{each.kind} {each.object}: {each.what}" for each in found.counted) or "as defined"
    return True, "; ".join(filter(None, (told, found.note))) + unread


def _sequences(conn: psycopg.Connection[Any], access: Access) -> tuple[bool, str]:
    """One that is behind its column hands out keys that are taken."""
    with _as_owner(conn, access):
        found = sequences.look(conn)
    unread = f"; not {access.owner}'s to read: {', '.join(found.unread)}" if found.unread else ""
    if found.behind:
        return False, f"behind their column: {', '.join(found.behind)}{unread}"
    return True, f"{found.seen} ahead of their column{unread}"


@contextmanager
def _as_owner(conn: psycopg.Connection[Any], access: Access) -> Iterator[None]:
    with conn.transaction(force_rollback=True):
        conn.execute(f"SET LOCAL ROLE {ident(access.owner)}".encode())
        yield


def _beside(rows: Mapping[str, int], alive: Mapping[str, int] | None) -> tuple[bool, str]:
    """Tables fill and empty between two days; a copy without a single row of a database that has some is none."""
    if alive is None:
        return True, "the primary was not asked"
    alive = {name: count for name, count in alive.items() if name in rows}  # the books of the migrations are not
    if not any(rows.values()) and any(alive.values()):
        return False, f"no table has a row, and the primary has about {sum(alive.values())}"
    empty = [name for name, count in alive.items() if count and rows.get(name) == 0]
    return True, f"empty here and not there: {', '.join(sorted(empty))}" if empty else "no table is empty here alone"


def _write(conn: psycopg.Connection[Any]) -> tuple[bool, str]:
    with conn.transaction(force_rollback=True):
        conn.execute("CREATE TEMPORARY TABLE datatier_restored (at timestamptz DEFAULT now()) ON COMMIT DROP")
        done = conn.execute("INSERT INTO datatier_restored DEFAULT VALUES")
    return done.rowcount == 1, "written and rolled back"
