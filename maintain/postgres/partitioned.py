"""ANALYZE of partitioned tables, which autovacuum leaves to others: statistics of the table as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby

from knowledge.thresholds.threshold import Status
from maintain.action import Action, Skipped
from maintain.estimate import SAMPLE_BYTES
from maintain.facts import DatabaseFacts
from maintain.postgres.make import action
from maintain.postgres.rights import maintains, refused
from observe.observation import Row
from observe.postgres.tables import TABLES
from observe.postgres.vacuum import VACUUM, stale

ONLY_FROM = 180000
"""`server_version_num` from which ANALYZE ONLY leaves the partitions out (release notes of 18)."""


def analyzed_trees(facts: DatabaseFacts) -> Mapping[int, Action | Skipped]:
    """Oid of each partitioned table that is to be analyzed -> how, or why not.

    Before 18, and where what has changed is in partitions that were not analyzed either, they are analyzed along with
    it; what autovacuum has analyzed itself is not read again where that can be left out.
    """
    rows = {str(row["table"]): row for row in facts.rows(VACUUM.id) if row["partitioned"]}
    found = facts.observed.get(VACUUM.id)
    made: dict[int, Action | Skipped] = {}
    parts = _parts(facts) if rows else {}
    for finding in found.findings if found else ():
        row, table = rows.get(finding.object), facts.tables.get(finding.object)
        if row is None or table is None or finding.status is Status.OK:
            continue
        oid, name, right = int(str(table["relid"])), finding.object, maintains(facts, table)
        if right is None:
            made[oid] = refused(facts, name, table, finding.message)
            continue
        alone = facts.version >= ONLY_FROM and not stale(row, "modified")
        # One sample of all partitions, and, where they are analyzed too, one of each.
        whole = sum(int(str(each["heap_bytes"])) for each in parts.get(oid, ()))
        each_one = 0 if alone else sum(sampled_bytes(each) for each in parts.get(oid, ()))
        statement = f"ANALYZE {'ONLY ' if alone else ''}{name}"
        bytes_ = min(whole, SAMPLE_BYTES) + each_one
        made[oid] = action(facts, "analyze", name, statement, right, finding.message, bytes_)
    return made


def sampled_bytes(table: Row) -> int:
    """What ANALYZE reads of a table: a sample."""
    return min(int(str(table["heap_bytes"])), SAMPLE_BYTES)


def _parts(facts: DatabaseFacts) -> Mapping[int, list[Row]]:
    tables = sorted(facts.rows(TABLES.id), key=lambda each: int(str(each["root"])))
    return {root: list(rows) for root, rows in groupby(tables, key=lambda each: int(str(each["root"])))}
