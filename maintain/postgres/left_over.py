"""What REINDEX CONCURRENTLY left behind when it was stopped: dropped, never built again.

Its new index is called INDEX_ccnew, and INDEX_ccold what it replaces, with a number where that name is taken
(PostgreSQL, REINDEX, "Rebuilding Indexes Concurrently"). A long name is cut before the ending, so what it belongs to is
known by what it is made of; built again it would be a second valid index of the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from maintain.action import Action, Skipped
from maintain.facts import DatabaseFacts
from maintain.postgres.make import action
from maintain.postgres.rights import owns, refused
from observe.observation import Row, Rows
from observe.postgres.index_twins import same
from observe.postgres.indexes import INDEXES, described
from observe.quantities import size

_ENDING = re.compile(r'_cc(?:new|old)[0-9]*"?$')


def actions(facts: DatabaseFacts) -> Iterator[Action | Skipped]:
    """One for each, in the order of the tables."""
    for rows in by_table(facts):
        for row in rows:
            if left_over(row, rows) and not row["building"] and (table := facts.table_of(row)):
                yield _drop(facts, row, table, original(row, rows))


def by_table(facts: DatabaseFacts) -> Iterator[Rows]:
    """The indexes of each table one of which is invalid."""
    made: dict[object, list[Row]] = {}
    for row in facts.rows(INDEXES.id):
        made.setdefault(row["relid"], []).append(row)
    return (rows for rows in made.values() if not all(row["valid"] for row in rows))


def left_over(row: Row, rows: Rows) -> bool:
    """Whether one of the indexes of a table was left behind by REINDEX CONCURRENTLY."""
    return _called_so(row) and bool(original(row, rows))


def original(row: Row, rows: Rows) -> str:
    """The index that it was to replace, or that has replaced it; empty where there is none."""
    alike = [each for each in rows if not _called_so(each) and same(described(each), described(row))]
    name = _ENDING.sub("", str(row["index"]))
    # Of several that are the same the one whose name it has, as far as that goes.
    alike.sort(key=lambda each: (not str(each["index"]).startswith(name), each["unique"] != row["unique"]))
    return str(alike[0]["index"]) if alike else ""


def _called_so(row: Row) -> bool:
    unneeded = not (row["valid"] or row["constraint"] or row["attached"])
    return unneeded and bool(_ENDING.search(str(row["index"])))


def _drop(facts: DatabaseFacts, row: Row, table: Row, of: str) -> Action | Skipped:
    name, bytes_ = str(row["index"]), int(str(row["size_bytes"]))
    why = f"a REINDEX of {of} that was stopped left {name} behind"
    why += f": {size(bytes_)} that no query uses" if bytes_ else ", empty"
    right = owns(facts, table)
    if right is None:
        return refused(facts, name, table, why)
    if not row["reachable"]:
        # Only who may use the schema pg_toast can name it. Neither REINDEX TABLE, which passes over what is invalid on
        # TOAST, nor VACUUM FULL removes it (seen on 15 to 18).
        return Skipped(
            object=name,
            why=f"{why}; it is an index of the TOAST of {table['table']}, which only a superuser can name",
            mend=f"DROP INDEX CONCURRENTLY {name} as a superuser (on RDS by AWS Support, or by copying the table)",
        )
    return action(facts, "drop-index", name, f"DROP INDEX CONCURRENTLY {name}", right, why, 0)
