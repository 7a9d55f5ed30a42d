"""REINDEX INDEX CONCURRENTLY of what wastes much and a large share; what takes a long lock to mend is only named."""

from __future__ import annotations

from collections.abc import Iterator

from knowledge.thresholds.threshold import Status
from maintain.action import Action, Skipped
from maintain.facts import DatabaseFacts
from maintain.postgres.invalid import built_bytes
from maintain.postgres.make import action
from maintain.postgres.rights import rebuilds, refused
from observe.observation import Finding, Row, texts
from observe.postgres.bloat import BLOAT
from observe.quantities import size

_WITHOUT_LOCK = {
    "pg_repack": "pg_repack --table {table}, which rewrites it while it is in use",
    "pg_squeeze": "SELECT squeeze.squeeze_table(...) for {table}, which rewrites it while it is in use",
}
"""Extension -> how it gives the space back (their documentation)."""


def actions(facts: DatabaseFacts) -> Iterator[Action | Skipped]:
    """Indexes first, those that waste most first; then the tables, none of which is done."""
    rows = {str(row["relation"]): row for row in facts.rows(BLOAT.id)}
    found = facts.observed.get(BLOAT.id)
    wasteful = [each for each in (found.findings if found else ()) if each.status in (Status.WARN, Status.CRITICAL)]
    for finding in wasteful:
        row = rows[finding.object]
        if row["kind"] == "index" and (table := facts.table_of(row)):
            yield _index(facts, finding, row, table)
    for finding in wasteful:
        if rows[finding.object]["kind"] != "index":
            yield _heap(finding, rows[finding.object])


def _index(facts: DatabaseFacts, finding: Finding, row: Row, table: Row) -> Action | Skipped:
    name, why = finding.object, finding.message
    if barrier := _barrier(row):
        return Skipped(object=name, why=f"{why}; {barrier[0]}", mend=barrier[1])
    right = rebuilds(facts, table)
    if right is None:
        return refused(facts, name, table, why)
    if not row["reachable"]:
        return Skipped(
            object=name,
            why=f"{why}; it is an index of the TOAST of {table['table']}, which only a superuser can name",
            mend=f"VACUUM (FULL) {table['table']} at a quiet hour: nobody reads or writes it meanwhile",
        )
    new = int(str(row["size_bytes"])) - int(str(row["wasted_bytes"]))
    if facts.free_bytes is None:
        why += f"; the new one takes about {size(new)} more meanwhile, and PostgreSQL does not say how much is free"
    elif facts.free_bytes < 2 * new:
        # The build sorts in temporary files of about its size (PostgreSQL, CREATE INDEX, maintenance_work_mem).
        need = f"{size(2 * new)} for the new one and its sort, of which {size(facts.free_bytes)} are free"
        return Skipped(object=name, why=f"{why}; it takes about {need}", mend="more storage, then the same again")
    statement = f"REINDEX INDEX CONCURRENTLY {name}"
    return action(facts, "reindex", name, statement, right, why, built_bytes(table, new))


def _barrier(row: Row) -> tuple[str, str] | None:
    """Why PostgreSQL does not rebuild it concurrently, and what does it (PostgreSQL, REINDEX); None where it does."""
    if row["catalog"]:
        return "REINDEX CONCURRENTLY takes no catalogs", f"REINDEX INDEX {row['relation']} at a quiet hour"
    if row["exclusion"]:
        why = "it is an exclusion constraint's, which REINDEX CONCURRENTLY does not take"
        return why, f"REINDEX INDEX {row['relation']} at a quiet hour: nobody writes {row['table']} meanwhile"
    return None


def _heap(finding: Finding, row: Row) -> Skipped:
    ways = [_WITHOUT_LOCK[name].format(table=row["table"]) for name in texts(row["rewriters"])]
    mend = " or ".join(ways) if ways else f"{finding.mend} at a quiet hour: nobody reads or writes it meanwhile"
    return Skipped(object=finding.object, why=finding.message, mend=mend)
