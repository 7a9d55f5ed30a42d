"""What the commands of `datatier drill` show on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from rich.console import Group
from rich.markup import render

from cli.output import console, counted, escape, table

if TYPE_CHECKING:
    from rich.console import RenderableType

    from keep.drill.plan import DrillPlan
    from keep.drill.report import DrillReport, Verdict
    from keep.drill.scene import Scene
    from keep.drill.trend import Point

_SHOWN: dict[Verdict, str] = {
    "passed": "[bold green]passed[/]",
    "failed": "[bold red]failed[/]",
    "error": "[bold yellow]no verdict[/]",
}
_WIDTH = 12
"""Characters of a bar that stands for the whole objective."""
_FOR_USUAL, _FOR_BARS, _FOR_ALL = 92, 120, 140
"""Columns of a terminal in which there is room for what is usual, for the bars too, and for when each drill began."""


@contextmanager
def saying(scene: Scene, *, quiet: bool) -> Iterator[Scene]:
    """The scene, with a line on standard error for what it does at the moment, where somebody looks."""
    if quiet or not sys.stderr.isatty():
        yield scene
        return
    with console(stderr=True).status("looking") as status:
        yield replace(scene, say=lambda what: status.update(escape(what)))


def plan_view(plan: DrillPlan) -> RenderableType:
    """What a drill would do."""
    from keep.drill.words import span

    took = f"about {span(plan.seconds)}, as the ones before it" if plan.seconds else "not known: there was none before"
    parts = (
        ("does", plan.does),
        ("makes", plan.makes),
        ("touches", plan.touches or ("nothing",)),
        ("takes", (took,)),
    )
    rows = [[title if not n else "", escape(each)] for title, said in parts for n, each in enumerate(said)]
    return Group(render(f"[bold]drill {plan.drill}[/] of {escape(plan.stack)}"), table("", ["", ""], rows))


def report_view(report: DrillReport, address: str) -> RenderableType:
    """How a drill went."""
    from keep.drill.trend import share_of
    from keep.drill.words import span

    numbers = table(
        "",
        ["", "measured", "objective", ""],
        [
            [name, span(measured), span(promised), _bar(share_of(measured, promised))]
            for name, measured, promised in (
                ("RTO", report.rto_seconds, report.objective.rto_seconds),
                ("RPO", report.rpo_seconds, report.objective.rpo_seconds),
            )
        ],
    )
    phases = table(
        "",
        ["phase", "took", ""],
        [
            [phase.name, span(phase.seconds), ("" if phase.ok else "[red]broke off[/] ") + escape(phase.detail)]
            for phase in report.phases
        ],
    )
    wrong = [f"[red]wrong[/] {escape(each.name)}: {escape(each.detail)}" for each in report.checks if not each.ok]
    return Group(
        render(f"{_SHOWN[report.verdict]} drill {report.drill} of {escape(report.stack)}: {escape(report.reason)}"),
        *(render(each) for each in wrong),
        numbers,
        phases,
        render(f"report {escape(address)}/{report.id}.html"),
    )


def trend_view(points: Sequence[Point], address: str, width: int | None = None) -> RenderableType:
    """Every drill with what it took of the objective.

    :param width: of the terminal, where there is one: what the id says anyhow is left out of a narrow one, and bars.
    """
    from keep.drill.words import span, when

    if not points:
        return render(f"no drill has ended yet in {escape(address)}: `datatier drill pitr`")
    share = _bar if width is None or width >= _FOR_BARS else _percent
    columns: list[tuple[str, Callable[[Point], str]]] = [
        ("drill", lambda each: each.drill),
        ("began (UTC)", lambda each: when(each.began_at)),
        ("", lambda each: _SHOWN[each.verdict]),
        ("RTO", lambda each: span(each.rto_seconds)),
        ("of it", lambda each: share(each.rto_share)),
        ("RPO", lambda each: span(each.rpo_seconds)),
        ("of it", lambda each: share(each.rpo_share)),
        ("usual", lambda each: f"{each.slower:.1f} x" if each.slower else ""),
        ("id", lambda each: each.id),
    ]
    without = {"began (UTC)"} if width is not None and width < _FOR_ALL else set()
    if not any(each.slower for each in points) or (width is not None and width < _FOR_USUAL):
        without.add("usual")
    columns = [each for each in columns if each[0] not in without]
    rows = [[of(each) for _, of in columns] for each in points]
    return table("", [name for name, _ in columns], rows)


def checked_view(count: int, wrong: Sequence[str], address: str) -> RenderableType:
    """What the chain of reports is like."""
    if not wrong:
        return render(f"[bold green]whole[/] {counted(count, 'report')} in {escape(address)}, each named by the next")
    return Group(*(render(f"[red]wrong[/] {escape(each)}") for each in wrong))


def _bar(share: float | None) -> str:
    """`####········ 33 %`, red where it is beyond the objective."""
    if share is None:
        return ""
    full = min(round(share * _WIDTH), _WIDTH)
    drawn = "█" * full or ("▏" if share else "")
    color = "red" if share > 1 else "green"
    return f"[{color}]{drawn}[/][dim]{'·' * (_WIDTH - len(drawn))}[/] {_percent(share)}"


def _percent(share: float | None) -> str:
    if share is None:
        return ""
    percent = f"{100 * share:.0f} %" if share >= 0.01 or not share else "<1 %"
    return f"[red]{percent}[/]" if share > 1 else percent
