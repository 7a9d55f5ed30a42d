"""What `datatier upgrade rehearse` shows on a terminal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cli.output import escape, table

if TYPE_CHECKING:
    from rich.console import Console

    from rehearse.report import RehearsedWay, UpgradeRehearsal

_MARK = {True: "[green]ok[/]", False: "[red]wrong[/]", None: "[yellow]not known[/]"}


def show(out: Console, found: UpgradeRehearsal, kept: Path | None) -> None:
    """Print a report: the verdict, each way, what is in the way, what changes."""
    word = "[bold green]passed[/]" if found.verdict == "passed" else "[bold red]failed[/]"
    out.print(f"{word} {escape(found.was)} to {escape(found.wanted)}, {escape(found.source)}: {escape(found.reason)}")
    for way in found.ways:
        _way(out, way)
    for each in found.obstacles:
        colour = "red" if each.stops else "yellow"
        out.print(f"[{colour}]{escape(each.check)}[/] {escape(each.object)}: {escape(each.what)}")
        out.print(f"      [dim]mend:[/] {escape(each.mend)}")
    for plan in found.changed_plans:
        cost = "" if plan.cost_ratio is None else f" (cost {plan.cost_ratio:.2f} x)"
        out.print(f"[yellow]plan[/] {escape(plan.query[:200])}{cost}")
        out.print(f"      [dim]before:[/] {escape(plan.before)}")
        out.print(f"      [dim]after:[/]  {escape(plan.after)}")
    if found.statements:
        out.print(f"{len(found.statements)} statements planned on both servers, {len(found.changed_plans)} otherwise")
    for setting in found.settings:
        out.print(f"[yellow]parameter[/] {escape(setting.name)} = {escape(setting.value)}: {escape(setting.what)}")
    for note in found.notes:
        out.print(f"[yellow]·[/] {escape(note)}")
    if kept is not None:
        out.print(f"report {escape(str(kept))}")


def _way(out: Console, way: RehearsedWay) -> None:
    from keep.drill.words import span

    down = f": the application would wait about {span(way.downtime.seconds)}" if way.downtime else ""
    out.print(f"[bold]by {way.way}[/]{down}")
    phases = [[each.name, span(each.seconds), "" if each.offline else "[dim]not waited for[/]"] for each in way.phases]
    out.print(table("", ["phase", "took", ""], phases))
    for each in way.checks:
        out.print(f"  {_MARK[each.ok]} {escape(each.name)}: {escape(each.detail)}")
    if way.refused:
        out.print(f"  [red]broke off[/] {escape(way.refused)}")
    if way.downtime:
        out.print(f"  [dim]{escape(way.downtime.basis)}[/]")
