"""Findings and proofs of `datatier alarms` for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.console import Console

from cli.output import escape, listed

if TYPE_CHECKING:
    from alarms.finding import BrokenStep
    from alarms.prove.run import Proof


def told(topics: tuple[str, ...], heard_by: Mapping[str, int]) -> str:
    """Where an alarm goes, and who hears it there."""
    who = ", ".join(f"{count} {protocol}" for protocol, count in heard_by.items()) or "nobody"
    return f"{', '.join(topics) or 'no topic'} ({who})"


def findings(out: Console, stack: str, alarms: int, found: tuple[BrokenStep, ...]) -> None:
    """What the static check found."""
    for each in found:
        colour = "red" if each.severity == "error" else "yellow"
        silenced = f" [dim]({escape(listed(out, each.alarms, 3))})[/]" if each.alarms else ""
        out.print(
            f"[{colour}]{each.severity}[/] [bold]{each.step}[/] {escape(each.resource)}: {escape(each.what)}{silenced}"
        )
        out.print(f"    [cyan]mend:[/] {escape(each.mend)}")
    counted = Counter(each.severity for each in found)
    out.print(
        f"{stack}: {alarms} alarms followed, "
        + (", ".join(f"{count} {severity}s" for severity, count in counted.items()) or "every one arrives")
    )


def proof(out: Console, stack: str, made: Proof, enforcing: bool) -> None:
    """What a proof found; `enforcing`: whether policies hold where it was."""
    for each in made.cleared:
        out.print(f"[yellow]put right[/] {escape(each)}: a proof that was killed had left it")
    for outcome in made.outcomes:
        if not outcome.arrived:
            where = f" at {outcome.topic.rpartition(':')[2]}" if outcome.topic else ""
            out.print(f"[red]lost[/] {escape(outcome.alarm)}{where}: {escape(outcome.why)}")
    for each in made.left:
        out.print(f"[red]left behind[/] {escape(each)}: prove again, which puts it right")
    topics = {outcome.topic for outcome in made.outcomes if outcome.topic}
    for topic in sorted(topics - {each.topic for each in made.listeners if each.confirmed}):
        waiting = sum(1 for each in made.listeners if each.topic == topic)
        why = f"{waiting} subscriptions wait to be confirmed" if waiting else "nobody subscribes"
        out.print(f"[yellow]unheard[/] {topic.rpartition(':')[2]}: {why}; set data-tier:notify")
    arrived = [outcome for outcome in made.outcomes if outcome.arrived]
    slowest = max((outcome.seconds or 0 for outcome in arrived), default=0.0)
    out.print(
        f"{stack}: {len(arrived)} of {len(made.outcomes)} notifications arrived, the slowest after {slowest:.1f} s; "
        f"all states restored in {made.seconds:.1f} s" if not made.left else f"{stack}: not everything was restored"
    )  # fmt: skip
    if not enforcing:
        out.print(
            "[dim]the emulator delivers whatever policies say; topic and key policies were read back and judged[/]"
        )
