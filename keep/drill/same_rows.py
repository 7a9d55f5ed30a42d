"""Whether two copies of one moment have the same rows and every reference its row, after rows were merged back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg

from keep.postgres import tables
from keep.postgres.merge.integrity import orphans
from keep.postgres.merge.side import side

Answer = tuple[str, bool, str]
"""Name of a check, whether it is well, and what was found."""


def compare(copy: psycopg.Connection[Any], used: psycopg.Connection[Any], owner: str) -> Iterator[Answer]:
    """Compare every table's rows with the copy's, and look for references without their row.

    A table may have rows more: those that triggers wrote, which saw a deletion and a return, as an audit log does.
    """
    with side(copy, owner, keep=False) as one, side(used, owner, keep=False) as other:
        for each in (one, other):
            for table in each.catalogue.tables.values():
                each.see(table)
        expected, actual = tables.prove(one.conn), tables.prove(other.conn)
        more = {
            name: actual[name].rows - was.rows
            for name, was in expected.items()
            if name in actual and actual[name].rows > was.rows
        }
        same = {name: was for name, was in expected.items() if name not in more}
        wrong = tables.differences(same, {name: each for name, each in actual.items() if name not in more})
        added = "; ".join(f"{number} rows more in {name}, by triggers" for name, number in sorted(more.items()))
        good = f"{len(same)} tables are as they were" + (f"; {added}" if added else "")
        yield "rows", not wrong, "; ".join(wrong) or good
        lost = orphans(other, other.catalogue.keys)
        named = ", ".join(f"{number} rows by {key.shown}" for key, number in lost.items())
        yield "references", not lost, f"without their row: {named}" if lost else f"{len(other.catalogue.keys)} hold"
