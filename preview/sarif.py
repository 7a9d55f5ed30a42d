"""The preflight as SARIF 2.1.0, which code hosts show at the lines of the stack file."""

from __future__ import annotations

from typing import Any

from infra.settings.stackfile import file_of
from preview.impact.effect import Effect
from preview.markdown import described
from preview.preflight import Preflight

_LEVELS = {
    Effect.IN_PLACE: "none",
    Effect.REBOOT: "note",
    Effect.FAILOVER: "warning",
    Effect.DOWNTIME: "warning",
    Effect.REPLACE: "warning",
    Effect.DATA_AT_RISK: "error",
    Effect.BLOCKED: "error",
}
_FINDINGS = {"error": "error", "warning": "warning", "info": "note"}


def sarif(report: Preflight) -> dict[str, Any]:
    """The preflight as one run of a SARIF log; changes that nobody notices are left out."""
    rules: dict[str, dict[str, Any]] = {}
    results: list[dict[str, Any]] = []
    for impact in report.impacts:
        if impact.effect is Effect.IN_PLACE:
            continue
        rules[impact.rule] = _rule(impact.rule, impact.source)
        what = f"{impact.name}: {described(impact)}. {impact.effect}, {impact.takes_effect}"
        text = f"{what}: {impact.users} {impact.way_round}"
        results.append(_result(report.stack, impact.rule, _LEVELS[impact.effect], text))
    for finding in report.findings:
        rules[finding.rule] = _rule(finding.rule, "")
        text = f"{finding.resource}: {finding.message}"
        results.append(_result(report.stack, finding.rule, _FINDINGS[finding.severity], text))
    driver = {"name": "datatier", "rules": [rules[key] for key in sorted(rules)]}
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results}],
    }


def _rule(id_: str, source: str) -> dict[str, Any]:
    return {"id": id_, **({"help": {"text": source}} if source else {})}


def _result(stack: str, rule: str, level: str, text: str) -> dict[str, Any]:
    return {
        "ruleId": rule,
        "level": level,
        "message": {"text": text.strip()},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": file_of(stack)}}}],
    }
