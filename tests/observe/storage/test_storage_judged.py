"""What rows of what is stored mean, without a server."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from knowledge.thresholds.postgres_storage import CACHE_HIT
from observe.observation import Finding, Row
from observe.postgres.bloat import BLOAT, wasteful
from observe.postgres.cache_hit import missed
from observe.postgres.index_twins import Index, Twin, twins
from observe.postgres.index_usage import unused
from observe.postgres.sequences import used_up
from observe.postgres.vacuum import VACUUM
from observe.postgres.vacuum_horizon import VACUUM_HORIZON
from observe.postgres.wraparound import of_databases, of_tables

DAY = 86_400
Short = tuple[str, str, str, str]


def short(findings: tuple[Finding, ...]) -> list[Short]:
    return [(str(each.status), each.check, each.object, each.mend) for each in findings]


def index(name: str, *keys: str, **more: object) -> Index:
    settings: dict[str, object] = {
        "table": "t",
        "kind": "btree",
        "included": frozenset(),
        "ordered": True,
        "enforces": "",
        "exclusive": False,
        "needed": (False,),
    }
    settings |= more
    included = settings["included"]
    assert isinstance(included, frozenset)
    return Index(name=name, keys=keys, columns=frozenset([*keys, *included]), **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("indexes", "expected"),
    [
        ([index("a", "x"), index("b", "y")], []),
        ([index("a", "x"), index("aa", "x")], [Twin(index="aa", by="a", same=True)]),
        ([index("a", "x"), index("b", "x", "y")], [Twin(index="a", by="b", same=False)]),
        ([index("a", "y"), index("b", "x", "y")], []),
        ([index("a", "x", ordered=False), index("b", "x", "y", ordered=False)], []),
        ([index("a", "x"), index("b", "x", table="u")], []),
        ([index("a", "x"), index("b", "x", kind="btree WHERE y > 1")], []),
        # What holds values apart stays, whatever the names; a longer one does not hold them apart in its place.
        ([index("a", "x"), index("unique", "x", enforces="now")], [Twin(index="a", by="unique", same=True)]),
        ([index("a", "x", enforces="now"), index("b", "x", "y", enforces="now")], []),
        ([index("a", "x", enforces="now"), index("b", "x", enforces="nulls too")], []),
        (
            [index("pk", "x", enforces="now", needed=(True,)), index("a", "x", enforces="now")],
            [Twin(index="a", by="pk", same=True)],
        ),
        # A replica identity or a constraint's index is needed by its name.
        ([index("a", "x", needed=(True,)), index("b", "x", "y")], []),
        ([index("a", "x", exclusive=True), index("b", "x")], [Twin(index="b", by="a", same=True)]),
        # Columns that are only carried along count as well.
        ([index("a", "x", included=frozenset("y")), index("b", "x")], [Twin(index="b", by="a", same=True)]),
        ([index("a", "x", included=frozenset("z")), index("b", "x", "y")], []),
        ([index("a", "x", included=frozenset("y")), index("b", "x", "y")], [Twin(index="a", by="b", same=False)]),
        # Of three that are the same two go, and not each for the other.
        (
            [index("a", "x"), index("b", "x"), index("c", "x")],
            [Twin(index="b", by="a", same=True), Twin(index="c", by="a", same=True)],
        ),
    ],
)
def test_an_index_that_another_one_replaces(indexes: list[Index], expected: list[Twin]) -> None:
    assert list(twins(indexes)) == expected


def usage(index: str = "i", scans: int = 0, days: float = 40, **more: object) -> Row:
    row: dict[str, object] = {
        "table": "t",
        "index": index,
        "indexrelid": index,
        "scans": scans,
        "size_bytes": 20_000_000,
        "counted_seconds": days * DAY,
        "partitioned": False,
        "droppable": True,
        "expression": False,
        "constraint": None,
        "replica": False,
        "replicas": 0,
    }
    return row | more  # type: ignore[return-value]


FOUND: Short = ("warn", "unused-index", "i", "DROP INDEX CONCURRENTLY i")


@pytest.mark.parametrize(
    ("nodes", "expected"),
    [
        ({"primary": [usage()]}, [FOUND]),
        ({"primary": [usage(partitioned=True)]}, [("warn", "unused-index", "i", "DROP INDEX i")]),
        ({"primary": [usage(scans=1)]}, []),
        ({"primary": [usage(droppable=False)]}, []),
        ({"primary": [usage(size_bytes=9_000_000)]}, []),
        ({"primary": [usage(replicas=1)], "standby": [usage(replica=True)]}, [FOUND]),
        ({"primary": [usage(replicas=1)], "standby": [usage(replica=True, scans=3)]}, []),
    ],
)
def test_an_index_that_no_server_scans(nodes: Mapping[str, list[Row]], expected: list[Short]) -> None:
    assert short(unused(nodes)) == expected


@pytest.mark.parametrize(
    ("nodes", "why"),
    [
        ({"primary": [usage(days=34)]}, "primary for 34 days, not for 35"),
        ({"primary": [usage()], "standby": [usage(replica=True, days=2)]}, "standby for 2 days, not for 35"),
        ({"primary": [usage(replicas=1)], "standby": None}, "standby did not answer"),
        ({"primary": [usage(replicas=1)], "standby": []}, "standby did not answer"),
        ({"database": [usage(replicas=2)]}, "2 servers replicate from here and 0 of them answered"),
        ({"database": [usage(replica=True)]}, "only a replica was asked"),
    ],
)
def test_without_the_counts_of_all_servers_nothing_is_unused(nodes: Mapping[str, list[Row] | None], why: str) -> None:
    (finding,) = unused(nodes)
    assert (str(finding.status), finding.mend) == ("skipped", "")
    assert why in finding.message


def heap(**more: object) -> Row:
    row: dict[str, object] = {
        "table": "t",
        "toast": False,
        "dead": 0,
        "dead_due": 10_000,
        "inserted": 0,
        "inserted_due": 10_000,
        "changed": 0,
        "changed_due": 10_000,
        "autovacuum": True,
        "daemon": True,
        "partitioned": False,
        "unknown_bytes": None,
        "vacuumed_seconds": 60.0,
        "analyzed_seconds": 60.0,
    }
    return row | more  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (heap(dead=20_000), []),
        (heap(dead=20_001), [("warn", "dead-rows", "t", "VACUUM (ANALYZE) t")]),
        (heap(dead=9_999, dead_due=50), []),  # too few to matter
        (
            heap(dead=10_001, autovacuum=False),
            [("warn", "autovacuum-off", "t", "ALTER TABLE t RESET (autovacuum_enabled); VACUUM (ANALYZE) t")],
        ),
        (
            heap(dead=10_001, autovacuum=False, toast=True),
            [
                (
                    "warn",
                    "autovacuum-off",
                    "TOAST of t",
                    "ALTER TABLE t RESET (toast.autovacuum_enabled, autovacuum_enabled); VACUUM (ANALYZE) t",
                )
            ],
        ),
        (heap(dead=10_001, daemon=False), [("warn", "autovacuum-off", "t", "VACUUM (ANALYZE) t")]),
        (heap(inserted=20_001), []),
        (heap(inserted=20_001, vacuumed_seconds=None), [("warn", "never-vacuumed", "t", "VACUUM (ANALYZE) t")]),
        (heap(inserted=20_001, vacuumed_seconds=None, inserted_due=None), []),
        # One line for a table: vacuum analyzes as well.
        (
            heap(dead=20_001, inserted=20_001, changed=20_001, vacuumed_seconds=None),
            [("warn", "dead-rows", "t", "VACUUM (ANALYZE) t")],
        ),
        (heap(changed=20_001), [("warn", "stale-statistics", "t", "ANALYZE t")]),
        (heap(changed=20_001, toast=True), []),
        (heap(changed=20_001, partitioned=True), [("warn", "stale-statistics", "t", "ANALYZE t")]),
        (heap(unknown_bytes=10_000_000), []),
        (heap(unknown_bytes=10_000_001), [("warn", "never-analyzed", "t", "VACUUM (ANALYZE) t")]),
        # The rows are counted: that says more.
        (heap(unknown_bytes=10_000_001, changed=20_001), [("warn", "stale-statistics", "t", "ANALYZE t")]),
    ],
)
def test_a_table_that_vacuum_does_not_get_through(row: Row, expected: list[Short]) -> None:
    assert short(VACUUM.judge([row])) == expected


def holder(kind: str, name: str, transactions: int, seconds: float | None = None) -> Row:
    return {
        "kind": kind,
        "id": name,
        "user": "app_a",
        "database": "shop",
        "transactions": transactions,
        "open_seconds": seconds,
        "active": True,
    }


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (holder("transaction", "17", 50_000_000, DAY), []),
        (
            holder("transaction", "17", 5, DAY + 1),
            [("warn", "vacuum-held", "transaction 17", "datatier queries kill 17")],
        ),
        (
            holder("prepared", "it's", 50_000_001, 1),
            [("warn", "vacuum-held-transactions", "prepared it's", "ROLLBACK PREPARED 'it''s'")],
        ),
        (
            holder("slot", "old", 200_000_001),
            [("critical", "vacuum-held-transactions", "slot old", "SELECT pg_drop_replication_slot('old')")],
        ),
        (
            holder("replica", "standby", 50_000_001),
            [("warn", "vacuum-held-transactions", "replica standby", "datatier queries long")],
        ),
    ],
)
def test_what_holds_vacuum_back_for_too_long(row: Row, expected: list[Short]) -> None:
    assert short(VACUUM_HORIZON.judge([row])) == expected


def ages(name: str, transactions: int, multixacts: int = 0, **more: object) -> Row:
    row: dict[str, object] = {
        "database": name,
        "table": name,
        "transactions": transactions,
        "multixacts": multixacts,
        "current": True,
        "open": True,
        "failsafe": 1_600_000_000,
    }
    return row | more  # type: ignore[return-value]


def test_databases_whose_ids_are_old() -> None:
    rows = [
        ages("shop", 1_000_000_001),
        ages("other", 0, 500_000_001, current=False),
        ages("template0", 500_000_001, current=False, open=False),
        ages("good", 500_000_000, 500_000_000),
    ]
    assert short(of_databases(rows)) == [
        ("critical", "transaction-ids", "database shop", "VACUUM (FREEZE)"),
        ("warn", "multixact-ids", "database other", "datatier queries wraparound --database other"),
        ("warn", "transaction-ids", "database template0", "datatier queries vacuum"),
        ("ok", "transaction-ids", "database good", ""),
    ]


def test_tables_whose_ids_are_old() -> None:
    rows = [ages("a.t", 1_600_000_001), ages("a.u", 600_000_000), ages("a.v", 1)]
    assert short(of_tables(rows)) == [
        ("critical", "transaction-ids", "a.t", "VACUUM (FREEZE, INDEX_CLEANUP off, TRUNCATE off) a.t"),
        ("warn", "transaction-ids", "a.u", "VACUUM (FREEZE) a.u"),
    ]


def counted(used: float | None, **more: object) -> Row:
    row: dict[str, object] = {
        "sequence": "s.numbers",
        "schema": "s",
        "login": "watcher",
        "table": "s.t",
        "column": "id",
        "type": "integer",
        "sequence_type": "integer",
        "identity": False,
        "cycle": False,
        "capped": False,
        "readable": True,
        "last_value": 5,
        "ends_at": 10,
        "used_percent": used,
    }
    return row | more  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("row", "status", "mend"),
    [
        (counted(90.0), None, ""),
        (counted(None), None, ""),
        (counted(99.5, cycle=True), None, ""),
        (counted(90.5), "warn", "ALTER TABLE s.t ALTER COLUMN id TYPE bigint; ALTER SEQUENCE s.numbers AS bigint"),
        (counted(99.5, sequence_type="bigint"), "critical", "ALTER TABLE s.t ALTER COLUMN id TYPE bigint"),
        (counted(99.5, type="bigint"), "critical", "ALTER SEQUENCE s.numbers AS bigint"),
        (counted(99.5, identity=True), "critical", "ALTER TABLE s.t ALTER COLUMN id TYPE bigint"),
        (
            counted(99.5, table=None, column=None, type=None, sequence_type="bigint", capped=True),
            "critical",
            "ALTER SEQUENCE s.numbers NO MAXVALUE",
        ),
        (
            counted(None, readable=False, last_value=None),
            "skipped",
            "GRANT SELECT ON ALL SEQUENCES IN SCHEMA s TO watcher",
        ),
    ],
)
def test_a_sequence_that_runs_out(row: Row, status: str | None, mend: str) -> None:
    found = [(str(each.status), each.mend) for each in used_up([row])]
    assert found == ([(status, mend)] if status else [])


def puffed(kind: str = "table", **more: object) -> Row:
    row: dict[str, object] = {
        "kind": kind,
        "table": "s.t",
        "relation": "s.x",
        "size_bytes": 1_000_000_000,
        "estimated_bytes": None,
        "shut_schema": None,
        "login": "watcher",
    }
    return row | more  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (puffed(measured_bytes=200_000_000), []),
        (puffed(measured_bytes=200_000_001), [("warn", "bloat", "s.x", "VACUUM (FULL, ANALYZE) s.t")]),
        (puffed("TOAST", measured_bytes=900_000_000), [("warn", "bloat", "s.x", "VACUUM (FULL, ANALYZE) s.t")]),
        (puffed("index", measured_bytes=900_000_000), [("warn", "bloat", "s.x", "REINDEX INDEX CONCURRENTLY s.x")]),
        # A large share of little is not worth a lock.
        (puffed(measured_bytes=99_000_000, size_bytes=100_000_000), []),
        (puffed(estimated_bytes=500_000_000), [("warn", "bloat", "s.x", "VACUUM (FULL, ANALYZE) s.t")]),
        # What was measured counts, whatever the estimate says.
        (puffed(estimated_bytes=500_000_000, measured_bytes=0), []),
        (puffed(), [("skipped", "bloat", "", "GRANT pg_read_all_data TO watcher")]),
        (puffed(refused="canceling statement due to lock timeout"), [("skipped", "bloat", "", "")]),
    ],
)
def test_what_is_wasted(row: Row, expected: list[Short]) -> None:
    assert BLOAT.arrange
    assert short(wasteful(BLOAT.arrange([row]))) == expected


def test_an_estimate_is_said_to_be_one() -> None:
    assert BLOAT.arrange
    (finding,) = wasteful(BLOAT.arrange([puffed(estimated_bytes=500_000_000)]))
    assert "by an estimate" in finding.message


@pytest.mark.parametrize(
    ("hit", "read", "expected"),
    [
        (99_000, 1_000, []),
        (98_999, 1_001, [("warn", "cache-hit", "shop", "datatier queries slow")]),
        (10, 90, []),  # too few to say anything
    ],
)
def test_reads_that_were_not_cached(hit: int, read: int, expected: list[Short]) -> None:
    row: Row = {
        "database": "shop",
        "hits": hit,
        "reads": read,
        "hit_percent": 100 * hit / (hit + read),
        "since": datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
    }
    found = missed("database", CACHE_HIT)([row])
    assert short(found) == expected
    assert all("since 2026-01-02 03:04" in each.message for each in found)
