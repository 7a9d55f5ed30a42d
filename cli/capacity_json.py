"""The capacity of a stack as scripts read it; keys are only ever added."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from capacity.budget import ConnectionBudget
    from capacity.limit import Limit
    from capacity.report import CapacityReport


def as_json(report: CapacityReport, budget: ConnectionBudget | None) -> dict[str, object]:
    """All of it but the histories, which are in the page."""
    return {
        "at": report.at,
        "limits": [_limit(each) for each in report.limits],
        "budget": asdict(budget) if budget else None,
        "connections": [asdict(each) for each in report.connections],
        "growth": [asdict(each) for each in report.growth],
        "statements": list(report.statements),
        "sources": [asdict(each) for each in report.sources],
        "missing": list(report.missing),
    }


def _limit(each: Limit) -> dict[str, object]:
    return {
        "name": each.name,
        "node": each.node,
        "unit": each.unit,
        "now": each.now,
        "limit": each.limit,
        "date": each.date,
        "interval": list(each.interval),
        "confidence": each.confidence,
        "why": each.why,
        "too_little_history": each.too_little,
        "recommendation": asdict(each.recommendation) if each.recommendation else None,
        "scores": [asdict(score) for score in each.scores],
    }
