"""Capacity as Markdown, for a pull request or a job's summary: what runs out and what to do, the rest folded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from capacity.recommend.need import running_out
from cli.capacity_words import QUERY, TOP, a_day, between, share, sure, title, verdict, when
from observe.quantities import size, written

if TYPE_CHECKING:
    from capacity.budget import ConnectionBudget
    from capacity.limit import Limit
    from capacity.report import CapacityReport


def markdown(name: str, report: CapacityReport, budget: ConnectionBudget | None) -> str:
    """Return it whole."""
    soon = running_out(report)
    lines = [f"### Capacity of {_cell(name)}: {_cell(verdict(report))}", ""]
    lines += ["| limit | server | now | runs out | between | sure |", "|---|---|---|---|---|---|"]
    lines += [_row(each, soon) for each in report.limits]
    advised: dict[str, Limit] = {}
    for each in soon:
        lines += ["", *_one(each, advised)]
    if budget is not None:
        lines += ["", f"**Connections that may be opened**: {budget.demand} of {budget.usable}; {_cell(budget.said)}."]
    lines += _folded("what grows most", [_grows(each.name, each.now, a_day(each)) for each in report.growth[:TOP]])
    lines += _folded(
        "statements that take most of the time",
        [
            f"- {written('mean_ms', row['mean_ms'])} x {row['calls']}: `{_code(row['query'])}`"
            for row in report.statements[:TOP]
        ],
    )
    lines += _folded("why", [f"- {_cell(title(each))}: {_cell(each.why)}" for each in report.limits])
    said = [f"- {_cell(each.node)}, {each.kind}: {_cell(each.said)}" for each in report.sources if each.said]
    lines += _folded("what was not seen", [*said, *(f"- {_cell(each)}" for each in report.missing)])
    return "\n".join(lines) + "\n"


def _row(each: Limit, soon: Sequence[Limit]) -> str:
    date = f"**{when(each, soon)}**" if each in soon else when(each, soon)
    return (
        f"| {_cell(each.name)} | {_cell(each.node)} | {_cell(share(each))} | {date} | {between(each)} | {sure(each)} |"
    )


def _one(limit: Limit, advised: dict[str, Limit]) -> list[str]:
    found = limit.recommendation
    lines = [f"**{_cell(title(limit))}**: {_cell(limit.why)}."]
    if found is None:
        return lines
    lines.append(f"- do: {_cell(found.what)}")
    if found.lines and (before := advised.setdefault(" ".join(found.lines), limit)) is not limit:
        return [*lines, f"- the same change as for {_cell(title(before))}"]
    lines += [f"- users: {_cell(each)}" for each in found.users]
    lines += [f"- **refused**: {_cell(found.blocked)}"] if found.blocked else []
    lines += ["", "```yaml", *found.lines, "```"] if found.lines else []
    lines += ["", "```sh", found.command, "```"] if found.command else []
    return lines


def _grows(name: str, now: float, said: str) -> str:
    return f"- {_cell(name)}, {size(now)}: {_cell(said)}"


def _folded(title: str, lines: list[str]) -> list[str]:
    return ["", f"<details><summary>{title}</summary>", "", *lines, "", "</details>"] if lines else []


def _code(text: object) -> str:
    return str(text).replace("`", "'")[:QUERY]


def _cell(text: str) -> str:
    """On one line, and no mark-up of its own."""
    plain = " ".join(text.split()).replace("\\", "\\\\")
    return plain.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*").replace("_", "\\_")
