"""Capacity as one HTML page without a script: the verdict, a plot of each limit, what to move to, and the lists."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

from capacity.recommend.need import reached, running_out
from cli.capacity_plot import KEY, STYLE, plot
from cli.capacity_words import QUERY, TOP, a_day, between, share, sure, title, verdict, when
from keep.drill.page import page as framed
from observe.quantities import size, written

if TYPE_CHECKING:
    from capacity.budget import ConnectionBudget
    from capacity.limit import Limit
    from capacity.report import CapacityReport

_STYLE = """
.do { border-left: 3px solid var(--bar); padding: .1rem 0 .1rem .75rem; margin: .5rem 0; }
.do > code { display: block; white-space: pre-wrap; }
.wide { overflow-x: auto; }
.wide td, .wide th { white-space: nowrap; }
.wide .digits { text-align: right; font-variant-numeric: tabular-nums; }
.wide td.text { white-space: normal; min-width: 14rem; width: 100%; }
h3 { font-size: 1rem; margin: 1.75rem 0 .1rem; overflow-wrap: anywhere; }
"""


def page(name: str, report: CapacityReport, budget: ConnectionBudget | None) -> str:
    """Return the page."""
    soon = running_out(report)
    later = [each for each in report.limits if each not in soon]
    advised: dict[str, Limit] = {}
    unknown = not report.limits or any(each.too_little for each in report.limits)
    kind = "failed" if any(map(reached, soon)) else "error" if soon or unknown else "passed"
    body = [
        f'<h1>Capacity of {escape(name)} <span class="verdict {kind}">{_short(len(soon), unknown=unknown)}</span></h1>',
        f"<p>{escape(_upper(verdict(report)))}.</p>",
        f'<p class="soft">As of {report.at:%Y-%m-%d %H:%M} UTC</p>',
        *_overview(report.limits, soon),
        *(["<h2>What runs out</h2>", KEY, *(_limit(each, report, soon, advised) for each in soon)] if soon else []),
        *(["<h2>What does not, or cannot be said</h2>", "" if soon else KEY] if later else []),
        *(_limit(each, report, soon, advised) for each in later),
        *_growth(report),
        *_connections(report),
        *_budget(budget),
        *_statements(report),
        *_sources(report),
    ]
    return framed(f"Capacity of {name}", "\n".join(each for each in body if each), STYLE + _STYLE)


def _short(soon: int, *, unknown: bool) -> str:
    if soon:
        return f"{soon} within twelve months"
    return "not all can be said" if unknown else "nothing runs out"


def _overview(limits: Sequence[Limit], soon: Sequence[Limit]) -> list[str]:
    rows = [(each.name, each.node, share(each), when(each, soon), between(each), sure(each)) for each in limits]
    heads = ("limit", "server", "now", "runs out", "between", "sure")
    return _table("Limits", heads, rows)


def _limit(limit: Limit, report: CapacityReport, soon: Sequence[Limit], advised: dict[str, Limit]) -> str:
    heading = f"<h3>{escape(title(limit))}: {escape(when(limit, soon))}</h3>"
    said = f"<figcaption>{escape(share(limit))}: {_prose(limit.why)}.</figcaption>"
    drawn = plot(limit, report.at, when(limit, soon), limit.date if limit in soon else None)
    kind = "" if limit in soon else ' class="quiet"'
    return f"<figure{kind}>{heading}{said}{drawn}</figure>{_recommendation(limit, advised)}"


def _recommendation(limit: Limit, advised: dict[str, Limit]) -> str:
    found = limit.recommendation
    if found is None:
        return ""
    parts = [f"<p><b>Do:</b> {_prose(found.what)}.</p>"]
    if found.lines and (before := advised.setdefault(" ".join(found.lines), limit)) is not limit:
        parts.append(f"<p>The same change as for {escape(title(before))}.</p>")
        return f'<div class="do">{"".join(parts)}</div>'
    if found.lines:
        parts.append("".join(f"<code>{escape(each)}</code>" for each in found.lines))
    parts += [f"<p><b>Users:</b> {_prose(each)}</p>" for each in found.users]
    if found.blocked:
        parts.append(f'<p class="failed"><b>Refused:</b> {_prose(found.blocked)}</p>')
    if found.command:
        parts.append(f"<p><b>By:</b> <code>{escape(found.command)}</code></p>")
    return f'<div class="do">{"".join(parts)}</div>'


def _prose(text: str) -> str:
    """Text in which what stands between backticks is code."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(text))


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _growth(report: CapacityReport) -> list[str]:
    rows = [(each.name, each.node, size(each.now), a_day(each)) for each in report.growth[:TOP]]
    return _table("What grows most", ("what", "server", "now", "growth"), rows, numbers={2}, long={3})


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
    made = _table("Connections that may be opened", ("who", "connections", "why"), rows, numbers={1}, long={2})
    return [*made, f'<p class="{kind}">{_prose(_upper(found.said))}.</p>']


def _whole(value: float | None) -> str:
    return "" if value is None else f"{value:.0f}"


def _statements(report: CapacityReport) -> list[str]:
    columns = ("mean_ms", "calls", "share_percent", "user", "query")
    rows = [tuple(written(column, row[column])[:QUERY] for column in columns) for row in report.statements[:TOP]]
    heads = ("mean", "calls", "share", "user", "query")
    return _table("Statements that take most of the time", heads, rows, numbers={0, 1, 2}, long={4})


def _sources(report: CapacityReport) -> list[str]:
    rows = [
        (each.node, each.kind, str(each.series), _span(each.since, each.until), each.said) for each in report.sources
    ]
    made = _table("Where the history is from", ("server", "from", "series", "days", ""), rows, numbers={2}, long={4})
    return [*made, *(f'<p class="error">Not seen: {_prose(each)}</p>' for each in report.missing)]


def _span(since: object, until: object) -> str:
    return f"{since} to {until}" if since else ""


def _table(
    title: str,
    heads: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    numbers: Collection[int] = (),
    long: Collection[int] = (),
) -> list[str]:
    """A table that scrolls by itself where it is wider than the page; `long` columns are folded, `numbers` are not."""
    found = list(rows)
    if not found:
        return []
    kinds = ["digits" if index in numbers else "text" if index in long else "" for index in range(len(heads))]
    head = "".join(
        f'<th scope="col" class="{kind}">{escape(each)}</th>' for each, kind in zip(heads, kinds, strict=True)
    )
    lines = [
        "<tr>" + "".join(f'<td class="{k}">{escape(cell)}</td>' for cell, k in zip(row, kinds, strict=True)) + "</tr>"
        for row in found
    ]
    return [
        f'<h2>{escape(title)}</h2>\n<div class="wide" role="region" tabindex="0" '
        f'aria-label="{escape(title)}"><table><thead><tr>{head}</tr></thead><tbody>',
        *lines,
        "</tbody></table></div>",
    ]
