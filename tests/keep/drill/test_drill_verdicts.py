"""What a drill's notes amount to."""

from __future__ import annotations

from typing import Any

import pytest
from reports import BEGAN, TOOK, phases

from keep.drill.notes import Holder, Notes
from keep.drill.report import DrillCheck, DrillObjective
from keep.drill.verdict import judge, rto

PROMISED = DrillObjective(rto_seconds=80, rpo_seconds=0.4)
GOOD = DrillCheck(name="write", ok=True, detail="written")
BAD = DrillCheck(name="heartbeat", ok=False, detail="none of this run came back")
LEFT = DrillCheck(name="destroyed", ok=False, detail="an instance is still there")


def notes(**more: Any) -> Notes:
    holder = Holder(host="h", pid=1, started="1")
    given = {"phases": list(phases()), "checks": [GOOD], "rpo_seconds": 0.4, **more}
    return Notes(
        id="20261130T020000Z-1a2b3c", drill="pitr", stack="orchard", holder=holder, began_at=BEGAN, renewed_at=BEGAN,
        **given,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("given", "objective", "broke", "not_whole", "verdict", "reason"),
    [
        ({}, PROMISED, None, None, "passed", "1 checks; RTO 1 min 20 s, RPO 0.40 s, within the objective"),
        ({"rpo_seconds": None}, PROMISED, None, None, "passed",
         "1 checks; RTO 1 min 20 s, RPO not measured, within the objective"),
        ({}, DrillObjective(rto_seconds=None, rpo_seconds=None), None, None, "passed",
         "1 checks; RTO 1 min 20 s, RPO 0.40 s, no objective is declared"),
        ({}, DrillObjective(rto_seconds=79, rpo_seconds=0.4), None, None, "failed",
         "RTO 1 min 20 s is beyond the objective of 1 min 19 s"),
        ({}, DrillObjective(rto_seconds=79, rpo_seconds=0.3), None, None, "failed",
         "RTO 1 min 20 s is beyond the objective of 1 min 19 s; RPO 0.40 s is beyond the objective of 0.30 s"),
        ({"checks": [GOOD, BAD]}, PROMISED, None, None, "failed", "heartbeat: none of this run came back"),
        ({}, PROMISED, None, "it failed to come up", "failed", "it failed to come up"),
        ({"checks": [BAD]}, PROMISED, "AWS refused", None, "failed", "heartbeat: none of this run came back"),
        ({}, PROMISED, "AWS refused", None, "error", "AWS refused"),
        ({"phases": list(phases(TOOK[:2]))}, PROMISED, None, None, "error",
         "the drill ended before the application had an answer"),
        ({"checks": [GOOD, LEFT]}, PROMISED, None, None, "error",
         "everything came back, but an instance is still there: `datatier drill clean` removes it"),
        ({"checks": [GOOD, LEFT]}, DrillObjective(rto_seconds=1, rpo_seconds=None), None, None, "failed",
         "RTO 1 min 20 s is beyond the objective of 1.00 s"),
    ],
)  # fmt: skip
def test_verdicts(
    given: dict[str, Any],
    objective: DrillObjective,
    broke: str | None,
    not_whole: str | None,
    verdict: str,
    reason: str,
) -> None:
    assert judge(notes(**given), objective, broke, not_whole) == (verdict, reason)


def test_the_rto_is_all_but_the_destruction_and_nothing_without_an_answer() -> None:
    assert [rto(notes()), rto(notes(phases=list(phases(TOOK[:5]))))] == [80.0, None]
