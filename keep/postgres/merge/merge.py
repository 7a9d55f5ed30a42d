"""Brings rows back from a copy: a plan that changes nothing, or the same with its end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import psycopg
from pydantic import BaseModel, ConfigDict

from bootstrap.postgres.change import ident
from keep.errors import KeepError
from keep.postgres.merge.apply import apply
from keep.postgres.merge.find import Wanted, find
from keep.postgres.merge.judge import MergePlan, judge
from keep.postgres.merge.stage import Side, Staging
from keep.postgres.merge.tables import read
from keep.postgres.snapshot import PINNED

_PATIENCE = "SET LOCAL lock_timeout = '5s'"
"""Whoever holds a table longer is not made to wait with everybody behind us."""


class Merged(BaseModel):
    """What a merge has done, or would do."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    plan: MergePlan
    done: bool
    sequences: tuple[str, ...] = ()
    """Sequences that were set forward."""


def merge(
    copy: psycopg.Connection[Any],
    database: psycopg.Connection[Any],
    wanted: Sequence[Wanted],
    *,
    role: str | None,
    carry_out: bool,
    triggers: Literal["fire", "off"] = "fire",
) -> Merged:
    """Bring back what `database` lacks of `wanted`, all or nothing; without `carry_out` only say what it is.

    Both sessions are autocommit and become `role`, the owner of the tables, where one is given. Where the plan has
    blocks nothing is changed. Raise AskedError for what is not there; KeepError where it was begun and rolled back.
    """
    try:
        with _side(copy, role, keep=False) as of, _side(database, role, keep=carry_out) as into:
            staging = Staging(of, into)
            found = find(staging, wanted)
            plan = judge(staging, found)
            done = carry_out and not plan.blocks
            if not done:
                into.transaction.force_rollback = True
                return Merged(plan=plan, done=False)
            return Merged(plan=plan, done=True, sequences=apply(staging, found, fire=triggers == "fire"))
    except psycopg.Error as error:
        # Only the primary message: the others may quote rows.
        reason = error.diag.message_primary or type(error).__name__
        raise KeepError(f"nothing was merged: {reason}") from None


@contextmanager
def _side(conn: psycopg.Connection[Any], role: str | None, *, keep: bool) -> Iterator[Side]:
    with conn.transaction(force_rollback=not keep) as transaction:
        conn.execute("SET LOCAL client_encoding = 'UTF8'")
        for each in (*PINNED, _PATIENCE):
            conn.execute(each.encode())
        with _temporary(conn, role):
            if role:
                conn.execute(f"SET LOCAL ROLE {ident(role)}".encode())
            yield Side(conn=conn, transaction=transaction, catalogue=read(conn))
            conn.execute("RESET ROLE")


@contextmanager
def _temporary(conn: psycopg.Connection[Any], role: str | None) -> Iterator[None]:
    """Let the owner make temporary tables for as long as the transaction lasts, where it may not."""
    asked = "SELECT has_database_privilege(%s, current_database(), 'TEMPORARY'), current_database()"
    row = conn.execute(asked, (role,)).fetchone() if role else (True, "")
    assert row is not None  # noqa: S101 a SELECT without FROM has a row
    may, database = row
    change = "{} TEMPORARY ON DATABASE {} {} {}"
    if not may and role:
        conn.execute(change.format("GRANT", ident(database), "TO", ident(role)).encode())
    yield
    if not may and role:
        conn.execute(change.format("REVOKE", ident(database), "FROM", ident(role)).encode())
