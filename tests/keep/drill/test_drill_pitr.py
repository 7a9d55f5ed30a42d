"""The drill `pitr` on a real server, restored by base backup."""

from __future__ import annotations

from collections.abc import Callable

from keep.drill.pitr import Pitr
from keep.drill.run import carry_out
from keep.drill.scene import Scene


def test_a_whole_drill(scene_of: Callable[..., Scene]) -> None:
    scene = scene_of()
    report = carry_out(Pitr(), scene)
    assert (report.verdict, report.reason) == ("passed", report.reason), report
    assert [phase.name for phase in report.phases] == [
        "detect", "restore", "warm", "statistics", "prove", "serve", "destroy",
    ]  # fmt: skip
    assert scene.estate.made() == []
    assert scene.books.running() is None
    assert scene.books.report(report.id) == report
