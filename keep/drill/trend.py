"""How a stack's drills went, one drill after the other, against the objective of their day. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from keep.drill.report import DrillName, DrillReport, Verdict


@dataclass(frozen=True, kw_only=True)
class Point:
    """One drill."""

    id: str
    drill: DrillName
    began_at: datetime
    verdict: Verdict
    rto_seconds: float | None
    rpo_seconds: float | None
    rto_share: float | None
    """Of the objective, 1 being all of it; None where either is not known."""
    rpo_share: float | None
    slower: float | None
    """How many times the median RTO of the drills of its kind before it; None for the first three."""
    reason: str


def trend(reports: Iterable[DrillReport]) -> tuple[Point, ...]:
    """Return a point for each report, by drill and then by time."""
    ordered = sorted(reports, key=lambda each: (each.drill, each.began_at))
    points: list[Point] = []
    for each in ordered:
        before = [p.rto_seconds for p in points if p.drill == each.drill and p.rto_seconds is not None]
        points.append(
            Point(
                id=each.id,
                drill=each.drill,
                began_at=each.began_at,
                verdict=each.verdict,
                rto_seconds=each.rto_seconds,
                rpo_seconds=each.rpo_seconds,
                rto_share=_rounded(each.rto_seconds, each.objective.rto_seconds),
                rpo_share=_rounded(each.rpo_seconds, each.objective.rpo_seconds),
                slower=_times(each.rto_seconds, before),
                reason=each.reason,
            )
        )
    return tuple(points)


def share_of(measured: float | None, promised: float | None) -> float | None:
    """Return how much of what was promised was taken, 1 being all of it; None where either is not known."""
    return measured / promised if measured is not None and promised else None


def _rounded(measured: float | None, promised: float | None) -> float | None:
    share = share_of(measured, promised)
    return None if share is None else round(share, 6)


def _times(measured: float | None, before: Sequence[float]) -> float | None:
    """Less than three have no usual value."""
    if measured is None or len(before) < 3:
        return None
    usual = median(before)
    return round(measured / usual, 2) if usual else None
