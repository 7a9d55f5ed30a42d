"""Policy rules that what is there breaks already: let pass for a time, so that the rest can be deployed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from adopt.match import Match
from graph.deployment import Deployment
from policy.evaluate import evaluate
from preview.preflight import declared

KEY = "data-tier:suppress"


def suppressed(deployment: Deployment, matched: Iterable[Match], before: object, today: date) -> list[dict[str, Any]]:
    """An entry for each rule that a resource which is taken over breaks, with what is wrong as its reason.

    In the order of rules and resources, as the program registers what does not depend on one another in any order.

    It holds until the end of the next year, or as long as in `before`, the entries of the stack's file that is there.
    """
    taken = {each.declared.name for each in matched}
    until = {(each.get("rule"), each.get("resource")): each.get("until") for each in _entries(before)}
    usual = date(today.year + 1, 12, 31).isoformat()
    return [
        {
            "rule": each.rule.id,
            "resource": each.resource,
            "reason": f"as it was before the stack: {each.detail}",
            "until": str(until.get((each.rule.id, each.resource)) or usual),
        }
        for each in sorted(evaluate(declared(deployment), today=today), key=lambda each: (each.rule.id, each.resource))
        if each.outcome == "failed" and each.resource in taken
    ]


def _entries(before: object) -> Sequence[Mapping[str, Any]]:
    return [each for each in before if isinstance(each, Mapping)] if isinstance(before, list) else []
