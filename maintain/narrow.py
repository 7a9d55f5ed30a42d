"""The facts of some tables alone, as if there were no others. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from knowledge.thresholds.threshold import Status
from maintain.facts import DatabaseFacts
from observe.observation import Observed, Row
from observe.postgres.tables import TABLES


def narrowed(facts: DatabaseFacts, oids: Collection[int]) -> DatabaseFacts:
    """Those tables with their partitions, TOAST and indexes; what is about none, such as a long transaction, stays."""
    if not oids:
        return facts
    kept = set(oids)
    for row in facts.rows(TABLES.id):
        if {row["relid"], row["root"]} & kept:
            kept |= {int(str(row["relid"])), int(str(row["toast"]))}
    return replace(facts, observed={name: _narrowed(each, kept) for name, each in facts.observed.items()})


def _narrowed(observed: Observed, oids: Collection[int]) -> Observed:
    rows = tuple(row for row in observed.rows if _about(row, oids))
    if rows == observed.rows:
        return observed
    unseen = (each for each in observed.findings if each.status is Status.SKIPPED)
    return replace(observed, rows=rows, findings=(*observed.observation.judge(rows), *unseen))


def _about(row: Row, oids: Collection[int]) -> bool:
    return "relid" not in row or row["relid"] in oids
