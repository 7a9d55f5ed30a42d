"""A run of maintenance as people read it."""

from __future__ import annotations

from cli.output import console, escape, note, table
from maintain.report import Done, MaintenanceReport
from observe.quantities import duration as written_seconds


def show_report(report: MaintenanceReport) -> None:
    """What was done, and what was not and why."""
    rows = [
        [
            each.state,
            escape(each.statement),
            written_seconds(each.seconds),
            _shrunk(each),
            written_seconds(each.blocked_seconds),
            escape(each.detail),
        ]
        for each in report.done
    ]
    out = console()
    if rows:
        out.print(table("", ["state", "statement", "took", "size", "held up others", "why"], rows))
    for each in report.unseen:
        note(f"its lag was not seen, {each}")
    done, failed, stopped, left = counts(report)
    words = f"{done} done, {failed} failed, {stopped} stopped, {left} left"
    out.print(escape(f"{words} in {written_seconds(report.seconds)}. {_ending(report)}".strip()))


def _ending(report: MaintenanceReport) -> str:
    return f"The rest is left for the next run: {report.stopped}." if report.stopped else ""


def counts(report: MaintenanceReport) -> tuple[int, int, int, int]:
    """Actions that are done, failed, stopped and left."""
    return report.count("done"), report.count("failed"), report.count("stopped"), report.count("left")


def _shrunk(each: Done) -> str:
    from observe.quantities import size

    if each.bytes_before is None or each.bytes_after is None:
        return ""
    if each.bytes_before == each.bytes_after:
        return size(each.bytes_after)
    return f"{size(each.bytes_before)} -> {size(each.bytes_after)}"
