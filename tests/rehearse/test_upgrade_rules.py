"""What rehearsals judge and say, without a server: pg_upgrade's words, plans, parameters, downtime, pages."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from local.postgres.binaries import of_major
from rehearse.postgres import estimate, pg_upgrade, views
from rehearse.postgres.obstacles import not_offered
from rehearse.postgres.pg_upgrade import Said
from rehearse.postgres.plans import compared, root, schemas, shape
from rehearse.postgres.run import reason
from rehearse.postgres.servers import bench
from rehearse.postgres.source import settings
from rehearse.postgres.statements import differences
from rehearse.render_html import html
from rehearse.render_md import markdown
from rehearse.report import (
    ChangedSetting,
    Downtime,
    Obstacle,
    RehearsalCheck,
    RehearsedPhase,
    RehearsedWay,
    StatementPlan,
    UpgradeRehearsal,
)

LINES = [
    (0.1, "Performing Consistency Checks"),
    (0.2, "-----------------------------"),
    (0.5, "Checking cluster versions                                     ok"),
    (1.0, "Creating dump of global objects                               ok"),
    (3.0, "Creating dump of database schemas                             ok"),
    (3.5, "Checking for presence of required libraries                   ok"),
    (4.0, ""),
    (5.0, "Restoring global objects in the new cluster                   ok"),
    (8.0, "Restoring database schemas in the new cluster                 ok"),
    (12.0, "Copying user relation files                                   ok"),
    (13.0, "Sync data directory to disk                                   ok"),
    (13.5, "    /bin/vacuumdb  --all --analyze-only"),
]


@pytest.mark.parametrize(
    ("lines", "whole", "found"),
    [
        (LINES, 14.0, {"check again": 1.0, "schema dump": 2.0, "catalogue": 4.0, "schema": 3.0, "files": 4.0}),
        (LINES[:4], 2.0, {"check again": 2.0}),
        ([], 0.5, {"check again": 0.5}),
    ],
)
def test_the_phases_of_pg_upgrade_are_those_that_it_names(
    lines: list[tuple[float, str]], whole: float, found: dict[str, float]
) -> None:
    assert {each.name: each.seconds for each in pg_upgrade.phases(lines, whole)} == found


NOT_NULL = """Checking data type usage                                      ok
Checking for not-null constraint inconsistencies              fatal

Your installation contains inconsistent NOT NULL constraints.
You can fix this by running
    ALTER TABLE tablename ALTER column SET NOT NULL;
on each column listed in the file:
    /tmp/new/pg_upgrade_output.d/1/not_null_inconsistent_columns.txt
Failure, exiting""".splitlines()
RESTORE = """Restoring database schemas in the new cluster
*failure*

Consult the last few lines of "/tmp/new/pg_upgrade_output.d/1/log/pg_upgrade_dump_5.log" for
the probable cause of the failure.
Failure, exiting""".splitlines()


@pytest.mark.parametrize(
    ("lines", "files", "said"),
    [
        (
            NOT_NULL,
            {"not_null_inconsistent_columns.txt": "In database: shop\n  public.c.a\n  public.c.b\n"},
            "Your installation contains inconsistent NOT NULL constraints. You can fix this by running ALTER TABLE "
            "tablename ALTER column SET NOT NULL;; public.c.a; public.c.b",
        ),
        (
            RESTORE,
            {"log/pg_upgrade_dump_5.log": 'pg_restore: error: ERROR:  no type "x"\n'},
            'no type "x"',
        ),
        (["could not connect to target postmaster", "Failure, exiting"], {}, "could not connect to target postmaster"),
    ],
)
def test_a_refusal_is_told_in_its_own_words_with_what_it_lists(
    tmp_path: Path, lines: list[str], files: dict[str, str], said: str
) -> None:
    for name, text in files.items():
        path = tmp_path / "pg_upgrade_output.d" / "1" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    told = Said(status=1, phases=(), lines=tuple(lines))
    assert pg_upgrade.refusal(told, tmp_path) == said


SCAN = {"Node Type": "Seq Scan", "Schema": "public", "Relation Name": "cask", "Total Cost": 10.0, "Disabled": False}
INDEX = {
    "Node Type": "Index Scan", "Schema": "public", "Relation Name": "cask", "Index Name": "cask_pkey",
    "Scan Direction": "Backward", "Total Cost": 4.0,
}  # fmt: skip
HASH: dict[str, Any] = {"Node Type": "Hash Join", "Join Type": "Left", "Total Cost": 25.0, "Plans": [SCAN, INDEX]}
CATALOG = {"Node Type": "Seq Scan", "Schema": "pg_catalog", "Relation Name": "pg_class", "Total Cost": 1.0}


@pytest.mark.parametrize(
    ("plan", "said", "of"),
    [
        (SCAN, "Seq Scan cask", {"public"}),
        (INDEX, "Backward Index Scan cask using cask_pkey", {"public"}),
        (HASH, "Left Hash Join(Seq Scan cask, Backward Index Scan cask using cask_pkey)", {"public"}),
        (CATALOG, "Seq Scan pg_class", {"pg_catalog"}),
        ({"Node Type": "Aggregate", "Strategy": "Hashed", "Partial Mode": "Simple", "Plans": [SCAN]},
         "Hashed Aggregate(Seq Scan cask)", {"public"}),
        ({"Node Type": "ModifyTable", "Operation": "Insert", "Schema": "s", "Relation Name": "t"},
         "Insert ModifyTable t", {"s"}),
        ({"Node Type": "Result"}, "Result", set()),
    ],
)  # fmt: skip
def test_a_plan_has_a_shape(plan: dict[str, Any], said: str, of: set[str]) -> None:
    assert (shape(root([{"Plan": plan}])), schemas(plan)) == (said, of)


ROW = {"id": "7", "query": "SELECT\n  1", "calls": 3, "mean_ms": 1.23456, "user": "brewer"}


@pytest.mark.parametrize(
    ("before", "after", "changed", "ratio"),
    [(SCAN, SCAN, False, 1.0), (SCAN, {**SCAN, "Total Cost": 40.0}, False, 4.0), (SCAN, INDEX, True, 0.4),
     ({**SCAN, "Total Cost": 0.0}, SCAN, False, None)],
)  # fmt: skip
def test_plans_are_held_against_each_other(
    before: dict[str, Any], after: dict[str, Any], changed: bool, ratio: float | None
) -> None:
    assert compared(ROW, before, after) == StatementPlan(
        id="7", query="SELECT 1", calls=3, mean_ms=1.235, changed=changed, before=shape(before), after=shape(after),
        cost_ratio=ratio,
    )  # fmt: skip


def test_the_changed_come_first_and_what_only_one_could_plan_is_told() -> None:
    rows = [{**ROW, "id": each} for each in ("1", "2", "3", "4")]
    before: dict[str, Any] = {"1": SCAN, "2": SCAN, "3": SCAN}
    after: dict[str, Any] = {"1": SCAN, "2": INDEX, "4": SCAN}
    made, gone = differences(rows, before, after)
    assert ([each.id for each in made], [each.object for each in gone]) == (["2", "1"], ["3"])


@pytest.mark.parametrize(
    ("source", "there", "refused", "found"),
    [
        ({"work_mem": "4096"}, {"work_mem"}, set(), []),
        ({"old_snapshot_threshold": "60"}, set(), set(),
         [("old_snapshot_threshold", "PostgreSQL 18 does not have it; 16 was the last to have it")]),
        ({"own_of_somebody": "1"}, set(), set(), [("own_of_somebody", "PostgreSQL 18 does not have it")]),
        ({"work_mem": "1", "jit": "on"}, {"work_mem", "jit"}, {"work_mem"},
         [("work_mem", "PostgreSQL 18 refuses the value: it would not start with it")]),
    ],
)  # fmt: skip
def test_parameters_that_the_new_server_takes_otherwise(
    source: dict[str, str], there: set[str], refused: set[str], found: list[tuple[str, str]]
) -> None:
    expected = tuple(ChangedSetting(name=name, value=source[name], what=what) for name, what in found)
    assert settings(source, frozenset(there), frozenset(refused), 18) == expected


def test_the_new_server_itself_says_which_values_it_refuses() -> None:
    new = of_major(18)
    with bench(new, new, checksums=True) as made:
        values = {
            "work_mem": "1",
            "jit": "on",
            "log_connections": "on",
            "wal_level": "minimum",
            "port": "-1",
            "none": "1",
        }
        assert made.refused(values) == {"work_mem", "wal_level"}


def phase(name: str, seconds: float, *, offline: bool = True) -> RehearsedPhase:
    return RehearsedPhase(name=name, seconds=seconds, offline=offline)


PHASES = [phase("check", 9, offline=False), phase("schema", 3), phase("files", 4), phase("analyze", 2)]
GB = 2**30


@pytest.mark.parametrize(
    ("source", "here", "seconds"),
    [(GB, GB, 9.0), (10 * GB, GB, 63.0), (GB, 2 * GB, 9.0), (GB, 0, 9.0)],
)  # fmt: skip
def test_what_grows_with_the_bytes_is_carried_over(source: int, here: int, seconds: float) -> None:
    found = estimate.by_pg_upgrade(PHASES, source=source, here=here)
    assert found.seconds == seconds
    assert found.basis.startswith(f"3.0 s whatever the size, 6.0 s for {here // 2**20:,} MiB here")


def test_of_a_dump_the_writers_wait_from_its_beginning() -> None:
    phases = [phase("dump", 2), phase("restore", 5), phase("proof", 7, offline=False), phase("roles", 1)]
    found = estimate.by_dump(phases, source=2 * GB, here=GB)
    assert (found.seconds, found.basis.endswith("writers wait from the beginning of the dump")) == (15.0, True)


def test_views_on_what_is_not_there_any_more() -> None:
    used = (
        ("public.v", "pg_catalog.pg_stat_bgwriter", "checkpoints_timed"),
        ("public.w", "pg_catalog.pg_class", "oid"),
    )
    there = frozenset({("pg_catalog.pg_stat_bgwriter", "stats_reset"), ("pg_catalog.pg_class", "oid")})
    assert [each.object for each in views.gone(used, there, "18")] == ["public.v"]


@pytest.mark.parametrize(
    ("names", "was", "wanted", "on_rds", "found"),
    [
        (["plpgsql", "citext", "of_somebody"], 16, 18, True, []),
        (["postgis_topology", "plrust"], 17, 18, True, ["plrust", "postgis_topology"]),
        (["old_snapshot"], 16, 17, False, ["old_snapshot"]),
        (["old_snapshot"], 17, 18, True, []),  # it was not there before
        (["citext"], 13, 18, True, []),  # of which nothing is known
    ],
)
def test_extensions_that_rds_does_not_take_along(
    names: list[str], was: int, wanted: int, on_rds: bool, found: list[str]
) -> None:
    made = not_offered(names, was, wanted, on_rds=on_rds)
    stops = ("pg_upgrade", "dump") if on_rds else ()
    assert [(each.object, each.stops) for each in made] == [(name, stops) for name in found]
    assert all(f"not for {wanted}" in each.what for each in made)


PASSED = RehearsedWay(
    way="pg_upgrade",
    ok=True,
    phases=tuple(PHASES),
    checks=(
        RehearsalCheck(name="rows", ok=True, detail="all | as it was"),
        RehearsalCheck(name="access", ok=None, detail="none"),
    ),
    downtime=Downtime(seconds=63, basis="measured"),
)
WRONG = RehearsedWay(way="dump", ok=False, checks=(RehearsalCheck(name="rows", ok=False, detail="table t differs"),))
BROKEN = RehearsedWay(way="pg_upgrade", ok=False, refused="it says <no>")
IN_THE_WAY = Obstacle(check="slots", object="export", what="is lost", mend="drop it", stops=("pg_upgrade",))


@pytest.mark.parametrize(
    ("ways", "obstacles", "said"),
    [
        ((PASSED,), [], ""),
        ((PASSED, WRONG), [], "dump would fail: rows: table t differs"),
        ((BROKEN,), [], "pg_upgrade would fail: it says <no>"),
        ((PASSED,), [IN_THE_WAY], "pg_upgrade would fail: slots: export"),
        ((WRONG.model_copy(update={"checks": ()}),), [IN_THE_WAY], ""),
        ((), [], "neither way could be rehearsed"),
    ],
)
def test_the_verdict_counts_what_stops_a_way_that_was_tried(
    ways: tuple[RehearsedWay, ...], obstacles: list[Obstacle], said: str
) -> None:
    assert reason(ways, obstacles) == said


REPORT = UpgradeRehearsal(
    id="20270101T000000Z-0a0b0c",
    target="postgres",
    source="brewery of cellar",
    was="PostgreSQL 16.14",
    wanted="PostgreSQL 18",
    ran=("16.14", "18.6"),
    bytes=3 * GB,
    verdict="failed",
    reason="dump would fail",
    began_at=datetime(2027, 1, 1, tzinfo=UTC),
    seconds=75,
    obstacles=(IN_THE_WAY,),
    ways=(PASSED, BROKEN),
    statements=(compared(ROW, SCAN, INDEX), compared(ROW, SCAN, SCAN)),
    settings=(ChangedSetting(name="old", value="1", what="gone"),),
    notes=("something <else>",),
)
TEXT = r"""# Rehearsal of postgres: PostgreSQL 16.14 to PostgreSQL 18

**failed**: dump would fail

brewery of cellar, 3,072 MiB; run on 16.14 and 18.6 of this computer.

## By pg_upgrade: passed

Downtime about 1 min 3 s: measured.

| phase | took | the application waits |
|---|---|---|
| check | 9.00 s | no |
| schema | 3.00 s | yes |
| files | 4.00 s | yes |
| analyze | 2.00 s | yes |

| | check | |
|---|---|---|
| ok | rows | all \| as it was |
| not known | access | none |

## By pg_upgrade: **failed**

It broke off: it says &lt;no>

## In the way

| check | where | what it does | mend | stops |
|---|---|---|---|---|
| slots | export | is lost | drop it | pg_upgrade |

## Plans that changed

| statement | before | after | cost |
|---|---|---|---|
| SELECT 1 | Seq Scan cask | Backward Index Scan cask using cask_pkey | 0.40 x |

## Parameters

| parameter | value |  |
|---|---|---|
| old | 1 | gone |

## To know

- something &lt;else>

Report `20270101T000000Z-0a0b0c`, begun 2027-01-01 00:00:00 UTC, took 1 min 15 s.
"""


def test_the_report_as_markdown() -> None:
    assert markdown(REPORT) == TEXT


def test_the_report_as_a_page_has_all_of_it_and_no_mark_up_of_anybody() -> None:
    made = html(REPORT)
    told = ["PostgreSQL 16.14 to PostgreSQL 18", "1 min 3 s", "it says &lt;no&gt;", "something &lt;else&gt;", "export"]
    told += ["Backward Index Scan", "0.40 x the cost", 'class="verdict failed"', "20270101T000000Z"]
    for text in told:
        assert text in made, text
    assert "<no>" not in made
