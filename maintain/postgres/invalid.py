"""Indexes that are invalid for another reason: a failed CREATE INDEX CONCURRENTLY, a partition without its part."""

from __future__ import annotations

from collections.abc import Iterator

from maintain.action import Action, Skipped
from maintain.facts import DatabaseFacts
from maintain.postgres.left_over import by_table, left_over
from maintain.postgres.make import action
from maintain.postgres.rights import owns, rebuilds, refused
from observe.observation import Row, Rows, texts
from observe.postgres.index_twins import serves
from observe.postgres.indexes import described


def actions(facts: DatabaseFacts) -> Iterator[Action | Skipped]:
    """Dropped where a valid index does the same, or else built again; the index of a constraint is never dropped."""
    for rows in by_table(facts):
        for row in (each for each in rows if not each["valid"]):
            yield from _of_one(facts, row, rows)


def _of_one(facts: DatabaseFacts, row: Row, rows: Rows) -> Iterator[Action | Skipped]:
    if row["building"]:
        yield Skipped(
            object=str(row["index"]),
            why=f"it is invalid, and whoever builds an index or vacuums holds {row['table']} now: it may be theirs",
            mend="datatier queries progress",
        )
    elif row["partitioned"]:
        yield _partitioned(row)
    elif not left_over(row, rows) and (table := facts.table_of(row)):
        yield _of(facts, row, table, rows)


def _of(facts: DatabaseFacts, row: Row, table: Row, rows: Rows) -> Action | Skipped:
    name = str(row["index"])
    why = f"{name} on {table['table']} is invalid: no query uses it"
    twin = None if row["constraint"] or row["attached"] else _twin(row, rows)
    if twin:
        why, right = f"{why}, and {twin} does all that it would", owns(facts, table)
        if right is None:
            return refused(facts, name, table, why)
        return action(facts, "drop-index", name, f"DROP INDEX CONCURRENTLY {name}", right, why, 0)
    statement, right = f"REINDEX INDEX CONCURRENTLY {name}", rebuilds(facts, table)
    if right is None:
        return refused(facts, name, table, why)
    if row["unique"] and "unique index" in (said := facts.failed.get(statement, "")):
        mend = f"{_duplicates(row)}, then {statement}"
        return Skipped(object=name, why=f"{why}; building it again failed: {said}", mend=mend)
    if row["unique"]:
        why += "; if rows violate it, building it again fails and says which"
    return action(facts, "reindex", name, statement, right, why, built_bytes(table, int(str(row["size_bytes"]))))


def _twin(row: Row, rows: Rows) -> str:
    one = described(row)
    valid = (each for each in rows if each["valid"])
    return next((str(each["index"]) for each in valid if serves(described(each), one)), "")


def built_bytes(table: Row, index: int) -> int:
    """What REINDEX CONCURRENTLY reads and writes: the table to build it and once more to validate it, and the index."""
    return 2 * int(str(table["heap_bytes"])) + index


def _partitioned(row: Row) -> Skipped:
    name, lacking = str(row["index"]), texts(row["lacking"])
    if not lacking:
        return Skipped(
            object=name,
            why=f"{name} of the partitioned table {row['table']} is invalid, though every partition has its part: "
            "it becomes valid when one is attached",
            mend=f"drop {name} and create it in a migration",
        )
    return Skipped(
        object=name,
        why=f"{name} of the partitioned table {row['table']} is invalid: {', '.join(lacking)} has no valid part of it",
        mend=f"in a migration CREATE INDEX CONCURRENTLY on {lacking[0]}, then ALTER INDEX {name} ATTACH PARTITION",
    )


def _duplicates(row: Row) -> str:
    keys = ", ".join(texts(row["keys"]))
    where = f" WHERE {row['predicate']}" if row["predicate"] else ""
    return f"SELECT {keys}, count(*) FROM {row['table']}{where} GROUP BY {keys} HAVING count(*) > 1"
