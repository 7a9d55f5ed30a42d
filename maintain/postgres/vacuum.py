"""VACUUM and ANALYZE where the numbers ask for it: what `datatier queries vacuum` finds."""

from __future__ import annotations

from collections.abc import Iterator

from knowledge.thresholds.threshold import Status
from maintain.action import Action, Skipped
from maintain.facts import DatabaseFacts
from observe.postgres.vacuum import VACUUM


def actions(facts: DatabaseFacts) -> Iterator[Action | Skipped]:
    """One for each table: what mends its worst finding mends the others."""
    found = facts.observed.get(VACUUM.id)
    for each in found.findings if found else ():
        if each.status not in (Status.WARN, Status.CRITICAL):
            continue
        table = each.object.removeprefix("TOAST of ")
        only = each.mend == f"ANALYZE {table}"
        yield Action(
            kind="analyze" if only else "vacuum",
            node=facts.node,
            object=table,
            statements=(f"ANALYZE {table}" if only else f"VACUUM (ANALYZE) {table}",),
            why=each.message,
            lock="SHARE UPDATE EXCLUSIVE",
            needs=f"MAINTAIN on {table}" if facts.version >= 170000 else f"ownership of {table}",
            role=facts.owner,
        )
