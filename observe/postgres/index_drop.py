"""The statement that removes an index."""

from __future__ import annotations

from observe.observation import Row


def dropped(row: Row) -> str:
    """The statement for a row with `index`, `table`, `constraint` and `partitioned`.

    The index of a constraint goes only with it, and one of a partitioned table not concurrently (PostgreSQL, DROP
    INDEX).
    """
    if row["constraint"]:
        return f"ALTER TABLE {row['table']} DROP CONSTRAINT {row['constraint']}"
    return f"DROP INDEX {'' if row['partitioned'] else 'CONCURRENTLY '}{row['index']}"
