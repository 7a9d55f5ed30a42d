"""How the answers of servers to an observation are shown: a table, what is wrong with what mends it, or JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console

from cli.output import counted, escape, table
from knowledge.thresholds.threshold import Status
from observe.observation import Finding, Observation, Observed, Row
from observe.quantities import heading, written

STYLES = {
    Status.OK: "green",
    Status.WARN: "yellow",
    Status.CRITICAL: "bold red",
    Status.SKIPPED: "magenta",
    Status.STALE: "magenta",
}
WORST = (Status.CRITICAL, Status.WARN, Status.STALE, Status.SKIPPED, Status.OK)
"""The order in which findings are shown."""
_CELL = 3
"""Share of a terminal's width that a cell may have at most, as 1 / 3; a pipe and JSON have all of it."""
_SHORT = 80
"""Characters of a cell of a report, in a pipe too."""


def show(out: Console, observation: Observation, answers: Sequence[Observed], *, limit: int) -> None:
    """Print the rows as one table, those that belong to it below, and what is wrong, worst first."""
    show_rows(out, observation, answers, limit=limit)
    for each in observation.also:
        if not any(answer.rows for answer in answers if answer.observation.id == each.id):
            continue
        out.print(f"\n[bold]{escape(each.question)}[/]")
        show_rows(out, each, answers, limit=limit)
    show_findings(out, answers)


def show_rows(
    out: Console, observation: Observation, answers: Sequence[Observed], *, limit: int, short: bool = False
) -> None:
    """Print the first rows of one observation as a table; `short` with long cells cut in a pipe, too."""
    mine = [each for each in answers if each.observation.id == observation.id]
    rows = [(each.node, row) for each in mine for row in each.rows]
    if rows:
        most = min(out.width // _CELL, _SHORT if short else out.width)
        out.print(_table(observation.columns, rows[:limit], many=len(mine) > 1, most=most))
    elif any(each.reached and not each.refused for each in mine):
        out.print("[dim]none[/]")
    if len(rows) > limit:
        out.print(f"[dim]and {counted(len(rows) - limit, 'row')} more: --limit {len(rows)}[/]")
    for each in mine:
        if observation.summary and each.rows:
            node = f"{each.node}: " if len(mine) > 1 else ""
            out.print(f"[dim]{escape(node + observation.summary(each.rows))}[/]")


def show_findings(out: Console, answers: Sequence[Observed]) -> None:
    """Print what is wrong or could not be seen, worst first, each with what mends it."""
    many = len({each.node for each in answers}) > 1
    # Several observations of one session lack the same right, or are not answered for the same reason.
    found = {(each.node, finding.message): (each.node, finding) for each in answers for finding in each.findings}
    for node, finding in sorted(found.values(), key=lambda each: WORST.index(each[1].status)):
        if finding.status is Status.OK:
            continue
        where = f"{node}: " if many else ""
        for line in finding_lines(where, finding):
            out.print(line)


def finding_lines(where: str, finding: Finding) -> Iterator[str]:
    """A finding as markup: what it is, with its threshold, and what mends it."""
    yield f"[{STYLES[finding.status]}]{finding.status}[/] {escape(where + finding.message)}{limit_of(finding)}"
    if finding.mend:
        yield f"      [dim]mend:[/] {escape(finding.mend)}"


def as_json(observation: Observation, answers: Sequence[Observed], limit: int | None = None) -> dict[str, object]:
    """`{"rows": [...], "findings": [...]}`: rows as they were read, with the server's name, and under their ids those
    of what belongs to it."""

    def rows(of: Observation) -> list[dict[str, object]]:
        found: list[dict[str, object]] = [
            {"node": each.node, **row} for each in answers for row in each.rows if each.observation.id == of.id
        ]
        return found[:limit]

    return {
        "rows": rows(observation),
        **{each.id: rows(each) for each in observation.also},
        "findings": [finding_as_json(each.node, found) for each in answers for found in each.findings],
    }


def finding_as_json(node: str, finding: Finding) -> dict[str, object]:
    """What a script gets of a finding; keys are only ever added."""
    limit = finding.threshold
    return {
        "status": finding.status,
        "object": finding.object,
        "message": finding.message,
        "mend": finding.mend,
        "node": node,
        "check": finding.check,
        "value": finding.value,
        "threshold": limit.data() if limit else None,
        "source": limit.source if limit else "",
    }


def limit_of(finding: Finding) -> str:
    """The threshold that was passed, with where it comes from."""
    limit = finding.threshold
    if limit is None or finding.status not in (Status.WARN, Status.CRITICAL):
        return ""
    if not limit.unit:  # a matter of yes or no
        return escape(f" ({limit.source})")
    number = limit.critical if finding.status is Status.CRITICAL else limit.warn
    if not number:  # any at all
        return escape(f" ({limit.source})")
    word = "below" if limit.below else "above"
    return escape(f" ({finding.status} {word} {number:g} {limit.unit}: {limit.source})")


def _table(columns: Sequence[str], rows: Sequence[tuple[str, Row]], *, many: bool, most: int) -> object:
    shown = [[*([node] if many else []), *_cells(columns, row, most)] for node, row in rows]
    return table("", [*(["node"] if many else []), *map(heading, columns)], shown)


def _cells(columns: Sequence[str], row: Row, most: int) -> Iterator[str]:
    for column in columns:
        text = written(column, row.get(column))
        yield escape(text[: most - 1] + "…" if len(text) > most else text)
