"""From rows to statements: what is planned in which order, by whose right, and what is only told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from rows import GB, bloated, facts, holder, index, node, old, planned, said, table, worn

from knowledge.thresholds.threshold import Status
from maintain.action import Action, Skipped
from maintain.estimate import BYTES_PER_SECOND, SAMPLE_BYTES
from maintain.narrow import narrowed
from maintain.plan import plan
from observe.observation import Finding, Row

T = "stock.items"
ITEMS = [table(1)]
LATE = {"valid": False}
VACUUM = f"VACUUM (ANALYZE, TRUNCATE off) {T}"
REINDEX = "REINDEX INDEX CONCURRENTLY stock."
DROP = "DROP INDEX CONCURRENTLY stock."
QUIET = "at a quiet hour: nobody reads or writes it meanwhile"
Rows = Mapping[str, Sequence[Row]]
Said = tuple[list[str], list[tuple[str, str]]]


@pytest.mark.parametrize(
    ("indexes", "expected"),
    [
        ([index(1, "stock.a", "x"), index(1, "stock.a_ccnew", "x", **LATE)], ([f"{DROP}a_ccnew"], [])),
        ([index(1, "stock.a", "x"), index(1, "stock.a_ccold3", "x", **LATE)], ([f"{DROP}a_ccold3"], [])),
        ([index(1, "stock.a", "x"), index(1, 'stock."cut o_ccnew"', "x", **LATE)], ([f'{DROP}"cut o_ccnew"'], [])),
        # Its name alone says nothing: neither of a valid one, nor of one that is like no other.
        ([index(1, "stock.a", "x"), index(1, "stock.b_ccnew", "y")], ([], [])),
        ([index(1, "stock.a", "x"), index(1, "stock.a_ccnew", "y", **LATE)], ([f"{REINDEX}a_ccnew"], [])),
        # What it was to replace may be invalid as well, and is built again.
        (
            [index(1, "stock.a", "x", **LATE), index(1, "stock.a_ccnew", "x", **LATE)],
            ([f"{DROP}a_ccnew", f"{REINDEX}a"], []),
        ),
        # A deferrable constraint's is not deferrable itself.
        (
            [
                index(1, "stock.a", "x", unique=True, immediate=False, constraint="a"),
                index(1, "stock.a_ccnew", "x", unique=True, **LATE),
            ],
            ([f"{DROP}a_ccnew"], []),
        ),
        (
            [index(1, "stock.a", "x", attached=True), index(1, "stock.a_ccnew", "x", **LATE)],
            ([f"{DROP}a_ccnew"], []),
        ),
        # Left of CREATE INDEX CONCURRENTLY: dropped where another one does all of it.
        ([index(1, "stock.a", "x", **LATE)], ([f"{REINDEX}a"], [])),
        ([index(1, "stock.a", "x", **LATE), index(1, "stock.b", "x")], ([f"{DROP}a"], [])),
        ([index(1, "stock.a", "x", unique=True, **LATE), index(1, "stock.b", "x")], ([f"{REINDEX}a"], [])),
        ([index(1, "stock.a", "x", **LATE), index(1, "stock.b", "x", "y")], ([f"{REINDEX}a"], [])),
        ([index(1, "stock.a", "x", **LATE), index(1, "stock.b", "x", predicate="y > 1")], ([f"{REINDEX}a"], [])),
        ([index(1, "stock.a", "x", **LATE), index(2, "stock.b", "x")], ([f"{REINDEX}a"], [])),
        # What a constraint or a partitioned table needs is never dropped.
        ([index(1, "stock.a", "x", constraint="a", **LATE), index(1, "stock.b", "x")], ([f"{REINDEX}a"], [])),
        ([index(1, "stock.a", "x", attached=True, **LATE), index(1, "stock.b", "x")], ([f"{REINDEX}a"], [])),
        ([index(1, "stock.a", "x", building=True, **LATE)], ([], [("stock.a", "datatier queries progress")])),
        (
            [index(1, "stock.a", "x"), index(1, "stock.a_ccnew", "x", building=True, **LATE)],
            ([], [("stock.a_ccnew", "datatier queries progress")]),
        ),
        (
            [index(1, "stock.a", "x", partitioned=True, lacking=["stock.p1", "stock.p2"], **LATE)],
            (
                [],
                [
                    (
                        "stock.a",
                        "in a migration CREATE INDEX CONCURRENTLY on stock.p1, "
                        "then ALTER INDEX stock.a ATTACH PARTITION",
                    )
                ],
            ),
        ),
        (
            [index(1, "stock.a", "x", partitioned=True, **LATE)],
            ([], [("stock.a", "drop stock.a and create it in a migration")]),
        ),
        # Of a table that was dropped meanwhile.
        ([index(9, "stock.a", "x", **LATE)], ([], [])),
    ],
)
def test_indexes_that_no_query_uses(indexes: list[Row], expected: Said) -> None:
    assert said(planned({"tables": ITEMS, "indexes": indexes})) == expected


@pytest.mark.parametrize(
    ("failed", "expected"),
    [
        (
            'could not create unique index "a_ccnew"',
            (
                [],
                [
                    (
                        "stock.a",
                        "SELECT x, lower(y), count(*) FROM stock.items WHERE z GROUP BY x, lower(y) "
                        "HAVING count(*) > 1, then REINDEX INDEX CONCURRENTLY stock.a",
                    )
                ],
            ),
        ),
        ("canceling statement due to lock timeout", ([f"{REINDEX}a"], [])),
    ],
)
def test_a_unique_index_that_rows_violate_is_not_tried_again(failed: str, expected: Said) -> None:
    rows = {"tables": ITEMS, "indexes": [index(1, "stock.a", "x", "lower(y)", predicate="z", unique=True, **LATE)]}
    assert said(planned(rows, failed={f"{REINDEX}a": failed})) == expected


def test_what_is_left_on_toast_belongs_to_its_table() -> None:
    name = "pg_toast.pg_toast_1_index"
    toast = [index(1001, name, "chunk_id"), index(1001, f"{name}_ccnew", "chunk_id", reachable=False, **LATE)]
    made = planned({"tables": ITEMS, "indexes": toast})
    (found,) = made.skipped
    assert (made.actions, found.object) == ((), f"{name}_ccnew")
    assert f"an index of the TOAST of {T}, which only a superuser can name" in found.why
    named = planned({"tables": ITEMS, "indexes": [toast[0], {**toast[1], "reachable": True}]})
    assert said(named) == ([f"DROP INDEX CONCURRENTLY {name}_ccnew"], [])


DEAD, STALE = worn(1, dead=40_001), worn(1, changed=40_001)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ({"vacuum": [worn(1)]}, ([], [])),
        ({"vacuum": [DEAD]}, ([VACUUM], [])),
        ({"vacuum": [STALE]}, ([f"ANALYZE {T}"], [])),
        ({"vacuum": [worn(1, unknown_bytes=GB)]}, ([VACUUM], [])),
        ({"vacuum": [worn(1, inserted=40_001, vacuumed_seconds=None)]}, ([VACUUM], [])),
        # Only its TOAST, or both in one.
        ({"vacuum": [worn(1, toast=True, dead=40_001)]}, ([f"VACUUM (PROCESS_MAIN off, TRUNCATE off) {T}"], [])),
        ({"vacuum": [DEAD, worn(1, toast=True, dead=40_001)]}, ([VACUUM], [])),
        ({"vacuum": [STALE, worn(1, toast=True, dead=40_001)]}, ([VACUUM], [])),
        # The oldest ids first, and not twice.
        (
            {
                "vacuum": [DEAD, worn(2, "stock.other", dead=40_001)],
                "wraparound-tables": [old(2, "stock.other", transactions=600_000_000)],
            },
            (["VACUUM (FREEZE, ANALYZE, TRUNCATE off) stock.other", VACUUM], []),
        ),
        (
            {"wraparound-tables": [old(1, transactions=1_700_000_000)]},
            ([f"VACUUM (FREEZE, INDEX_CLEANUP off, TRUNCATE off) {T}"], []),
        ),
        # Held back since before the last vacuum: there is nothing to remove. Its statistics may be stale all the same.
        (
            {"vacuum": [DEAD], "vacuum-horizon": [holder("transaction", 601.0)]},
            ([], [(T, "datatier queries kill 7")]),
        ),
        (
            {"vacuum": [{**DEAD, "changed": 40_001}], "vacuum-horizon": [holder("transaction", 601.0)]},
            ([f"ANALYZE {T}"], [(T, "datatier queries kill 7")]),
        ),
        ({"vacuum": [DEAD], "vacuum-horizon": [holder("transaction", 599.0)]}, ([VACUUM], [])),
        ({"vacuum": [DEAD], "vacuum-horizon": [holder("transaction", 601.0, database="other")]}, ([VACUUM], [])),
        ({"vacuum": [DEAD], "vacuum-horizon": [holder("slot", None, catalogs_only=True)]}, ([VACUUM], [])),
        (
            {"vacuum": [DEAD], "vacuum-horizon": [holder("slot", None, database=None, active=False)]},
            ([], [(T, "SELECT pg_drop_replication_slot('7')")]),
        ),
        # A replica's own slot is always a few transactions behind.
        ({"vacuum": [DEAD], "vacuum-horizon": [holder("slot", None, 50_000_000, database=None)]}, ([VACUUM], [])),
        (
            {"vacuum": [DEAD], "vacuum-horizon": [holder("replica", None, 50_000_001, database=None)]},
            ([], [(T, "datatier queries long")]),
        ),
        (
            {"vacuum": [{**DEAD, "vacuumed_seconds": None}], "vacuum-horizon": [holder("transaction", 9e9)]},
            ([VACUUM], []),
        ),
        (
            {
                "wraparound-tables": [old(1, transactions=600_000_000)],
                "vacuum-horizon": [holder("prepared", 5.0, 550_000_001)],
            },
            ([], [(T, "ROLLBACK PREPARED '7'")]),
        ),
        (
            {
                "wraparound-tables": [old(1, transactions=600_000_000)],
                "vacuum-horizon": [holder("prepared", 5.0, 550_000_000)],
            },
            ([f"VACUUM (FREEZE, ANALYZE, TRUNCATE off) {T}"], []),
        ),
        # Somebody is at it.
        (
            {
                "vacuum": [DEAD],
                "vacuum-running": [
                    {"table": T, "database": "shop", "kind": "autovacuum", "running_seconds": 70, "scanned_percent": 4}
                ],
            },
            ([], [(T, "datatier queries vacuum")]),
        ),
    ],
)
def test_vacuum_and_analyze(rows: Rows, expected: Said) -> None:
    assert said(planned({"tables": [*ITEMS, table(2, "stock.other")], **rows})) == expected


def test_before_16_toast_is_vacuumed_with_its_table() -> None:
    rows = {"tables": ITEMS, "vacuum": [worn(1, toast=True, dead=40_001)]}
    assert said(planned(rows, version=150013)) == ([VACUUM], [])


TREE = [
    table(10, "stock.days", partitioned=True, heap_bytes=0),
    table(11, "stock.day_1", root=10),
    table(12, "stock.day_2", root=10, heap_bytes=81920),
]


@pytest.mark.parametrize(
    ("version", "parent", "part", "expected"),
    [
        # 18 can leave out what autovacuum has analyzed; before, and where that is stale too, all of it is read.
        (180000, {"modified": 0}, {}, ["ANALYZE ONLY stock.days"]),
        (170000, {"modified": 0}, {}, ["ANALYZE stock.days"]),
        (180000, {"modified": 40_001}, {}, ["ANALYZE stock.days"]),
        # Its partitions are analyzed along with it.
        (180000, {"modified": 40_001}, {"changed": 40_001}, ["ANALYZE stock.days"]),
        (180000, {"modified": 0}, {"changed": 40_001}, ["ANALYZE stock.day_1", "ANALYZE ONLY stock.days"]),
        (
            170000,
            {"modified": 40_001},
            {"dead": 40_001},
            ["VACUUM (TRUNCATE off) stock.day_1", "ANALYZE stock.days"],
        ),
    ],
)
def test_a_partitioned_table(version: int, parent: dict[str, Any], part: dict[str, Any], expected: list[str]) -> None:
    vacuum = [
        worn(10, "stock.days", partitioned=True, changed=40_001, analyzed_seconds=None, **parent),
        worn(11, "stock.day_1", **part),
    ]
    assert said(planned({"tables": TREE, "vacuum": vacuum}, version=version)) == (expected, [])


@pytest.mark.parametrize(
    ("rows", "more", "expected"),
    [
        ([bloated(1, "stock.a")], {}, ([f"{REINDEX}a"], [])),
        ([bloated(1, "stock.a", share_percent=20.0)], {}, ([], [])),
        ([bloated(1, "stock.a", wasted_bytes=99_999_999)], {}, ([], [])),
        # The new one and what it is sorted in.
        ([bloated(1, "stock.a")], {"free_bytes": 2 * GB}, ([f"{REINDEX}a"], [])),
        (
            [bloated(1, "stock.a")],
            {"free_bytes": 2 * GB - 1},
            ([], [("stock.a", "more storage, then the same again")]),
        ),
        (
            [bloated(1, "stock.a", exclusion=True)],
            {},
            ([], [("stock.a", f"REINDEX INDEX stock.a at a quiet hour: nobody writes {T} meanwhile")]),
        ),
        (
            [bloated(1, "pg_catalog.a", catalog=True)],
            {},
            ([], [("pg_catalog.a", "REINDEX INDEX pg_catalog.a at a quiet hour")]),
        ),
        (
            [bloated(1, "pg_toast.a", reachable=False)],
            {},
            ([], [("pg_toast.a", f"VACUUM (FULL) {T} {QUIET}")]),
        ),
        # What would lock it is only told.
        ([bloated(1, T, "table")], {}, ([], [(T, f"VACUUM (FULL, ANALYZE) {T} {QUIET}")])),
        (
            [bloated(1, "pg_toast.t", "TOAST", rewriters=["pg_repack"])],
            {},
            ([], [("pg_toast.t", f"pg_repack --table {T}, which rewrites it while it is in use")]),
        ),
    ],
)
def test_what_wastes_space(rows: list[Row], more: dict[str, Any], expected: Said) -> None:
    assert said(planned({"tables": ITEMS, "bloat": rows}, **more)) == expected


CATALOG = table(3, "pg_catalog.pg_proc", owner="rdsadmin")


@pytest.mark.parametrize(
    ("more", "tables", "expected"),
    [
        ({}, ITEMS, ("ownership of stock.items", "keeper")),
        ({"version": 170000}, ITEMS, ("MAINTAIN on stock.items", "keeper")),
        ({"version": 170000, "maintainer": "carer"}, ITEMS, ("MAINTAIN on stock.items", "")),
        ({"maintainer": "carer"}, ITEMS, ("ownership of stock.items", "keeper")),
        # Without USAGE on its schema it cannot be named.
        (
            {"version": 170000, "maintainer": "carer", "schemas": ("public",)},
            ITEMS,
            ("MAINTAIN on stock.items", "keeper"),
        ),
        ({"version": 170000, "maintainer": "carer"}, [table(1, owner="other")], ("MAINTAIN on stock.items", "")),
        ({}, [table(1, owner="other")], None),
    ],
)
def test_who_may(more: dict[str, Any], tables: list[Row], expected: tuple[str, str] | None) -> None:
    made = planned({"tables": tables, "vacuum": [DEAD]}, **more)
    if expected is None:
        assert made.actions == ()
        (found,) = made.skipped
        assert (found.object, found.mend) == (T, f'ALTER TABLE {T} OWNER TO "keeper"')
        assert "it belongs to other, not to keeper, the owner by access.yaml" in found.why
    else:
        (action,) = made.actions
        assert (action.needs, action.role) == expected


def test_an_old_catalog_takes_a_maintainer() -> None:
    rows = {"tables": [CATALOG], "wraparound-tables": [old(3, "pg_catalog.pg_proc", transactions=600_000_000)]}
    assert said(planned(rows))[0] == []
    done = planned(rows, version=180000, maintainer="carer")
    assert said(done) == (["VACUUM (FREEZE, TRUNCATE off) pg_catalog.pg_proc"], [])


@pytest.mark.parametrize(
    ("rows", "took", "bytes_", "seconds"),
    [
        ({"vacuum": [{**DEAD, "dead": 50_000}]}, {}, 13 * GB, 13 * GB / BYTES_PER_SECOND),
        # So many pages are changed that its pauses count more.
        ({"vacuum": [{**DEAD, "dead": 10**6}]}, {}, 13 * GB, 200.0),
        ({"vacuum": [DEAD]}, {VACUUM: 7.5}, 13 * GB, 7.5),
        ({"vacuum": [STALE]}, {}, SAMPLE_BYTES, SAMPLE_BYTES / BYTES_PER_SECOND),
        ({"wraparound-tables": [old(1, transactions=600_000_000)]}, {}, 24 * GB, 11 * GB // 8192 / 5000),
        ({"bloat": [bloated(1, "stock.a")]}, {}, 21 * GB, 21 * GB / BYTES_PER_SECOND),
        ({"indexes": [index(1, "stock.a", "x"), index(1, "stock.a_ccnew", "x", **LATE)]}, {}, 0, 0.0),
    ],
)
def test_how_long_it_takes(rows: Rows, took: dict[str, float], bytes_: int, seconds: float) -> None:
    (action,) = planned({"tables": ITEMS, **rows}, took=took).actions
    assert action.bytes == bytes_
    assert action.seconds == pytest.approx(seconds, abs=0.06)


def test_the_order_and_all_that_is_said_of_an_action() -> None:
    rows = {
        "tables": ITEMS,
        "indexes": [
            index(1, "stock.a", "x"),
            index(1, "stock.a_ccnew", "x", **LATE),
            index(1, "stock.b", "y", **LATE),
        ],
        "vacuum": [DEAD],
        "bloat": [bloated(1, "stock.a")],
    }
    made = planned(rows)
    assert said(made) == ([f"{DROP}a_ccnew", f"{REINDEX}b", VACUUM, f"{REINDEX}a"], [])
    assert made.actions[0] == Action(
        kind="drop-index",
        node="primary",
        object="stock.a_ccnew",
        statements=(f"{DROP}a_ccnew",),
        why="a REINDEX of stock.a that was stopped left stock.a_ccnew behind: 2.8 GiB that no query uses",
        lock="SHARE UPDATE EXCLUSIVE",
        needs="ownership of stock.items",
        role="keeper",
        bytes=0,
        seconds=0,
    )
    on = "reads and writes go on (SHARE UPDATE EXCLUSIVE); not inside a transaction"
    assert {each.effect for each in made.actions} == {on}


def test_what_was_not_seen_is_said_once() -> None:
    missing = Finding(check="pg_monitor", status=Status.SKIPPED, message='"x" lacks pg_monitor', mend="GRANT ...")
    made = plan([facts({}, unseen={"vacuum-horizon": missing, "vacuum-running": missing})])
    assert made.skipped == (Skipped(object="primary: vacuum-horizon", why=missing.message, mend=missing.mend),)


def test_one_table_alone_with_its_partitions_and_toast() -> None:
    rows = {
        "tables": [*TREE, *ITEMS],
        "vacuum": [worn(11, "stock.day_1", dead=40_001), DEAD],
        "vacuum-horizon": [holder("transaction", 1.0)],
        "indexes": [index(1011, "pg_toast.a", "x"), index(1011, "pg_toast.a_ccnew", "x", **LATE)],
    }
    of_days = narrowed(facts(rows), [10])
    assert said(plan([of_days])) == (
        ["DROP INDEX CONCURRENTLY pg_toast.a_ccnew", "VACUUM (ANALYZE, TRUNCATE off) stock.day_1"],
        [],
    )
    assert len(of_days.rows("vacuum-horizon")) == 1
    assert said(plan([narrowed(facts(rows), [1])])) == ([VACUUM], [])


KEPT = {"kept_percent": 10.1, "kept_bytes": 1e8}
SCATTERED = {"scattered_percent": 10.1, "scattered_bytes": 1e8}
LINE = 'data-tier:redis: {till: {parameters: {activedefrag: "yes"}}} in the stack\'s file'


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({}, ([], [])),
        (KEPT, (["MEMORY PURGE"], [])),
        ({**KEPT, "kept_percent": 10.0}, ([], [])),
        ({**KEPT, "kept_bytes": 10 * 1024**2}, ([], [])),
        ({**KEPT, "purger": None}, ([], [("till/a", "a failover to a replica, which begins with fresh memory")])),
        (SCATTERED, ([], [("till/a", LINE)])),
        ({**SCATTERED, "defragmenting": True}, ([], [("till/a", "")])),
        ({**SCATTERED, "hosted": False}, ([], [("till/a", "CONFIG SET activedefrag yes")])),
        # libc would answer OK to a purge.
        (
            {**KEPT, "allocator": "libc"},
            ([], [("till/a", "a restart or a failover, should it ever take too much")]),
        ),
    ],
)
def test_the_memory_of_a_cache(row: dict[str, Any], expected: Said) -> None:
    assert said(plan(caches=[node(**row)])) == expected
