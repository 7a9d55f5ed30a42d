"""How a look at the servers is shown to people: one line for each server, then what is wrong with what mends it."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from cli.output import escape, table
from cli.queries_view import STYLES, WORST, finding_lines
from knowledge.thresholds.threshold import Status
from observe.health.report import Health, HealthReport

_COLUMNS = ("server", "role", "ms", "status", "what it says")


def view(report: HealthReport, *, every: bool) -> RenderableType:
    """The whole; `every` shows also what is fine."""
    return Group(
        table("", _COLUMNS, [_row(each) for each in report.nodes]),
        *(Text.from_markup(each, emoji=False) for each in _lines(report, every=every)),
    )


def _row(node: Health) -> tuple[str, str, str, str, str]:
    status = "down" if not node.up else worst(node)
    style = STYLES[Status.CRITICAL if not node.up else status]  # type: ignore[index]
    return (
        escape(node.name),
        node.role or "",
        "" if node.ms is None else f"{node.ms:g}",
        f"[{style}]{status}[/]",
        escape(", ".join(facts(node)) if node.up else node.findings[0].message),
    )


def worst(node: Health) -> Status:
    """The worst that was found; what could not be seen says nothing of the server."""
    found = {each.status for each in node.findings} - {Status.SKIPPED, Status.STALE}
    return min(found, key=WORST.index, default=Status.OK)


def facts(node: Health) -> Iterator[str]:
    """The numbers of a server, each by its check: `connections 12 %`."""
    said: dict[str, float] = {}
    units = {}
    for each in node.findings:
        if each.value is None or each.threshold is None or not each.threshold.unit or each.check == "response":
            continue
        # Of several objects (limits of connections, slots) the one nearest to its limit.
        pick = min if each.threshold.below else max
        said[each.check] = pick(said.get(each.check, each.value), each.value)
        units[each.check] = each.threshold.unit
    for check, value in said.items():
        yield f"{check} {_number(value)} {units[check]}"


def _number(value: float) -> str:
    """Three digits are enough; below a thousandth it is nothing."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value >= 0.001 or not value else "0"


def _lines(report: HealthReport, *, every: bool) -> Iterator[str]:
    checks = [each for each in report.checks if every or each[1].status is not Status.OK]
    for node, finding in sorted(checks, key=lambda each: WORST.index(each[1].status)):
        yield from finding_lines(f"{node}: " if node else "", finding)
