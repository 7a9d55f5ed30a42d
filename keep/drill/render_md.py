"""A drill's report as Markdown, for a pull request, a job's summary or a mail."""

from __future__ import annotations

from keep.drill.report import DrillReport, Phase
from keep.drill.words import cell, span, when


def markdown(report: DrillReport) -> str:
    """Return it whole."""
    objective = report.objective
    lines = [
        f"# Drill {report.drill} of {report.stack}: {report.verdict}",
        "",
        f"{cell(report.reason)}",
        "",
        "| | measured | objective |",
        "|---|---|---|",
        f"| RTO | {span(report.rto_seconds)} | {span(objective.rto_seconds)} |",
        f"| RPO | {span(report.rpo_seconds)} | {span(objective.rpo_seconds)} |",
        "",
        "## Phases",
        "",
        "| phase | began (UTC) | took | |",
        "|---|---|---|---|",
        *(f"| {p.name} | {when(p.began_at)} | {span(p.seconds)} | {_detail(p)} |" for p in report.phases),
    ]
    if report.checks:
        lines += ["", "## Checks", "", "| | check | |", "|---|---|---|"]
        lines += [f"| {'ok' if c.ok else '**wrong**'} | {cell(c.name)} | {cell(c.detail)} |" for c in report.checks]
    if report.facts:
        lines += ["", "## Facts", "", *(f"- {cell(name)}: {cell(value)}" for name, value in report.facts.items())]
    lines += ["", f"Report `{report.id}`, begun {when(report.began_at)} UTC; before it: `{report.previous or 'none'}`."]
    return "\n".join(lines) + "\n"


def _detail(phase: Phase) -> str:
    return f"{'' if phase.ok else '**broke off** '}{cell(phase.detail)}"
