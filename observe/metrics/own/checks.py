"""Findings as metrics: `datatier_check_value` and `datatier_check_status`. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from knowledge.thresholds.threshold import Status
from observe.metrics.family import Family, Labels, Sample
from observe.metrics.own.part import Part
from observe.metrics.source import Refused
from observe.observation import Finding

OBJECTS = 20
"""Most objects of one check that have series of their own, the worst first: a check on tables could have thousands."""
_NUMBERS = {Status.OK: 0, Status.WARN: 1, Status.CRITICAL: 2}
VALUE, STATUS = "datatier_check_value", "datatier_check_status"


def checks(findings: Iterable[Finding]) -> Part:
    """The verdicts with their values; what was skipped is a refused metric with what ends that."""
    judged: dict[str, dict[str, Finding]] = {}
    refused: list[Refused] = []
    for finding in findings:
        if finding.status in _NUMBERS:
            of = judged.setdefault(finding.check, {})
            named = _object(finding)
            of[named] = max(of.get(named, finding), finding, key=_badness)
        else:
            refused.append(Refused(STATUS, f"{finding.check}: {finding.message}", finding.mend))
    values: list[Sample] = []
    statuses: list[Sample] = []
    dropped: dict[str, int] = {}
    for check, objects in judged.items():
        worst = sorted(objects.items(), key=lambda each: _badness(each[1]), reverse=True)
        if len(worst) > OBJECTS:
            dropped[f"check {check}"] = len(worst) - OBJECTS
        for named, finding in worst[:OBJECTS]:
            labels: Labels = (("check", check), ("object", named))
            statuses.append(Sample(labels, _NUMBERS[finding.status]))
            if finding.value is not None:
                values.append(Sample(labels, finding.value))
    families = (
        Family(VALUE, "gauge", "What a check measured, in the unit of its threshold.", values),
        Family(STATUS, "gauge", "Verdict of a check: 0 ok, 1 warn, 2 critical.", statuses),
    )
    return Part(families=families, refused=refused, dropped=dropped)


def _object(finding: Finding) -> str:
    # Each process would be a series that lives for a minute: the worst of them stands for all.
    return "" if finding.object.isdecimal() else finding.object


def _badness(finding: Finding) -> tuple[int, float]:
    value = finding.value or 0.0
    below = finding.threshold is not None and finding.threshold.below
    return _NUMBERS.get(finding.status, -1), -value if below else value
