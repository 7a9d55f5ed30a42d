"""Whether every reference has its row: by an anti-join for each foreign key.

VALIDATE CONSTRAINT proves nothing where a constraint is valid already: it returns without looking, also when rows came
in with session_replication_role = replica, as some tools restore them.
"""

from __future__ import annotations

from collections.abc import Iterable

from keep.postgres.merge.side import Side
from keep.postgres.merge.tables import ForeignKey


def orphans(side: Side, keys: Iterable[ForeignKey]) -> dict[ForeignKey, int]:
    """Return how many rows refer to one that is not there, for each of these foreign keys that has such rows."""
    found = {each: side.count(_orphans(side, each)) for each in keys if each.enforced}
    return {key: number for key, number in found.items() if number}


def _orphans(side: Side, key: ForeignKey) -> str:
    tables = side.catalogue.tables
    child, parent = side.see(tables[key.child]), side.see(tables[key.parent])
    return (
        f"SELECT count(*) FROM {child.sql} c WHERE {key.refers('c')} AND {key.child_rows('c')} "
        f"AND NOT EXISTS (SELECT FROM {parent.sql} p WHERE {key.meet('p', 'c')} AND {key.parent_rows('p')})"
    )
