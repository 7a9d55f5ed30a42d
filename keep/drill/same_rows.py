"""Whether two copies of one moment have the same rows and every reference its row, after rows were merged back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import psycopg

from keep.postgres import tables
from keep.postgres.merge.integrity import orphans
from keep.postgres.merge.pipe import pipe
from keep.postgres.merge.side import Side, side
from keep.postgres.merge.tables import Table, listed
from keep.postgres.tables import TableProof

Answer = tuple[str, bool, str]
"""Name of a check, whether it is well, and what was found."""


def compare(
    copy: psycopg.Connection[Any], used: psycopg.Connection[Any], owner: str, set_again: Mapping[str, int]
) -> Iterator[Answer]:
    """Compare every table's rows with the copy's, and look for references without their row.

    Triggers saw a deletion and a return, so a table may have rows more, as an audit log does; and rows whose reference
    was cleared and set again may have another time of their last change, but no other row may.

    :param set_again: foreign key, as `ForeignKey.shown`, and how many rows have their reference again.
    """
    with side(copy, owner, keep=False) as one, side(used, owner, keep=False) as other:
        for each in (one, other):
            for table in each.catalogue.tables.values():
                each.see(table)
        yield _rows(one, other, set_again)
        lost = orphans(other, other.catalogue.keys)
        named = ", ".join(f"{number} rows by {key.shown}" for key, number in lost.items())
        yield "references", not lost, f"without their row: {named}" if lost else f"{len(other.catalogue.keys)} hold"


def _rows(one: Side, other: Side, set_again: Mapping[str, int]) -> Answer:
    expected, actual = tables.prove(one.conn), tables.prove(other.conn)
    allowed = {key.child: set_again[key.shown] for key in other.catalogue.keys if key.shown in set_again}
    touched = {
        table.proved: number
        for name, most in allowed.items()
        if (table := other.catalogue.tables[name]).triggers and (number := _others(one, other, table)) <= most
    }
    said = [f"{number} rows of {name} changed by triggers" for name, number in sorted(touched.items()) if number]
    more = {name: _more(was, actual.get(name)) for name, was in expected.items()}
    said += [f"{number} rows more in {name}, by triggers" for name, number in sorted(more.items()) if number > 0]
    apart = {*touched, *(name for name, number in more.items() if number > 0)}
    same = {name: was for name, was in expected.items() if name not in apart}
    wrong = tables.differences(same, {name: each for name, each in actual.items() if name not in apart})
    return "rows", not wrong, "; ".join(wrong or [f"{len(same)} tables are as they were", *said])


def _more(was: TableProof, now: TableProof | None) -> int:
    return now.rows - was.rows if now else 0


def _others(one: Side, other: Side, table: Table) -> int:
    """How many rows the copy has that the database has not, each as a whole."""
    name = "datatier_rows"
    other.conn.execute(f"CREATE TEMPORARY TABLE {name} (hash bigint)".encode())
    columns = listed(tuple(each.name for each in table.columns), "t")
    hashes = f"SELECT hashtextextended(ROW({columns})::text, 0) FROM {table.sql} t"  # noqa: S608 quoted names
    pipe(one.conn, hashes, other.conn, f"pg_temp.{name}")
    number = other.count(
        f"SELECT count(*) FROM (SELECT hash FROM pg_temp.{name} EXCEPT ALL {hashes}) rest"  # noqa: S608 the same
    )
    other.conn.execute(f"DROP TABLE pg_temp.{name}".encode())
    return number
