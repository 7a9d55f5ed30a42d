"""A rehearsal's report as Markdown, for a pull request, a job's summary or a mail."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from keep.drill.words import cell, span, when
from rehearse.report import RehearsedWay, UpgradeRehearsal

MARK = {True: "ok", False: "**wrong**", None: "not known"}


def markdown(report: UpgradeRehearsal) -> str:
    """Return it whole."""
    verdict = "passed" if report.verdict == "passed" else "**failed**"
    lines = [
        f"# Rehearsal of {report.target}: {report.was} to {report.wanted}",
        "",
        f"{verdict}: {cell(report.reason)}",
        "",
        f"{cell(report.source)}, {report.bytes / 2**20:,.0f} MiB; run on {report.ran[0]} and {report.ran[1]} of this "
        "computer.",
    ]
    for way in report.ways:
        lines += _way(way)
    lines += _table(
        "In the way",
        ("check", "where", "what it does", "mend", "stops"),
        [(o.check, o.object, o.what, o.mend, ", ".join(o.stops) or "nothing") for o in report.obstacles],
    )
    lines += _table(
        "Plans that changed",
        ("statement", "before", "after", "cost"),
        [(s.query[:300], s.before, s.after, _times(s.cost_ratio)) for s in report.changed_plans],
    )
    if report.statements and not report.changed_plans:
        lines += ["", f"The plans of the {len(report.statements)} slowest statements have the shape that they had."]
    lines += _table(
        "Parameters",
        ("parameter", "value", ""),
        [(each.name, each.value, each.what) for each in report.settings],
    )
    if report.notes:
        lines += ["", "## To know", "", *(f"- {cell(each)}" for each in report.notes)]
    lines += ["", f"Report `{report.id}`, begun {when(report.began_at)} UTC, took {span(report.seconds)}."]
    return "\n".join(lines) + "\n"


def _way(way: RehearsedWay) -> list[str]:
    lines = ["", f"## By {way.way}: {'passed' if way.ok else '**failed**'}"]
    lines += ["", f"It broke off: {cell(way.refused)}"] if way.refused else []
    lines += ["", f"Downtime about {span(way.downtime.seconds)}: {cell(way.downtime.basis)}."] if way.downtime else []
    lines += ["", "| phase | took | the application waits |", "|---|---|---|"] if way.phases else []
    lines += [f"| {p.name} | {span(p.seconds)} | {'yes' if p.offline else 'no'} |" for p in way.phases]
    lines += ["", "| | check | |", "|---|---|---|"] if way.checks else []
    lines += [f"| {MARK[c.ok]} | {c.name} | {cell(c.detail)} |" for c in way.checks]
    return lines


def _table(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    made = [f"| {' | '.join(cell(each) for each in row)} |" for row in rows]
    if not made:
        return []
    return ["", f"## {title}", "", f"| {' | '.join(heads)} |", "|" + "---|" * len(heads), *made]


def _times(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.2f} x"
