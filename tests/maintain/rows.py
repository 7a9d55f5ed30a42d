"""Facts for planners, made by hand: rows as the observations bring them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from maintain.action import MaintenancePlan
from maintain.facts import CacheFacts, DatabaseFacts
from maintain.plan import IF_ASKED, OBSERVATIONS, plan
from observe.observation import Finding, Observed, Row

GB = 10**9


def table(oid: int, name: str = "stock.items", **more: Any) -> Row:
    usual = {
        "relid": oid,
        "table": name,
        "schema": name.partition(".")[0],
        "owner": "keeper",
        "reachable": True,
        "root": oid,
        "toast": oid + 1000,
        "partitioned": False,
        "heap_bytes": 10 * GB,
        "toast_bytes": GB,
        "index_bytes": 2 * GB,
    }
    return {**usual, **more}


def index(oid: int, name: str, *keys: str, **more: Any) -> Row:
    usual = {
        "relid": oid,
        "table": "stock.items",
        "index": name,
        "size_bytes": 3 * GB,
        "method": "btree",
        "attached": False,
        "partitioned": False,
        "unique": False,
        "primary": False,
        "immediate": True,
        "nulls_not_distinct": False,
        "replica_identity": False,
        "valid": True,
        "exclusion": False,
        "reachable": True,
        "lacking": [],
        "building": False,
        "constraint": None,
        "referenced": False,
        "keys": list(keys),
        "key_options": ["1 0 0" for _ in keys],
        "included": [],
        "predicate": "",
        "options": "",
    }
    return {**usual, **more}


def worn(oid: int, name: str = "stock.items", **more: Any) -> Row:
    """A row of `vacuum` in which nothing is wrong."""
    usual = {
        "relid": oid,
        "table": name,
        "toast": False,
        "live": 100_000,
        "dead": 0,
        "dead_due": 20_000,
        "inserted": 0,
        "inserted_due": 20_000,
        "changed": 0,
        "changed_due": 20_000,
        "autovacuum": True,
        "daemon": True,
        "partitioned": False,
        "unknown_bytes": None,
        "modified": None,
        "vacuumed_seconds": 600.0,
        "analyzed_seconds": 600.0,
    }
    return {**usual, **more}


def old(oid: int, name: str = "stock.items", **more: Any) -> Row:
    """A row of `wraparound-tables`."""
    usual = {"relid": oid, "table": name, "transactions": 0, "multixacts": 0, "failsafe": 1_600_000_000}
    return {**usual, **more}


def holder(kind: str, seconds: float | None, transactions: int = 5, **more: Any) -> Row:
    usual = {
        "kind": kind,
        "id": "7",
        "user": "report",
        "database": "shop",
        "transactions": transactions,
        "open_seconds": seconds,
        "active": True,
        "catalogs_only": False,
    }
    return {**usual, **more}


def bloated(oid: int, name: str, kind: str = "index", **more: Any) -> Row:
    usual = {
        "relid": oid,
        "oid": oid + 1,
        "kind": kind,
        "table": "stock.items",
        "relation": name,
        "size_bytes": 4 * GB,
        "wasted_bytes": 3 * GB,
        "share_percent": 75.0,
        "how": "measured",
        "shut_schema": None,
        "login": "watcher",
        "catalog": False,
        "exclusion": False,
        "reachable": True,
        "rewriters": [],
    }
    return {**usual, **more}


def facts(rows: Mapping[str, Sequence[Row]], unseen: Mapping[str, Finding] | None = None, **more: Any) -> DatabaseFacts:
    """What observations brought, judged by themselves; one that is not named brought nothing."""
    observed = {}
    for each in (*OBSERVATIONS, *IF_ASKED):
        brought = tuple(rows.get(each.id, ()))
        findings = [*each.judge(brought), *(finding for name, finding in (unseen or {}).items() if name == each.id)]
        observed[each.id] = Observed(node="primary", observation=each, rows=brought, findings=tuple(findings))
    usual = DatabaseFacts(
        node="primary",
        at=datetime(2026, 11, 30, tzinfo=UTC),
        version=160004,
        owner="keeper",
        observed=observed,
        database="shop",
        schemas=("stock",),
    )
    return replace(usual, **more)


def planned(rows: Mapping[str, Sequence[Row]], **more: Any) -> MaintenancePlan:
    return plan([facts(rows, **more)])


def said(made: MaintenancePlan) -> tuple[list[str], list[tuple[str, str]]]:
    """Statements, and what is not done with what mends it."""
    return [each.statement for each in made.actions], [(each.object, each.mend) for each in made.skipped]


def node(**more: Any) -> CacheFacts:
    """A node that takes what it needs."""
    row = {
        "allocator": "jemalloc-5.3.0",
        "used_bytes": 1.0 * GB,
        "resident_bytes": 1.1 * GB,
        "beyond_percent": 10.0,
        "beyond_bytes": 0.1 * GB,
        "kept_percent": 1.0,
        "kept_bytes": 0.01 * GB,
        "scattered_percent": 1.0,
        "scattered_bytes": 0.01 * GB,
        "defragmenting": False,
    }
    own = {name: more.pop(name) for name in ("hosted", "purger") if name in more}
    return CacheFacts(node="till/a", cache="till", row=row | more, **{"hosted": True, "purger": "sweeper"} | own)
