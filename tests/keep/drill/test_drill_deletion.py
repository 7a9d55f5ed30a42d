"""The drill `deletion` on a real server: both copies by base backup."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from keep.drill.deletion import Deletion
from keep.drill.run import carry_out
from keep.drill.scene import Scene
from keep.postgres import proof
from keep.postgres.snapshot import pinned

pytestmark = pytest.mark.server


def _rows(scene: Scene) -> proof.Proof:
    with scene.as_master() as conn, pinned(conn, scene.access.owner):
        return proof.prove(conn)


def test_what_was_deleted_comes_back_and_the_source_is_untouched(scene_of: Callable[..., Scene]) -> None:
    scene = scene_of()
    before = _rows(scene)
    report = carry_out(Deletion(), scene)
    assert report.verdict == "passed", report
    assert [phase.name for phase in report.phases] == ["detect", "restore", "merge", "prove", "serve", "destroy"]
    assert [phase.detail for phase in report.phases if phase.name == "merge"] == [
        "merged back: 10 of tree, 1000 of apple"
    ]
    checks = {check.name: check.detail for check in report.checks}
    assert (checks["rows back"], checks["rows"], checks["references"]) == (
        "all of them",
        "4 tables are as they were",
        "1 hold",
    )
    assert set(report.facts) == {"deleted", "deleted from", "restored to", "RPO by"}
    assert scene.estate.made() == []
    assert _rows(scene) == before
