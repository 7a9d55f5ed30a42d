"""VACUUM and ANALYZE where the numbers ask for it: what `datatier queries vacuum` and `wraparound` find."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from knowledge.thresholds.postgres import TRANSACTION_IDS
from knowledge.thresholds.postgres_storage import NEVER_ANALYZED, STALE_STATISTICS
from knowledge.thresholds.threshold import Status
from maintain.action import Action, Skipped
from maintain.estimate import PAGE
from maintain.facts import DatabaseFacts
from maintain.postgres import held
from maintain.postgres.make import action
from maintain.postgres.partitioned import analyzed_trees, sampled_bytes
from maintain.postgres.rights import maintains, refused
from observe.observation import Finding, Row
from observe.postgres.vacuum import VACUUM, stale
from observe.postgres.vacuum_horizon import mend, sentence
from observe.postgres.wraparound import WRAPAROUND_TABLES

TOAST_ALONE_FROM = 160000
"""`server_version_num` from which VACUUM has PROCESS_MAIN (release notes of 16)."""


@dataclass(kw_only=True)
class _Wish:
    """What is wanted of one table."""

    heap: bool = False
    toast: bool = False
    dead: int = 0
    analyze: bool = False
    freeze: tuple[str, ...] = ()
    why: list[str] = field(default_factory=list)


def actions(facts: DatabaseFacts) -> Iterator[Action | Skipped]:
    """One for each table, those with the oldest transaction ids first; partitioned ones are analyzed at the end."""
    rows = {(str(row["table"]), bool(row["toast"])): row for row in facts.rows(VACUUM.id)}
    wishes: dict[str, _Wish] = {}
    yield from _old(facts, wishes)
    yield from _worn(facts, rows, wishes)
    trees = analyzed_trees(facts)
    covered = {root for root, each in trees.items() if isinstance(each, Action) and " ONLY " not in each.statement}
    for name, wish in wishes.items():
        table = facts.tables.get(name)
        if table is not None and (wish.heap or wish.toast or wish.freeze or wish.analyze):
            yield from _of(facts, name, table, wish, covered=table["root"] in covered)
    yield from trees.values()


def _old(facts: DatabaseFacts, wishes: dict[str, _Wish]) -> Iterator[Skipped]:
    """The tables whose ids grow too old."""
    rows = {str(row["table"]): row for row in facts.rows(WRAPAROUND_TABLES.id)}
    for finding in _wrong(facts, WRAPAROUND_TABLES.id):
        row = rows[finding.object]
        of_transactions = finding.threshold is not None and finding.threshold.id == TRANSACTION_IDS.id
        if of_transactions and (holder := held.freezing(facts, row)):
            yield _held(finding.object, finding.message, holder)
            continue
        # What vacuum itself leaves out when it is late: the indexes can wait (PostgreSQL, vacuum_failsafe_age).
        late = int(str(row["transactions"])) > int(str(row["failsafe"]))
        wish = wishes.setdefault(finding.object, _Wish())
        wish.freeze = ("FREEZE", "INDEX_CLEANUP off") if late else ("FREEZE",)
        wish.why.append(finding.message)


def _worn(facts: DatabaseFacts, rows: dict[tuple[str, bool], Row], wishes: dict[str, _Wish]) -> Iterator[Skipped]:
    """The tables with dead rows, without a vacuum, or whose statistics are of another time."""
    for finding in _wrong(facts, VACUUM.id):
        name = finding.object.removeprefix("TOAST of ")
        toast = name != finding.object
        row = rows[name, toast]
        if row["partitioned"]:
            continue
        wish = wishes.setdefault(name, _Wish())
        wish.why.append(finding.message)
        if finding.check == STALE_STATISTICS.id:
            wish.analyze = True
        elif finding.check == NEVER_ANALYZED.id:
            wish.heap = True
        elif holder := None if wish.freeze else held.dead_rows(facts, row):
            yield _held(finding.object, finding.message, holder)
            wish.why.pop()
            if not toast and stale(row):
                wish.analyze = True
                wish.why.append(f"{int(str(row['changed'])):,} rows of {name} have changed since it was analyzed")
        else:
            wish.toast, wish.heap = wish.toast or toast, wish.heap or not toast
            wish.dead += int(str(row["dead"]))


def _of(facts: DatabaseFacts, name: str, table: Row, wish: _Wish, *, covered: bool) -> Iterator[Action | Skipped]:
    """
    :param covered: whether the partitioned table that it is part of is analyzed, and it along with that.
    """
    why = "; ".join(wish.why)
    if not (wish.heap or wish.toast or wish.freeze) and covered:
        return
    right = maintains(facts, table)
    if right is None:
        yield refused(facts, name, table, why)
    elif at_it := held.running(facts, name):
        yield Skipped(object=name, why=f"{why}; {at_it}", mend="datatier queries vacuum")
    elif wish.heap or wish.toast or wish.freeze:
        statement, bytes_ = _vacuum(facts, name, table, wish, covered=covered)
        yield action(facts, "vacuum", name, statement, right, why, bytes_, _dirtied(table, wish))
    else:
        yield action(facts, "analyze", name, f"ANALYZE {name}", right, why, sampled_bytes(table))


def _vacuum(facts: DatabaseFacts, name: str, table: Row, wish: _Wish, *, covered: bool) -> tuple[str, int]:
    """The statement, and what it reads and writes.

    Without TRUNCATE, which takes ACCESS EXCLUSIVE to give back empty pages at the end of a table: the primary gives it
    up when somebody waits, and each replica has to replay it against its queries (PostgreSQL, VACUUM and "Handling
    Query Conflicts").
    """
    heap, toast, indexes = (int(str(table[key])) for key in ("heap_bytes", "toast_bytes", "index_bytes"))
    if wish.toast and not (wish.heap or wish.analyze or wish.freeze) and facts.version >= TOAST_ALONE_FROM:
        return f"VACUUM (PROCESS_MAIN off, TRUNCATE off) {name}", toast
    catalog = str(table["schema"]) == "pg_catalog"
    options = [*wish.freeze, *([] if covered or catalog or wish.freeze[1:] else ["ANALYZE"]), "TRUNCATE off"]
    read = heap + toast + (0 if wish.freeze[1:] else indexes)
    return f"VACUUM ({', '.join(options)}) {name}", read + (heap + toast if wish.freeze else 0)


def _dirtied(table: Row, wish: _Wish) -> int:
    """Pages that are changed: with a dead row, or all of them to freeze what is in them."""
    pages = sum(int(str(table[key])) for key in ("heap_bytes", "toast_bytes")) // PAGE
    return pages if wish.freeze else min(pages, wish.dead)


def _held(name: str, why: str, holder: Row) -> Skipped:
    return Skipped(object=name, why=f"{why}; vacuum can do nothing about it: {sentence(holder)}", mend=mend(holder))


def _wrong(facts: DatabaseFacts, observation: str) -> Iterator[Finding]:
    found = facts.observed.get(observation)
    yield from (each for each in (found.findings if found else ()) if each.status in (Status.WARN, Status.CRITICAL))
