"""What the policy pack says of a previewed stack, as findings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from graph.resource import Resource
from policy.evaluate import evaluate, unused
from policy.suppression import Suppression
from preview.plan import PreviewFinding


def policy_findings(
    resources: Iterable[Resource], suppressions: Sequence[Suppression], today: date
) -> tuple[PreviewFinding, ...]:
    """An error for each rule that fails, an info for each that is suppressed, a warning for a suppression too many."""
    results = evaluate(resources, suppressions, today=today)
    failed = [
        PreviewFinding(
            severity="error",
            rule=each.rule.id,
            resource=each.resource,
            message=f"{each.detail}. {each.rule.mend}",
        )
        for each in results
        if each.outcome == "failed"
    ]
    idle = [
        PreviewFinding(
            severity="warning",
            rule="suppression-unused",
            resource=each.resource,
            message=f"{each.rule} is suppressed until {each.until}, and nothing needs it: take it out of "
            "data-tier:suppress.",
        )
        for each in unused(results, suppressions)
    ]
    reported = [
        PreviewFinding(
            severity="info", rule=each.rule.id, resource=each.resource, message=f"suppressed: {each.detail}."
        )
        for each in results
        if each.outcome == "suppressed"
    ]
    return (*failed, *idle, *reported)
