"""Capacity as one HTML page without a script: the verdict, a plot of each limit, what to move to, and the lists."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

from capacity.recommend.need import runs_out
from cli.capacity_plot import KEY, STYLE, plot
from cli.capacity_words import TOP, a_day, between, share, sure, verdict, when
from keep.drill.page import page as framed
from observe.quantities import size, written

if TYPE_CHECKING:
    from capacity.budget import ConnectionBudget
    from capacity.limit import Limit, Recommendation
    from capacity.report import CapacityReport

_STYLE = """
.do { border-left: 3px solid var(--bar); padding: .1rem 0 .1rem .75rem; margin: .5rem 0; }
.do code { display: block; white-space: pre-wrap; }
.wide { overflow-x: auto; }
.wide td, .wide th { overflow-wrap: normal; }
.wide td.number, .wide th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.wide td.text { overflow-wrap: anywhere; min-width: 14rem; }
.wide td.text:first-child { white-space: normal; min-width: 0; }
h3 { font-size: 1rem; margin: 1.75rem 0 .1rem; overflow-wrap: anywhere; }
figcaption { font-size: .95rem; }
"""


def page(name: str, report: CapacityReport, budget: ConnectionBudget | None) -> str:
    """Return the page."""
    soon = [each for each in report.limits if runs_out(each)]
    later = [each for each in report.limits if not runs_out(each)]
    kind = "failed" if any(when(each) == "now" for each in soon) else "error" if soon else "passed"
    body = [
        f'<h1>Capacity of {escape(name)} <span class="verdict {kind}">{_short(len(soon))}</span></h1>',
        f"<p>{escape(verdict(report))[:1].upper()}{escape(verdict(report))[1:]}.</p>",
        f'<p class="soft">As of {report.at:%Y-%m-%d %H:%M} UTC</p>',
        *_overview(report.limits),
        *(["<h2>What runs out</h2>", KEY, *(_limit(each, report) for each in soon)] if soon else []),
        *(["<h2>What does not, or cannot be said</h2>", "" if soon else KEY] if later else []),
        *(_limit(each, report) for each in later),
        *_growth(report),
        *_connections(report),
        *_budget(budget),
        *_statements(report),
        *_sources(report),
    ]
    return framed(f"Capacity of {name}", "\n".join(each for each in body if each), STYLE + _STYLE)


def _short(soon: int) -> str:
    return f"{soon} within twelve months" if soon else "nothing runs out"


def _overview(limits: Sequence[Limit]) -> list[str]:
    rows = [(each.name, each.node, share(each), when(each), between(each), sure(each)) for each in limits]
    return _table("Limits", ("limit", "server", "now", "runs out", "between", "sure"), rows)


def _limit(limit: Limit, report: CapacityReport) -> str:
    heading = f"<h3>{escape(limit.name)} of {escape(limit.node)}: {escape(when(limit))}</h3>"
    said = f"<figcaption>{escape(share(limit))}. {escape(limit.why)}.</figcaption>"
    found = limit.recommendation
    return f"<figure>{heading}{said}{plot(limit, report.at)}</figure>{_recommendation(found) if found else ''}"


def _recommendation(found: Recommendation) -> str:
    parts = [f"<p><b>Do:</b> {escape(found.what)}.</p>"]
    if found.lines:
        parts.append("".join(f"<code>{escape(each)}</code>" for each in found.lines))
    parts += [f"<p><b>Users:</b> {escape(each)}</p>" for each in found.users]
    if found.blocked:
        parts.append(f'<p class="failed"><b>Refused:</b> {escape(found.blocked)}</p>')
    if found.command:
        parts.append(f"<p><b>By:</b></p><code>{escape(found.command)}</code>")
    return f'<div class="do">{"".join(parts)}</div>'


def _growth(report: CapacityReport) -> list[str]:
    rows = [(each.name, each.node, size(each.now), a_day(each)) for each in report.growth[:TOP]]
    return _table("What grows most", ("what", "server", "now", "growth"), rows, numbers={2})


def _connections(report: CapacityReport) -> list[str]:
    rows = [
        (each.node, each.whose, str(each.now), str(each.limit), _whole(each.peak), _whole(each.p99))
        for each in report.connections
    ]
    heads = ("server", "whose", "now", "limit", "peak", "p99")
    return _table("Connections", heads, rows, numbers={2, 3, 4, 5})


def _budget(found: ConnectionBudget | None) -> list[str]:
    if found is None:
        return []
    rows = [(each.what, str(each.connections), each.why) for each in found.demands]
    together = f"{found.percent:.0f} % of {found.usable}; {found.most_percent:.0f} % are the most"
    rows.append(("together", str(found.demand), together))
    kind = {True: "passed", False: "failed", None: "soft"}[found.fits]
    made = _table("Connections that may be opened", ("who", "connections", "why"), rows, numbers={1})
    return [*made, f'<p class="{kind}">{escape(found.said)}</p>']


def _whole(value: float | None) -> str:
    return "" if value is None else f"{value:.0f}"


def _statements(report: CapacityReport) -> list[str]:
    columns = ("mean_ms", "calls", "share_percent", "user", "query")
    rows = [tuple(written(column, row[column]) for column in columns) for row in report.statements[:TOP]]
    heads = ("mean", "calls", "share", "user", "query")
    return _table("Statements that take most of the time", heads, rows, numbers={0, 1, 2})


def _sources(report: CapacityReport) -> list[str]:
    rows = [
        (each.node, each.kind, str(each.series), _span(each.since, each.until), each.said) for each in report.sources
    ]
    made = _table("Where the history is from", ("server", "from", "series", "days", ""), rows, numbers={2})
    return [*made, *(f'<p class="error">Not seen: {escape(each)}</p>' for each in report.missing)]


def _span(since: object, until: object) -> str:
    return f"{since} to {until}" if since else ""


def _table(
    title: str, heads: Sequence[str], rows: Iterable[Sequence[str]], numbers: frozenset[int] | set[int] = frozenset()
) -> list[str]:
    found = list(rows)
    if not found:
        return []
    kinds = ["number" if index in numbers else "text" if index == len(heads) - 1 else "" for index in range(len(heads))]
    head = "".join(
        f'<th scope="col" class="{kind}">{escape(each)}</th>' for each, kind in zip(heads, kinds, strict=True)
    )
    lines = [
        "<tr>" + "".join(f'<td class="{k}">{escape(cell)}</td>' for cell, k in zip(row, kinds, strict=True)) + "</tr>"
        for row in found
    ]
    return [
        f'<h2>{escape(title)}</h2>\n<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>',
        *lines,
        "</tbody></table></div>",
    ]
