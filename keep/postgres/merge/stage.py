"""Rows on their way: keys in temporary tables of the copy, whole rows in those of the database, by COPY between them.

Only keys of what was asked for and rows that are missing cross; neither server needs dblink, and nothing of it is held
in memory. The temporary tables go with the transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bootstrap.postgres.change import comma, ident
from keep.postgres.merge.pipe import pipe
from keep.postgres.merge.side import Side
from keep.postgres.merge.tables import Column, ForeignKey, Name, Table, listed

_K = "datatier_key_"
"""Names of the columns that identify a row begin so in temporary tables."""
_H = "datatier_hash"
"""Name of the column that tells whether a row has other values than another with the same key."""


@dataclass(frozen=True, kw_only=True)
class Moved:
    """A table whose rows move."""

    number: int
    """Of its temporary tables."""
    copy: Table
    live: Table
    columns: tuple[str, ...]
    """Columns that both have and that can be written."""
    key: tuple[str, ...]
    """Columns by which a row is found; none where all of them together and how often they occur are its key."""

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of the identifying columns in temporary tables and in `source`."""
        return tuple(f"{_K}{number}" for number, _ in enumerate(self.key or ("row", "occurrence")))

    def source(self, table: Table, where: str | None = None) -> str:
        """Return the rows of either side with what identifies them."""
        keys: Iterable[str]
        if self.key:
            keys = (f"t.{ident(of)} AS {ident(name)}" for of, name in zip(self.key, self.keys, strict=True))
        else:
            row = f"ROW({listed(self.columns, 't')})::text"
            keys = (f"{row} AS {_K}0", f"row_number() OVER (PARTITION BY {row}) AS {_K}1")
        narrowed = f" WHERE ({where}\n)" if where else ""
        values = f"hashtextextended(ROW({listed(self.columns, 't')})::text, 0) AS {_H}"
        return f"(SELECT t.*, {comma(keys)}, {values} FROM {table.sql} AS t{narrowed})"

    def found(self, alias: str) -> str:
        """Return what `Staging.look_for` has to know of rows of the copy."""
        return listed((*self.keys, _H), alias)

    def same(self, one: str, other: str) -> str:
        """Return the condition that two aliases are the same row."""
        operators = self.live.key_operators if self.key else ("=", "=")
        return " AND ".join(
            f"{one}.{ident(name)} {op} {other}.{ident(name)}" for name, op in zip(self.keys, operators, strict=True)
        )

    def key_types(self, table: Table) -> list[str]:
        """Return the identifying columns with the types that they have on that side."""
        if not self.key:
            return [f'{_K}0 text COLLATE "C"', f"{_K}1 bigint"]
        return [f"{ident(name)} {_type(table, of)}" for name, of in zip(self.keys, self.key, strict=True)]

    @property
    def candidates(self) -> str:
        """Temporary table of the database: keys that may be missing there."""
        return f"pg_temp.datatier_candidates_{self.number}"

    @property
    def staged(self) -> str:
        """Temporary table of the database: the rows that are missing, and their keys."""
        return f"pg_temp.datatier_staged_{self.number}"

    @property
    def wanted(self) -> str:
        """Temporary table of the copy: keys of the rows that are missing, and the round in which they were found."""
        return f"pg_temp.datatier_wanted_{self.number}"


@dataclass(frozen=True, kw_only=True)
class Looked:
    """What came of looking for rows in the database."""

    there: int
    """Rows that are there, or were found to be missing before."""
    other: int
    """Of those how many have other values there than in the copy."""
    round: int
    """Of the rows that are newly found to be missing; 0 where none is."""


class Staging:
    """The temporary tables of both sides."""

    def __init__(self, copy: Side, live: Side) -> None:
        self.copy, self.live = copy, live
        self.moved: dict[Name, Moved] = {}
        self._round = 0

    def open(self, name: Name) -> Moved:
        """Make the temporary tables of a table that both have, unless they are there."""
        if name in self.moved:
            return self.moved[name]
        copy = self.copy.see(self.copy.catalogue.tables[name])
        live = self.live.see(self.live.catalogue.tables[name])
        columns = tuple(each.name for each in live.columns if _writable(each) and _in(copy, each.name))
        key = live.key if all(_in(copy, each) for each in live.key) else ()
        moved = Moved(number=len(self.moved), copy=copy, live=live, columns=columns, key=key)
        of_rows = [f"{ident(each)} {_type(live, each)}" for each in columns]
        _make(self.live, moved.candidates, [*moved.key_types(live), f"{_H} bigint"])
        _make(self.live, moved.staged, [*of_rows, *moved.key_types(live)])
        _make(self.copy, moved.wanted, [*moved.key_types(copy), "round integer"])
        self.moved[name] = moved
        return moved

    def look_for(self, moved: Moved, query: str) -> Looked:
        """Stage what the database lacks of the rows that a query on the copy gives, each as `Moved.found` has it."""
        asked = pipe(self.copy.conn, query, self.live.conn, moved.candidates)
        self.live.conn.execute(f"ANALYZE {moved.candidates}".encode())
        self._round += 1
        other = self.live.count(
            f"SELECT count(*) FROM {moved.candidates} c JOIN {moved.source(moved.live)} i ON {moved.same('i', 'c')} "
            f"WHERE i.{_H} <> c.{_H}"
        )
        missing = (
            f"SELECT {listed(moved.keys, 'c')}, {self._round} FROM {moved.candidates} c "
            f"WHERE NOT EXISTS (SELECT FROM {moved.source(moved.live)} i WHERE {moved.same('i', 'c')}) "
            f"AND NOT EXISTS (SELECT FROM {moved.staged} s WHERE {moved.same('s', 'c')})"
        )
        found = pipe(self.live.conn, missing, self.copy.conn, moved.wanted)
        self.live.conn.execute(f"TRUNCATE {moved.candidates}".encode())
        if not found:
            return Looked(there=asked, other=other, round=0)
        self.copy.conn.execute(f"ANALYZE {moved.wanted}".encode())
        rows = (
            f"SELECT {listed((*moved.columns, *moved.keys), 's')} FROM {moved.source(moved.copy)} s "
            f"JOIN {moved.wanted} w ON {moved.same('s', 'w')} WHERE w.round = {self._round}"
        )
        pipe(self.copy.conn, rows, self.live.conn, f"{moved.staged} ({listed((*moved.columns, *moved.keys))})")
        self.live.conn.execute(f"ANALYZE {moved.staged}".encode())
        return Looked(there=asked - found, other=other, round=self._round)

    def link(self, key: ForeignKey, number: int) -> str:
        """Stage what rows of the copy had in a foreign key's columns where it refers to rows that are missing."""
        parent, child = self.moved[key.parent], self.open(key.child)
        table = f"pg_temp.datatier_links_{number}"
        values = [f"{ident(each)} {_type(child.live, each)}" for each in key.columns]
        _make(self.live, table, [*child.key_types(child.live), *values])
        query = (
            f"SELECT {listed((*child.keys, *key.columns), 's')} FROM {child.source(child.copy, key.child_rows('t'))} s "
            f"JOIN {parent.source(parent.copy, key.parent_rows('t'))} p ON {key.meet('p', 's')} "
            f"JOIN {parent.wanted} w ON {parent.same('p', 'w')}"
        )
        pipe(self.copy.conn, query, self.live.conn, table)
        self.live.conn.execute(f"ANALYZE {table}".encode())
        return table


def _make(side: Side, table: str, columns: list[str]) -> None:
    name = table.removeprefix("pg_temp.")
    side.conn.execute(f"CREATE TEMPORARY TABLE {name} ({comma(columns)}) ON COMMIT DROP".encode())


def _writable(column: Column) -> bool:
    return column.generated is None


def _in(table: Table, name: str) -> bool:
    found = table.column(name)
    return found is not None and _writable(found)


def _type(table: Table, name: str) -> str:
    found = table.column(name)
    assert found is not None  # noqa: S101 only columns that it has are asked for
    return found.type
