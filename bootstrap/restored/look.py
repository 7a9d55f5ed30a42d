"""What is read of a restored instance: its access and its schema as drift reads them, and every row of every table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

import psycopg

from bootstrap import schema
from bootstrap.access import Access
from bootstrap.postgres.change import ident
from bootstrap.postgres.pressure import migration
from bootstrap.reconcile.by_url import plan_urls
from bootstrap.reconcile.plan import Plan
from bootstrap.report import MigrationReached
from bootstrap.restored import sequences

_T = TypeVar("_T")


class UnreadableError(Exception):
    """Something could not be read."""


@dataclass(frozen=True)
class Answer(Generic[_T]):
    """What a question to the server brought, or why it brought nothing."""

    found: _T | None = None
    failed: str = ""

    @property
    def value(self) -> _T:
        """Return it; raise UnreadableError where it could not be read."""
        if self.failed:
            raise UnreadableError(self.failed)
        return cast("_T", self.found)  # which may be None by itself


@dataclass(frozen=True, kw_only=True)
class RestoredCopy:
    """A restored instance."""

    owner: str
    """The role that owns the objects, by the declaration of today."""
    standby: Answer[bool]
    migration: Answer[MigrationReached | None]
    plan: Answer[Plan]
    """What a bootstrap would change of its roles and privileges."""
    invalid: Answer[tuple[str, ...]]
    """Indexes that are not valid."""
    judged: Answer[schema.Judgement | None]
    """The schema compared with its definition; None where none is committed."""
    counted: Answer[schema.Counted]
    sequences: Answer[sequences.Look]
    written: Answer[bool]
    alive: Mapping[str, int] | None = None
    """About how many rows the primary has now; None where it was not asked."""

    @property
    def rows(self) -> Mapping[str, int]:
        """Rows of each table; none where they could not be counted."""
        return self.counted.found.rows if self.counted.found else {}


def look(
    conn: psycopg.Connection[Any], access: Access, migrations: Path, *, alive: Mapping[str, int] | None = None
) -> RestoredCopy:
    """Read the restored instance as its master, to whom `conn` belongs. What cannot be read does not stop the rest."""
    path = schema.beside(migrations)

    def ask(question: Callable[[], _T]) -> Answer[_T]:
        if conn.closed:
            return Answer(failed="the connection was lost")
        try:
            return Answer(question())
        except (psycopg.Error, schema.DefinitionError) as error:
            # Only the primary message: the others may quote rows.
            reason = error.diag.message_primary if isinstance(error, psycopg.Error) else str(error)
            return Answer(failed=reason or type(error).__name__)

    def as_owner(question: Callable[[], _T]) -> Answer[_T]:
        """No policy hides rows from the owner."""

        def asked() -> _T:
            with _as(conn, access.owner):
                return question()

        return ask(asked)

    return RestoredCopy(
        owner=access.owner,
        standby=ask(lambda: _one(conn, "SELECT pg_is_in_recovery()")),
        migration=ask(lambda: migration(conn)),
        plan=ask(lambda: plan_urls(access, conn, None, "main")),
        invalid=ask(lambda: _invalid(conn)),
        judged=as_owner(
            lambda: schema.judge(conn, schema.with_periods(schema.load(path), access.upkeep)) if path else None
        ),
        counted=as_owner(lambda: schema.count(conn)),  # which reads every page
        sequences=as_owner(lambda: sequences.look(conn)),
        written=ask(lambda: _written(conn)),
        alive=alive,
    )


def _one(conn: psycopg.Connection[Any], query: str) -> bool:
    row = conn.execute(query.encode()).fetchone()
    return bool(row and row[0])


def _invalid(conn: psycopg.Connection[Any]) -> tuple[str, ...]:
    query = "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid ORDER BY 1"
    return tuple(name for (name,) in conn.execute(query))


def _written(conn: psycopg.Connection[Any]) -> bool:
    with conn.transaction(force_rollback=True):
        conn.execute("CREATE TEMPORARY TABLE datatier_restored (at timestamptz DEFAULT now()) ON COMMIT DROP")
        done = conn.execute("INSERT INTO datatier_restored DEFAULT VALUES")
    return done.rowcount == 1


@contextmanager
def _as(conn: psycopg.Connection[Any], role: str) -> Iterator[None]:
    with conn.transaction(force_rollback=True):
        conn.execute(f"SET LOCAL ROLE {ident(role)}".encode())
        yield
