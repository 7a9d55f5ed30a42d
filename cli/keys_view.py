"""How the report of a cache's keys is shown: tables, what is wrong with what mends it, or JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console

from cli.output import counted, escape, table
from cli.queries_view import finding_as_json, finding_lines
from observe.keys.group import Group
from observe.keys.names import shown
from observe.keys.record import Record
from observe.keys.report import Report, SpaceRow
from observe.keys.survey import Survey
from observe.quantities import duration, size

_PATTERNS = 20
_TOP = 10
_LARGE = 10_000
"""Bytes below which the biggest key is not worth a line."""
_BOUNDS: Mapping[str, int] = {
    "1m": 60,
    "10m": 600,
    "1h": 3_600,
    "1d": 86_400,
    "7d": 7 * 86_400,
    "30d": 30 * 86_400,
}
"""Steps of the spread of lives, in seconds."""


def as_json(report: Report, survey: Survey, cache: str, *, complete: bool) -> dict[str, object]:
    """`{"spaces": [...], "undeclared": [...], "refused": n, ...}`; keys that are not UTF-8 have `\\x00` in place."""
    return {
        "cache": cache,
        "nodes": survey.nodes,
        "complete": complete and not survey.failures,
        "estimated": survey.estimated,
        "seen": survey.seen,
        "keys": report.keys,
        "bytes": report.size,
        "spaces": [_space(row, report) for row in report.spaces],
        "elsewhere": [_space(row, report) for row in report.elsewhere],
        "undeclared": [
            {"pattern": shown(row.pattern), "database": row.database, **_group(row.group, report)}
            for row in report.undeclared
        ],
        "refused": sum(report.refused.values()),
        "biggest": [_record(each) for each in report.biggest],
        "longest": [_record(each) for each in report.longest],
        "hottest": [_record(each) for each in report.hottest],
        "failures": survey.failures,
        "findings": [finding_as_json(cache, each) for each in report.findings],
    }


def show(out: Console, report: Report, survey: Survey, cache: str, *, complete: bool) -> None:
    """Print the report; of long lists the first few."""
    about = "about " if survey.estimated else ""
    where = f" on {', '.join(survey.nodes)}" if survey.nodes else ""
    out.print(
        f"[bold]{escape(cache)}[/]: {about}{counted(report.keys, 'key')}, {about}{size(report.size)}{escape(where)}"
        + (f", estimated from {survey.seen:,} of them" if survey.estimated else "")
        + ("" if complete else " [yellow](interrupted: this is what was seen so far)[/]")
    )
    groups = [
        *((row.name, "", row) for row in report.spaces),
        *((row.name, " elsewhere", row) for row in report.elsewhere),
    ]
    if groups:
        shown_rows = [
            (escape(name + more), row.database, *_cells(row.group, report), _declared(row.ttl))
            for name, more, row in groups
        ]
        out.print(table("", ("key space", "db", *_COLUMNS, "declared"), shown_rows))
    if report.undeclared:
        rows = [
            (escape(shown(row.pattern)), row.database, *_cells(row.group, report))
            for row in report.undeclared[:_PATTERNS]
        ]
        out.print()
        out.print(table("", ("in no key space" if report.spaces else "pattern", "db", *_COLUMNS), rows))
        if (left := len(report.undeclared) - _PATTERNS) > 0:
            out.print(f"[dim]and {counted(left, 'pattern')} more: --json has all[/]")
    _top(out, "biggest", "size", [(each, size(each.size)) for each in report.biggest if each.size > _LARGE])
    _top(out, "most elements", "elements", [(each, f"{each.elements:,}") for each in report.longest])
    _top(out, "hottest", "frequency", [(each, str(each.frequency)) for each in report.hottest])
    for sentence in survey.failures:
        out.print(f"[bold red]failed[/] {escape(sentence)}")
    for finding in report.findings:
        for line in finding_lines("", finding):
            out.print(line)


_COLUMNS = ("keys", "bytes", "share", "types", "without TTL", "TTL left: least, median, most")


def _cells(group: Group, report: Report) -> tuple[str, ...]:
    if not group.keys:
        return ("0", "", "", "", "", "")
    lives = (group.shortest, group.median, group.longest)
    return (
        f"{group.keys:,}",
        size(group.size),
        f"{100 * group.size / report.size:.1f} %" if report.size else "",
        ", ".join(sorted(group.types)),
        f"{group.without_ttl:,}" if group.without_ttl else "",
        ", ".join(duration(each / 1000) for each in lives if each is not None),
    )


def _declared(ttl: int | None) -> str:
    return "stays" if ttl is None else duration(ttl)


def _top(out: Console, title: str, column: str, rows: Sequence[tuple[Record, str]]) -> None:
    if rows:
        out.print()
        made = [(escape(shown(each.key, 80)), each.database, each.type, value) for each, value in rows[:_TOP]]
        out.print(table("", (title, "db", "type", column), made))


def _space(row: SpaceRow, report: Report) -> dict[str, object]:
    return {
        "name": row.name,
        "pattern": row.pattern,
        "database": row.database,
        "declared_ttl": row.ttl,
        **_group(row.group, report),
    }


def _group(group: Group, report: Report) -> dict[str, object]:
    seconds = {
        name: None if value is None else value / 1000
        for name, value in (("min", group.shortest), ("median", group.median), ("max", group.longest))
    }
    spread = dict(zip((*_BOUNDS, "more"), group.spread(1000 * each for each in _BOUNDS.values()), strict=True))
    return {
        "keys": group.keys,
        "bytes": group.size,
        "share": round(group.size / report.size, 4) if report.size else 0,
        "without_ttl": group.without_ttl,
        "longer_ttl": group.longer,
        "types": group.types,
        "ttl": {**seconds, "spread": spread},
    }


def _record(record: Record) -> dict[str, object]:
    return {
        "key": shown(record.key),
        "database": record.database,
        "type": record.type,
        "bytes": record.size,
        "elements": record.elements,
        "frequency": record.frequency,
        "ttl": None if record.ttl is None else record.ttl / 1000,
    }
