"""How long ago each kind of drill was last passed, and how the newest one went: for health, metrics and alarms."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from keep.drill.report import DrillName, DrillReport, Verdict


@dataclass(frozen=True, kw_only=True)
class LatestDrill:
    """The newest of one kind."""

    drill: DrillName
    id: str
    at: datetime
    """When it was begun."""
    verdict: Verdict
    reason: str
    passed_at: datetime | None
    """When the newest that was passed was begun; None where none ever was."""
    rto_seconds: float | None
    rpo_seconds: float | None


def latest(reports: Iterable[DrillReport]) -> tuple[LatestDrill, ...]:
    """Return the newest report of each drill that was ever done, in order of name."""
    newest: dict[DrillName, DrillReport] = {}
    passed: dict[DrillName, datetime] = {}
    for each in sorted(reports, key=lambda each: each.began_at):
        newest[each.drill] = each
        if each.verdict == "passed":
            passed[each.drill] = each.began_at
    return tuple(
        LatestDrill(
            drill=each.drill,
            id=each.id,
            at=each.began_at,
            verdict=each.verdict,
            reason=each.reason,
            passed_at=passed.get(each.drill),
            rto_seconds=each.rto_seconds,
            rpo_seconds=each.rpo_seconds,
        )
        for _, each in sorted(newest.items())
    )
