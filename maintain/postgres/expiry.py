"""Rows whose time is over, by access.yaml's `upkeep`: deleted in small transactions, the oldest first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from bootstrap import periods
from bootstrap.access.upkeep import Expiry
from knowledge.thresholds.upkeep import UNINDEXED_BYTES
from maintain.action import Action, Skipped
from maintain.estimate import seconds
from maintain.facts import DatabaseFacts
from maintain.postgres.declared import Declared, declared
from maintain.postgres.partition_sql import batch
from observe.observation import Row, texts
from observe.postgres.kept_tables import COUNTED, instant
from observe.quantities import size

_REFUSES = ("a", "r")
"""pg_constraint.confdeltype of NO ACTION and RESTRICT."""


def actions(facts: DatabaseFacts) -> Iterator[Action | Skipped]:
    """One for each table, or for each partition of one."""
    for each in declared(facts):
        wanted = each.upkeep.expire
        if wanted is None:
            continue
        if each.missing:
            if each.upkeep.partitions is None:  # else its planner says so
                yield each.missing
        elif skipped := _unfit(each, wanted):
            yield skipped
        elif each.row.get("due") != 0:
            yield from _expired(facts, each, wanted)


def _unfit(declared: Declared, wanted: Expiry) -> Skipped | None:
    row, table, column = declared.row, declared.table, wanted.column
    said = f"access.yaml lets rows of {table} expire by `{column}`, "
    if row["expire_type"] is None:
        return Skipped(object=table, why=f"{said}which is none of its columns")
    if row["expire_type"] not in periods.TIMES:
        return Skipped(object=table, why=f"{said}which is {row['expire_type']}, no point in time")
    if row["row_security"] and row["forced"]:
        why = f"{said}but row security is forced on it: its owner would delete only what its policies show"
        return Skipped(object=table, why=why, mend=f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    if not row["indexed"] and int(str(row["bytes"] or 0)) > UNINDEXED_BYTES:
        how = "" if row["kind"] == "p" else " CONCURRENTLY"
        why = f"{said}and no index begins with it: each batch would read {size(int(str(row['bytes'])))}"
        return Skipped(object=table, why=why, mend=f"CREATE INDEX{how} ON {table} ({row['expire_column']})")
    return None


def _expired(facts: DatabaseFacts, declared: Declared, wanted: Expiry) -> Iterator[Action]:
    row, table = declared.row, declared.table
    before = instant(facts.at - timedelta(seconds=wanted.after), str(row["expire_type"]))
    leaves = [str(each["partition"]) for each in facts.rows("partitions") if each["table"] == table]
    for leaf in leaves if row["kind"] == "p" else [table]:
        yield Action(
            kind="expire",
            node=facts.node,
            object=leaf,
            statements=(batch(leaf, str(row["expire_column"]), before, _unless(row)),),
            repeat=True,
            why=f"{_count(row)} of {table} {'are' if row.get('due') != 1 else 'is'} over since {before}{_follows(row)}",
            lock="ROW EXCLUSIVE",
            needs=f"ownership of {table}",
            role=str(row["owner"]),
            bytes=_bytes(row),
            seconds=seconds(None, _bytes(row)),
        )


def _count(row: Row) -> str:
    due = row.get("due")
    if due is None:
        return f"rows ({row.get('refused', 'not counted')})"
    rows = int(str(due))
    return f"more than {COUNTED:,} rows" if rows > COUNTED else f"{rows:,} row{'s' * (rows != 1)}"


def _bytes(row: Row) -> int | None:
    """The share of the table that goes, and the log of it."""
    due, rows = row.get("due"), int(str(row["rows"] or 0))
    if due is None or not rows:
        return None
    return int(int(str(row["bytes"] or 0)) * min(int(str(due)) / rows, 1) * 2)


def _unless(row: Row) -> str:
    """Rows that a foreign key would refuse to let go stay."""
    keys = zip(texts(row["referenced_by"]), texts(row["on_delete"]), texts(row["joined"]), strict=True)
    return "".join(
        f" AND NOT EXISTS (SELECT FROM {table} f WHERE {joined})" for table, on, joined in keys if on in _REFUSES
    )


def _follows(row: Row) -> str:
    """What else a deletion does."""
    keys = list(zip(texts(row["referenced_by"]), texts(row["on_delete"]), strict=True))
    said = [
        ("rows of {} go with them", [table for table, on in keys if on == "c"]),
        ("references in {} are cleared", [table for table, on in keys if on in ("n", "d")]),
        ("those that {} refers to stay", [table for table, on in keys if on in _REFUSES]),
        ("{} fires", texts(row["on_deletion"])),
    ]
    return "".join(f"; {text.format(', '.join(names))}" for text, names in said if names)
