"""Which rows are missing: those asked for, the rows that went with them, and the references that were cleared."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import psycopg

from bootstrap.postgres.change import ident
from keep.errors import AskedError
from keep.postgres.merge.stage import Looked, Moved, Staging
from keep.postgres.merge.tables import ForeignKey, Name, listed


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What was deleted by mistake."""

    table: str
    """`TABLE`, or `SCHEMA.TABLE`."""
    where: str | None = None
    """Condition on the copy's rows; None for all of them."""


@dataclass(kw_only=True)
class TableFound:
    """What came of looking into one table."""

    moved: Moved
    there: int | None = None
    """Rows that were asked for and are there; None for a table that only lost rows with those of another."""
    other: int = 0
    """Rows that were looked for and are there with other values: changed since, or their key was used again."""
    by: list[ForeignKey] = field(default_factory=list)
    """Foreign keys by which rows of it went with others."""


@dataclass(frozen=True, kw_only=True)
class Link:
    """References of rows that are still there to rows that are missing: the deletion has cleared them."""

    key: ForeignKey
    child: Moved
    table: str
    """Temporary table of the database: the rows' keys and what their columns were."""

    @property
    def cleared(self) -> str:
        """Return the condition that a row `c` is as the deletion has left it and as `l` was in all else."""
        gone = {"n": "NULL"}
        conditions = [
            f"c.{ident(each)} IS NOT DISTINCT FROM {gone.get(self.key.on_delete) or self._default(each)}"
            if each in self.key.cleared
            else f"c.{ident(each)} IS NOT DISTINCT FROM l.{ident(each)}"
            for each in self.key.columns
        ]
        return " AND ".join(conditions)

    @property
    def other(self) -> str:
        """Return the condition that a row `c` has other values than `l` had."""
        of = self.key.columns
        return f"ROW({listed(of, 'c')}) IS DISTINCT FROM ROW({listed(of, 'l')})"

    @property
    def joined(self) -> str:
        """Return the rows that are still there, `c`, beside what they were, `l`."""
        return f"{self.table} l JOIN {self.child.source(self.child.live)} c ON {self.child.same('c', 'l')}"

    def _default(self, column: str) -> str:
        found = self.child.live.column(column)
        return f"({found.default})" if found else "NULL"


@dataclass(frozen=True, kw_only=True)
class Found:
    """Everything that is to come back."""

    tables: dict[Name, TableFound]
    links: tuple[Link, ...]
    unlinked: tuple[ForeignKey, ...]
    """Foreign keys whose cleared references cannot be found: their table has no key."""


def find(staging: Staging, wanted: Sequence[Wanted]) -> Found:
    """Stage the rows of `wanted` that are missing, and those that cannot have been there without them.

    A row that referred to one of them by a foreign key without SET NULL or SET DEFAULT cannot have outlived it: it was
    deleted with it or before it. Raise AskedError for a table that is not there or a condition that is not one.
    """
    tables: dict[Name, TableFound] = {}
    queue: deque[tuple[Name, int]] = deque()
    for each in wanted:
        _on_both_sides(staging, each)
        name = staging.live.catalogue.named(each.table, "the database").name
        found = tables.setdefault(name, TableFound(moved=staging.open(name)))
        looked = _asked(staging, found.moved, each)
        found.there = (found.there or 0) + looked.there
        found.other += looked.other
        queue += [(name, looked.round)] if looked.round else []
    while queue:
        parent, of = queue.popleft()
        for key in _children(staging, parent):
            if key.on_delete in "nd":
                continue
            child = tables.get(key.child) or TableFound(moved=staging.open(key.child))
            looked = staging.look_for(child.moved, _went_with(staging.moved[parent], child.moved, key, of))
            child.other += looked.other
            if looked.round or looked.other:
                tables[key.child] = child
                child.by += [key] if key not in child.by else []
            if looked.round:
                queue.append((key.child, looked.round))
    return _linked(staging, tables)


def _on_both_sides(staging: Staging, wanted: Wanted) -> None:
    copy = staging.copy.catalogue.named(wanted.table, "the copy")
    live = staging.live.catalogue.named(wanted.table, "the database")
    if copy.name != live.name:
        raise AskedError(f"`{wanted.table}` is {copy.written} in the copy and {live.written} in the database")


def _asked(staging: Staging, moved: Moved, wanted: Wanted) -> Looked:
    query = f"SELECT {moved.found('q')} FROM {moved.source(moved.copy, wanted.where)} q"
    if wanted.where is None:
        return staging.look_for(moved, query)
    # Whoever writes a condition thinks of the table's own schema.
    conn = staging.copy.conn
    conn.execute(f"SET LOCAL search_path = {ident(moved.copy.name[0])}, public".encode())
    try:
        return staging.look_for(moved, query)
    except (psycopg.ProgrammingError, psycopg.DataError) as error:
        if isinstance(error, psycopg.errors.InsufficientPrivilege):
            raise
        raise AskedError(
            f"the condition for {wanted.table} is not one: {error.diag.message_primary}; write it as after WHERE"
        ) from None
    finally:
        if conn.info.transaction_status != psycopg.pq.TransactionStatus.INERROR:
            conn.execute("SET LOCAL search_path = ''")


def _children(staging: Staging, parent: Name) -> list[ForeignKey]:
    """Foreign keys to a table whose columns the copy has too."""
    copied = staging.copy.catalogue.tables
    return [
        key
        for key in staging.live.catalogue.keys
        if key.parent == parent
        and key.child in copied
        and all(copied[key.child].column(each) for each in key.columns)
        and all(copied[key.parent].column(each) for each in key.referenced)
    ]


def _went_with(parent: Moved, child: Moved, key: ForeignKey, of: int) -> str:
    return (
        f"SELECT {child.found('c')} FROM {child.source(child.copy, key.child_rows('t'))} c "
        f"JOIN {parent.source(parent.copy, key.parent_rows('t'))} p ON {key.meet('p', 'c')} "
        f"JOIN {parent.wanted} w ON {parent.same('p', 'w')} WHERE w.round = {of}"
    )


def _linked(staging: Staging, tables: dict[Name, TableFound]) -> Found:
    links: list[Link] = []
    unlinked: list[ForeignKey] = []
    for parent in list(tables):
        for key in _children(staging, parent):
            if key.on_delete not in "nd":
                continue
            if not staging.open(key.child).key:
                unlinked.append(key)
                continue
            table = staging.link(key, len(links))
            links.append(Link(key=key, child=staging.moved[key.child], table=table))
    return Found(tables=tables, links=tuple(links), unlinked=tuple(unlinked))
