"""How drills went: the trend against the objective, and how long a drill usually takes."""

from __future__ import annotations

from io import StringIO

import pytest
from reports import report
from rich.console import Console

from cli.drill_view import trend_view
from keep.drill.plan import usual_seconds
from keep.drill.report import DrillObjective
from keep.drill.trend import trend

RUNS = [
    report(0, rto_seconds=90.0),
    report(1, drill="snapshot", rto_seconds=10.0, objective=DrillObjective(rto_seconds=None, rpo_seconds=0)),
    report(2, rto_seconds=100.0),
    report(3, verdict="error", rto_seconds=None, rpo_seconds=None, reason="AWS refused"),
    report(4, rto_seconds=110.0),
    report(5, verdict="failed", rto_seconds=2000.0, reason="too slow"),
]


def test_the_trend() -> None:
    assert [(p.drill, p.verdict, p.rto_seconds, p.rto_share, p.rpo_share, p.slower) for p in trend(RUNS)] == [
        ("pitr", "passed", 90.0, 0.05, 0.000444, None),
        ("pitr", "passed", 100.0, 0.055556, 0.000444, None),
        ("pitr", "error", None, None, None, None),
        ("pitr", "passed", 110.0, 0.061111, 0.000444, None),
        ("pitr", "failed", 2000.0, 1.111111, 0.000444, 20.0),
        ("snapshot", "passed", 10.0, None, None, None),
    ]


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (80, {"began (UTC)": False, "usual": False, "█": False}),
        (100, {"began (UTC)": False, "usual": True, "█": False}),
        (120, {"began (UTC)": False, "usual": True, "█": True}),
        (160, {"began (UTC)": True, "usual": True, "█": True}),
        (None, {"began (UTC)": True, "usual": True, "█": True}),
    ],
)
def test_each_drill_has_one_line_however_wide_the_terminal_is(width: int | None, shown: dict[str, bool]) -> None:
    points = trend(RUNS)
    out = Console(file=StringIO(), width=width or 500, force_terminal=width is not None, color_system=None)
    out.print(trend_view(points, "here", width))
    assert isinstance(out.file, StringIO)
    said = out.file.getvalue()
    assert len(said.splitlines()) == 1 + len(points), said
    assert all(each.id in said for each in points), said
    assert {each: each in said for each in shown} == shown


def test_how_long_a_drill_usually_takes() -> None:
    assert [usual_seconds(drill, RUNS) for drill in ("pitr", "redis")] == [100.0, None]
