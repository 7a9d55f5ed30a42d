"""The statements that make, fill and take away a partition. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from bootstrap import periods
from bootstrap.periods import Period
from knowledge.thresholds.upkeep import BATCH_ROWS, SECOND_LOCK
from observe.observation import Row, texts


def made(row: Row, partition: str, begin: date, every: Period) -> Iterator[str]:
    """A partition made aside and attached, with the rows of its period that are in the default partition.

    ATTACH alone locks the default partition, not the parent. Whoever then waits for the default partition has read the
    list of partitions before, and goes on with it: a query does not see rows that were moved to the new one, an INSERT
    for its period is refused (`new row for relation ... violates partition constraint`, ExecFindPartition in
    execPartition.c). Who waits for the parent has not read it. So where there is a default partition the parent is
    locked first, and everything else of this transaction is quick.
    """
    yield f"CREATE TABLE {partition} (LIKE {row['table']} INCLUDING ALL EXCLUDING IDENTITY)"
    if row["row_security"]:
        # It is reached by way of its parent, and its policies, alone; without policies, rights by default stay.
        if granted := ", ".join(texts(row["granted"])):
            yield f"REVOKE ALL ON {partition} FROM {granted}"
        yield f"ALTER TABLE {partition} ENABLE ROW LEVEL SECURITY"
    if row["default_partition"]:
        yield from locked(row)
        if moves(row):
            yield from _moved(row, partition, begin, every)
    if row["forced"]:  # not before the rows are there: no policy lets the owner in
        yield f"ALTER TABLE {partition} FORCE ROW LEVEL SECURITY"
    limits = periods.bound(begin, every, str(row["key_type"]))
    yield f"ALTER TABLE {row['table']} ATTACH PARTITION {partition} {limits}"


def locked(row: Row) -> Iterator[str]:
    """The parent is locked, and further locks are not waited for long enough to be a deadlock for others."""
    yield f"LOCK TABLE ONLY {row['table']} IN ACCESS EXCLUSIVE MODE"
    yield f"SET LOCAL lock_timeout = '{SECOND_LOCK}'"


def moves(row: Row) -> bool:
    """Whether rows of the default partition may be moved: a deletion there is nothing to keys and triggers."""
    return not texts(row["referenced_by"]) and not texts(row["default_on_deletion"])


def _moved(row: Row, partition: str, begin: date, every: Period) -> Iterator[str]:
    default, key, columns = row["default_partition"], row["key_column"], ", ".join(texts(row["columns"]))
    first, end = (constant(day, str(row["key_type"])) for day in (begin, periods.later(begin, every, 1)))
    force = f"ALTER TABLE {default} {{}}FORCE ROW LEVEL SECURITY"
    if row["default_forced"]:  # it hides rows from the owner
        yield force.format("NO ")
    yield (
        f"WITH moved AS (DELETE FROM ONLY {default} WHERE {key} >= {first} AND {key} < {end} RETURNING {columns}) "
        f"INSERT INTO {partition} ({columns}) SELECT {columns} FROM moved"
    )
    if row["default_forced"]:
        yield force.format("")


def constant(day: date, kind: str) -> str:
    """The beginning of a day, whatever the session's time zone."""
    name = {"timestamp with time zone": "timestamptz", "timestamp without time zone": "timestamp"}.get(kind, kind)
    return f"{name} '{periods.midnight(day, kind)}'"


def batch(table: str, column: str, before: str, unless: str = "") -> str:
    """A deletion of the oldest rows before a point in time, as many as are soon deleted, passing over locked ones."""
    # By ctid alone: with the condition a second time, its index would be read again for every batch. The rows are
    # locked, so none is another one by then.
    return (
        f"DELETE FROM ONLY {table} WHERE ctid = ANY (ARRAY(SELECT t.ctid FROM ONLY {table} t "
        f"WHERE t.{column} < {before}{unless} ORDER BY t.{column} LIMIT {BATCH_ROWS} FOR UPDATE SKIP LOCKED))"
    )
