"""Which sequences would hand out keys that their column holds already: those of a copy that is not of one moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Composed, Identifier, Literal

from bootstrap.postgres import SCHEMA

# A column takes its values from a sequence that it owns (serial, identity: pg_depend, deptype 'a' and 'i') or that its
# default asks for the value itself; what else a default makes of a number is not compared. Partitions and tables that
# inherit are looked at with their parent, but for foreign ones: reading those would reach another server.
_FED = r"""
WITH fed AS (
    SELECT objid AS sequence, refobjid AS relation, refobjsubid AS number FROM pg_depend
    WHERE classid = 'pg_class'::regclass AND refclassid = 'pg_class'::regclass AND deptype IN ('a', 'i')
      AND refobjsubid > 0
  UNION
    SELECT d.refobjid, a.adrelid, a.adnum FROM pg_attrdef a
    JOIN pg_depend d ON d.classid = 'pg_attrdef'::regclass AND d.objid = a.oid AND d.refclassid = 'pg_class'::regclass
    WHERE pg_get_expr(a.adbin, a.adrelid) ~ '^\(?nextval\(''.*''::regclass\)\)?(::\w+)*$')
SELECT sn.nspname, s.relname, a.attname, q.seqincrement, q.seqmin, q.seqmax, q.seqcycle,
       EXISTS (SELECT FROM pg_index i WHERE i.indrelid = t.oid AND i.indisunique AND i.indpred IS NULL
                 AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum),
       has_schema_privilege(sn.oid, 'USAGE') AND has_sequence_privilege(s.oid, 'SELECT')
         AND has_schema_privilege(tn.oid, 'USAGE') AND has_column_privilege(t.oid, a.attnum, 'SELECT'),
       (WITH RECURSIVE tree AS (SELECT t.oid UNION SELECT inhrelid FROM pg_inherits JOIN tree ON inhparent = tree.oid)
        SELECT coalesce(json_agg(json_build_array(hn.nspname, heap.relname)), '[]') FROM tree
        JOIN pg_class heap ON heap.oid = tree.oid AND heap.relkind = 'r'
        JOIN pg_namespace hn ON hn.oid = heap.relnamespace)
FROM fed JOIN pg_class s ON s.oid = fed.sequence AND s.relkind = 'S' JOIN pg_namespace sn ON sn.oid = s.relnamespace
JOIN pg_sequence q ON q.seqrelid = s.oid
JOIN pg_class t ON t.oid = fed.relation AND t.relkind IN ('r', 'p') AND NOT t.relispartition
  AND t.relpersistence <> 't'
JOIN pg_namespace tn ON tn.oid = t.relnamespace
JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = fed.number AND NOT a.attisdropped
JOIN pg_type y ON y.oid = a.atttypid
WHERE coalesce(nullif(y.typbasetype, 0), y.oid) IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype,
                                                    'numeric'::regtype)
  AND sn.nspname NOT IN ('pg_catalog', 'information_schema') AND NOT EXISTS (SELECT FROM pg_depend e
    WHERE e.classid = 'pg_class'::regclass AND e.objid = t.oid AND e.deptype = 'e')
ORDER BY sn.nspname, s.relname, tn.nspname, t.relname, a.attname
"""


@dataclass(frozen=True, kw_only=True)
class Sequence:
    """How a sequence counts (pg_sequence), and where it is."""

    increment: int
    low: int
    high: int
    cycles: bool
    last: int
    called: bool
    """Whether `last` was handed out; otherwise it is what comes next."""

    @property
    def following(self) -> int | None:
        """The next value; None where there is none left."""
        value = self.last + self.increment if self.called else self.last
        if self.low <= value <= self.high:
            return value
        if not self.cycles:
            return None
        return self.low if self.increment > 0 else self.high

    @property
    def ahead(self) -> tuple[int, int] | None:
        """The first and last number of those it is yet to hand out, lowest first; None where there is none.

        One that cycles meets rows of its last round by design, so of it only the next value is asked for.
        """
        value = self.following
        if value is None or self.cycles:
            return None if value is None else (value, value)
        return (value, self.high) if self.increment > 0 else (self.low, value)


@dataclass(frozen=True, kw_only=True)
class Fed:
    """A column that takes its values from a sequence."""

    sequence: tuple[str, str]
    """Schema and name."""
    column: str
    unique: bool
    """Whether a value can be there only once."""
    heaps: tuple[tuple[str, str], ...]
    """Schema and name of the tables on this server that hold its rows: its own, its partitions' and heirs'."""

    def taken(self, state: Sequence) -> Composed | None:
        """Ask whether a value that comes is there already; None where that does no harm or nothing comes."""
        if state.ahead is None or not self.heaps or (state.cycles and not self.unique):
            return None
        first, last = state.ahead
        look = SQL("EXISTS (SELECT FROM ONLY {} WHERE {column} BETWEEN {} AND {} AND mod({column} - {}, {}) = 0)")
        return SQL("SELECT {}").format(
            SQL(" OR ").join(
                look.format(
                    Identifier(*heap),
                    Literal(first),
                    Literal(last),
                    SQL("{}::numeric").format(Literal(state.following)),
                    Literal(abs(state.increment)),
                    column=Identifier(self.column),
                )
                for heap in self.heaps
            )
        )


@dataclass(frozen=True, kw_only=True)
class Look:
    """What came of looking at every sequence that feeds a column."""

    seen: int = 0
    behind: tuple[str, ...] = ()
    """Sequences whose next values are taken."""
    unread: tuple[str, ...] = ()
    """Sequences that the current role may not look at, or whose column it may not."""


def look(conn: psycopg.Connection[Any]) -> Look:
    """Look at every sequence that feeds a column, as the current role, in three round trips."""
    seen, unread = states(conn)
    taken = [(each, query) for each, state in seen if (query := each.taken(state))]
    found = zip(taken, _each(conn, [query for _, query in taken]), strict=True)
    behind = [_shown(each.sequence) for (each, _), (is_taken,) in found if is_taken]
    return Look(seen=len({each.sequence for each, _ in seen}), behind=tuple(dict.fromkeys(behind)), unread=unread)


def states(conn: psycopg.Connection[Any]) -> tuple[list[tuple[Fed, Sequence]], tuple[str, ...]]:
    """Return each column that a sequence feeds with how the sequence counts, and what the current role may not read."""
    fed, unread = _fed(conn)
    asked = [SQL("SELECT last_value, is_called FROM {}").format(Identifier(*each.sequence)) for each, _ in fed]
    found = zip(fed, _each(conn, asked), strict=True)
    return [(each, Sequence(**counts, last=last, called=called)) for (each, counts), (last, called) in found], unread


def _fed(conn: psycopg.Connection[Any]) -> tuple[list[tuple[Fed, dict[str, Any]]], tuple[str, ...]]:
    with conn.cursor(row_factory=tuple_row) as cursor:
        rows = cursor.execute(_FED.encode()).fetchall()
    fed: list[tuple[Fed, dict[str, Any]]] = []
    unread: list[str] = []
    for s_schema, s_name, column, increment, low, high, cycles, unique, readable, heaps in rows:
        if not readable:
            unread.append(_shown((s_schema, s_name)))
            continue
        where = tuple((schema, name) for schema, name in heaps)
        counts = {"increment": increment, "low": low, "high": high, "cycles": cycles}
        fed.append((Fed(sequence=(s_schema, s_name), column=column, unique=unique, heaps=where), counts))
    return fed, tuple(dict.fromkeys(unread))


def _each(conn: psycopg.Connection[Any], queries: Iterable[Composed]) -> Iterator[tuple[Any, ...]]:
    """Send queries of one row each, all at once."""
    if not (queries := list(queries)):
        return
    with conn.cursor(row_factory=tuple_row) as cursor:
        cursor.execute(SQL("; ").join(queries))
        yield from (row for _ in cursor.results() for row in cursor)


def _shown(name: tuple[str, str]) -> str:
    """With its schema, unless that is the applications' own."""
    return name[1] if name[0] == SCHEMA else ".".join(name)
