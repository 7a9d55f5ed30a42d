"""Reports to judge, draw and chain, without a drill."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from keep.drill.report import DrillCheck, DrillObjective, DrillReport, Phase, PhaseName

BEGAN = datetime(2026, 11, 30, 2, 0, tzinfo=UTC)
TOOK: tuple[tuple[PhaseName, float], ...] = (
    ("detect", 2.0),
    ("restore", 60.0),
    ("warm", 8.0),
    ("statistics", 0.0),
    ("prove", 9.0),
    ("serve", 1.0),
    ("destroy", 20.0),
)


def phases(took: tuple[tuple[PhaseName, float], ...] = TOOK) -> tuple[Phase, ...]:
    """One after the other."""
    made: list[Phase] = []
    at = BEGAN
    for name, seconds in took:
        made.append(Phase(name=name, began_at=at, seconds=seconds, detail=f"{name} done"))
        at += timedelta(seconds=seconds)
    return tuple(made)


def report(number: int = 0, **more: Any) -> DrillReport:
    """The report of a drill so many days after the first."""
    began = BEGAN + timedelta(days=number)
    given = {
        "id": f"{began:%Y%m%dT%H%M%SZ}-{number:06x}",
        "drill": "pitr",
        "stack": "orchard",
        "verdict": "passed",
        "reason": "9 checks",
        "began_at": began,
        "incident_at": began,
        "rto_seconds": 80.0,
        "rpo_seconds": 0.4,
        "objective": DrillObjective(rto_seconds=1800, rpo_seconds=900),
        "phases": phases(),
        "checks": (DrillCheck(name="write", ok=True, detail="written and rolled back"),),
    }
    return DrillReport.model_validate({**given, **more})
