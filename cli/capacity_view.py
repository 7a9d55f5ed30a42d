"""Capacity for people: what runs out first, its chart, what to move to, then growth, connections and statements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console

from capacity.recommend.need import running_out
from cli.capacity_chart import chart
from cli.capacity_words import QUERY, TOP, a_day, between, share, sure, title, verdict, when
from cli.output import escape, table
from observe.quantities import size, written

if TYPE_CHECKING:
    from capacity.budget import ConnectionBudget
    from capacity.limit import Limit
    from capacity.report import CapacityReport

_CHARTS = 4
"""Charts in a terminal, of what runs out first."""
_WIDEST = 100


def show(out: Console, name: str, report: CapacityReport, budget: ConnectionBudget | None) -> None:
    """All of it; charts only where it is a terminal that reads."""
    soon = running_out(report)
    out.print(f"[bold]{escape(name)}[/]: {escape(verdict(report))}")
    _limits(out, report, soon)
    advised: dict[str, Limit] = {}
    for number, limit in enumerate(soon):
        out.print()
        out.print(f"[bold]{escape(title(limit))}[/]: {escape(limit.why)}", soft_wrap=False)
        if number < _CHARTS and out.is_terminal:
            for line in chart(limit, report.at, min(out.width, _WIDEST)):
                out.print(escape(line), style="cyan", no_wrap=True)
        if limit.recommendation is not None:
            out.print(table("", ["", ""], _advice(limit, advised)))
    _growth(out, report)
    _connections(out, report, budget)
    _statements(out, report)
    _sources(out, report)


def _limits(out: Console, report: CapacityReport, soon: Sequence[Limit]) -> None:
    rows = [
        [escape(each.name), escape(each.node), share(each), _date(each, soon), between(each), sure(each)]
        for each in report.limits
    ]
    if rows:
        out.print(table("", ["limit", "server", "now", "runs out", "between", "sure"], rows))
    quiet = [[escape(title(each)), escape(each.why)] for each in report.limits if each not in soon]
    if quiet:
        out.print()
        out.print(table("Why there is no date", ["limit", "why"], quiet))


def _date(limit: Limit, soon: Sequence[Limit]) -> str:
    text = when(limit, soon)
    if limit not in soon:
        return text
    return f"[red]{text}[/]" if text == "now" else f"[yellow]{text}[/]"


def _advice(limit: Limit, advised: dict[str, Limit]) -> list[list[str]]:
    """What to do, how it is written, what users notice; the same a second time is said in a word."""
    found = limit.recommendation
    if found is None:
        return []
    rows = [["[green]do[/]", escape(found.what)]]
    if found.lines and (before := advised.setdefault(" ".join(found.lines), limit)) is not limit:
        return [*rows, ["", f"the same change as for {escape(title(before))}"]]
    rows += [["[green]write[/]", f"[cyan]{escape(line)}[/]"] for line in found.lines]
    rows += [["[green]users[/]", escape(users)] for users in found.users]
    rows += [["[red]refused[/]", escape(found.blocked)]] if found.blocked else []
    return [*rows, ["[green]by[/]", f"[cyan]{escape(found.command)}[/]"]] if found.command else rows


def _growth(out: Console, report: CapacityReport) -> None:
    if not report.growth:
        return
    out.print()
    rows = [[escape(each.name), escape(each.node), size(each.now), escape(a_day(each))] for each in report.growth[:TOP]]
    out.print(table("What grows most", ["what", "server", "now", "growth"], rows))
    if len(report.growth) > TOP:
        out.print(f"[dim]and {len(report.growth) - TOP} more: --json[/]")


def _connections(out: Console, report: CapacityReport, budget: ConnectionBudget | None) -> None:
    rows = [
        [escape(each.node), escape(each.whose), each.now, each.limit, _whole(each.peak), _whole(each.p99)]
        for each in report.connections
    ]
    if rows:
        out.print()
        out.print(table("Connections", ["server", "whose", "now", "limit", "peak", "p99"], rows))
    if budget is None:
        return
    out.print()
    shown = [[escape(each.what), each.connections, escape(each.why)] for each in budget.demands]
    shown.append(
        [
            "together",
            budget.demand,
            f"{budget.percent:.0f} % of {budget.usable}; {budget.most_percent:.0f} % are the most",
        ]
    )
    out.print(table("Connections that may be opened", ["who", "connections", "why"], shown))
    colour = "red" if budget.fits is False else "green" if budget.fits else "cyan"
    out.print(f"[{colour}]{escape(budget.said)}[/]", soft_wrap=False)


def _whole(value: float | None) -> str:
    return "" if value is None else f"{value:.0f}"


def _statements(out: Console, report: CapacityReport) -> None:
    if not report.statements:
        return
    out.print()
    columns = ("mean_ms", "calls", "share_percent", "user", "query")
    rows = [[escape(written(column, row[column])[:QUERY]) for column in columns] for row in report.statements[:TOP]]
    out.print(table("Statements that take most of the time", ["mean", "calls", "share", "user", "query"], rows))


def _sources(out: Console, report: CapacityReport) -> None:
    out.print()
    for each in report.sources:
        since = f", {each.series} series, {each.since} to {each.until}" if each.series else ""
        said = f": {each.said}" if each.said else ""
        out.print(escape(f"{each.node}: history from {each.kind}{since}{said}"), style="dim", soft_wrap=False)
    for missing in report.missing:
        out.print(f"[yellow]not seen[/] {escape(missing)}")
