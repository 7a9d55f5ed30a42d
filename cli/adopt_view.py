"""The report of an adoption for people: what stops it first, what changes, then what there is, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from cli.cost_view import change_lines
from cli.output import counted, escape, table
from cli.preview_view import COLOURS, kind_of
from preview import markdown
from preview.impact.effect import ORDER, Effect, Impact
from preview.impact.judge import SILENT

if TYPE_CHECKING:
    from adopt.refusal import Refusal
    from adopt.report import Entry, Report, Verdict
    from cli.cost_view import Costs

_HEADS: dict[Verdict, str] = {
    "replaced": "[bold red]would be replaced[/]",
    "blocked": "[bold red]would be refused by AWS[/]",
}
_VERDICTS: dict[Verdict, str] = {
    "taken": "taken over as they are",
    "changed": "with changes in place",
    "replaced": "that would be replaced",
    "blocked": "that AWS would refuse to change",
    "new": "new",
}


def report(out: Console, found: Report) -> None:
    """The whole report; the table that is only looked up in comes first, as the end is what a terminal shows."""
    if found.parameters:
        out.print(table("Parameters", ("server", "parameter", "live", "computed", "kept"), _parameters(found)))
    for each in found.refusals:
        _refusal(out, each)
    for entry in found.of("replaced", "blocked"):
        _entry(out, entry)
    _changes(out, [impact for entry in found.of("changed") for impact in entry.impacts])
    if taken := [each for each in found.of("taken", "changed") if each.id]:
        out.print(table("Taken over", ("resource", "in the stack", "in AWS"), [_row(each) for each in taken]))
    if new := found.of("new"):
        out.print(f"[bold]New[/], next to what is there: {', '.join(_kinds(new))}")
    for left in found.left:
        out.print(f"[dim]left[/] {escape(left.what)}: {escape(left.why)}")
    for unread in found.unread:
        out.print(f"[yellow]not read[/] {escape(unread.permission)}: {escape(unread.cost)}")
    for remark in found.remarks:
        out.print(f"[yellow]look at[/] {escape(remark.key)}: {escape(remark.said)}")
    out.print(f"[bold]{escape(found.stack)}[/]: {verdict_line(found)}")


def verdict_line(found: Report) -> str:
    """How many of each, in one line."""
    counts = Counter(each.verdict for each in found.entries)
    said = [f"{counts[verdict]} {words}" for verdict, words in _VERDICTS.items() if counts[verdict]]
    things = {each.what for each in found.refusals}
    refused = [f"{len(things)} that cannot be taken"] if things else []
    return ", ".join((*said, *refused)) or "nothing"


def _refusal(out: Console, each: Refusal) -> None:
    out.print(f"[bold red]cannot be taken[/] [bold]{escape(each.what)}[/]: {escape(each.why)}")
    out.print(f"    [cyan]way:[/] {escape(each.way)}")


def _entry(out: Console, entry: Entry) -> None:
    """A resource that stops everything."""
    out.print(f"{_HEADS[entry.verdict]} [bold]{escape(entry.name)}[/] ({kind_of(entry.type)}) {escape(entry.id)}")
    for impact in entry.impacts:
        _impact(out, impact, "")
    for line in entry.keep.splitlines():
        out.print(f"    [cyan]keep it:[/] {escape(line)}")


def _changes(out: Console, impacts: Iterable[Impact]) -> None:
    """Each change once, with what it is made of; the worst first, and what nobody reads in one line."""
    grouped: dict[tuple[str, ...], list[Impact]] = {}
    for impact in impacts:
        same = (impact.type, impact.key, markdown.described(impact), impact.users, impact.takes_effect)
        grouped.setdefault((impact.key,) if impact.rule == SILENT else same, []).append(impact)
    quiet = {key[0]: each for key, each in grouped.items() if len(key) == 1}
    told = sorted(
        (each for key, each in grouped.items() if len(key) > 1), key=lambda each: -ORDER.index(each[0].effect)
    )
    if told or quiet:
        out.print("[yellow]Changes in place[/], by the first `pulumi up`")
    for each in told:
        _impact(out, each[0], f"[bold]{escape(', '.join(one.name for one in each))}[/] ")
    if quiet:
        said = ", ".join(f"{key} of {counted(len(each), 'resource')}" for key, each in sorted(quiet.items()))
        out.print(f"    {escape(said)} [dim](nobody notices)[/]")


def _impact(out: Console, impact: Impact, of: str) -> None:
    out.print(f"    {of}{_effect(impact)}{escape(markdown.described(impact))}")
    out.print(f"        [dim]{escape(impact.users)} ({impact.takes_effect}; {escape(impact.rule)})[/]")
    if impact.way_round:
        out.print(f"        [cyan]way round:[/] {escape(impact.way_round)}")


def _effect(impact: Impact) -> str:
    """The effect where somebody notices it."""
    return "" if impact.effect is Effect.IN_PLACE else f"[{COLOURS[impact.effect]}]{impact.effect}[/] "


def _row(entry: Entry) -> tuple[str, str, str]:
    return kind_of(entry.type), escape(entry.name), escape(entry.id)


def _kinds(entries: Iterable[Entry]) -> list[str]:
    """`12 cloudwatch.MetricAlarm`, the most first."""
    counts = Counter(kind_of(each.type).removeprefix("aws.") for each in entries)
    return [f"{count} {kind}" for kind, count in sorted(counts.items(), key=lambda each: (-each[1], each[0]))]


def _parameters(found: Report) -> list[tuple[str, ...]]:
    """One row for servers that have the same."""
    servers: dict[tuple[str, str, str | None, bool], list[str]] = {}
    for each in found.parameters:
        servers.setdefault((each.parameter, each.live, each.computed, each.kept), []).append(each.server)
    return [
        (
            escape(", ".join(names)),
            escape(parameter),
            escape(live),
            "" if computed is None else escape(computed),
            "yes" if kept else "[yellow]no[/]",
        )
        for (parameter, live, computed, kept), names in servers.items()
    ]


def end(
    out: Console,
    month: Costs | None,
    differences: Sequence[str],
    written: Sequence[Path],
    commands: Sequence[tuple[str, str]],
    *,
    more: bool = False,
) -> None:
    """What it costs, what was written, and what to run next, in order.

    `more` is whether servers come into a stack that has its primary: the differences are their sections.
    """
    if month is not None:
        out.print("\n".join(escape(each) for each in change_lines(month)))
    for each in differences:
        # A section is whole, so that a terminal's selection of it is one.
        out.print(f"[yellow]{'not in the file' if more else 'differs'}[/] {escape(each)}", soft_wrap=more)
    if differences and more:
        out.print("write those that are to come into the stack's file, and run the same again")
    elif differences:
        out.print("the stack's file stands as it is, and the report is of it; --replace writes what is there")
    if not written:
        out.print("nothing is written")
        return
    out.print(f"written: {escape(', '.join(path.as_posix() for path in written))}")
    out.print(table("Next", ("", ""), [(escape(command), escape(why)) for command, why in commands]))


def terraform(out: Console, stays: Sequence[str]) -> None:
    """What is left to do with Terraform's configuration; `stays` are the addresses that the stack only refers to."""
    if stays:
        out.print(f"Terraform keeps what the stack refers to: {escape(', '.join(stays))}")
    out.print("Take the blocks of what it forgets out of its configuration; `terraform plan` shows no change then.")
