"""Access plans for people: lines with + - ~, grouped by engine and identity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console

from cli.output import counted, escape, listed

if TYPE_CHECKING:
    from bootstrap.action import Action
    from scaffold.application import Tree

_GIVES = frozenset({"create", "join", "grant", "default", "make", "extend", "migrate"})
_COLOURS = {"+": "green", "-": "red", "~": "yellow"}
_ENGINES = {"postgres": "PostgreSQL", "redis": "Redis", "secrets": "Secrets Manager"}
# A GRANT on a thousand tables is one line; on a terminal its beginning will do, in a pipe it is whole.
_WIDEST = 400
_FEW = 6


def changes(out: Console, planned: Sequence[Action]) -> None:
    """Every change with its statement."""
    groups: dict[tuple[str, str], list[Action]] = {}
    for change in planned:
        groups.setdefault((_ENGINES[change.engine], change.identity or "several"), []).append(change)
    for (engine, identity), members in groups.items():
        out.print(f"[bold]{engine}[/] {escape(identity)}")
        for change in members:
            sign = "-" if change.takes_away else "+" if change.verb in _GIVES else "~"
            where = "" if change.engine == "postgres" else f"{change.target}: {change.verb}: "
            text = where + " ".join(change.text.split())
            long = out.is_terminal and len(text) > _WIDEST
            told = f"{text[:_WIDEST]} … ({change.subject})" if long else text
            out.print(f"  [{_COLOURS[sign]}]{sign}[/] {escape(told)}")


def notes(out: Console, sentences: Sequence[str]) -> None:
    """Further notes."""
    for sentence in sentences:
        out.print(f"[yellow]note[/] {escape(sentence)}")


def skipped(out: Console, left: Sequence[Action], flags: str) -> None:
    """What was not allowed."""
    if left:
        out.print(f"[yellow]skipped[/], for it takes something away from a protected stack ({escape(flags)}):")
        changes(out, left)


def summary(out: Console, planned: Sequence[Action], differences: Sequence[str], *, done: bool = False) -> None:
    """One line at the end."""
    gone = sum(change.takes_away for change in planned)
    if planned:
        made = " made" if done else ""
        out.print(
            f"{counted(len(planned), 'change')}{made}, {gone} of them {'takes' if gone == 1 else 'take'} something away"
        )
    elif differences:
        told = counted(len(differences), "difference")
        out.print(f"nothing to change; {told} that {'is' if len(differences) == 1 else 'are'} not ours to change")
    else:
        out.print("nothing differs")


def reasons(out: Console, found: dict[str, list[dict[str, Any]]]) -> None:
    """What an identity can do, engine by engine, each with the reason below it."""
    for engine, rows in found.items():
        out.print(f"[bold]{escape(engine)}[/]")
        for row in rows:
            what, on = " ".join(row["what"].split()), listed(out, row["on"], _FEW)
            out.print(f"[green]·[/] {escape(what)}" + (f": {escape(on)}" if on else ""))
            out.print(f"    [dim]{escape(row['why'])}[/]")


def declaration(data: Tree, left_out: Sequence[str]) -> str:
    """A declaration as YAML, with what it does not say above it."""
    from scaffold.yaml_text import text

    head = (
        "Written by `datatier access import`; `exceptions` lists what is there beside the rest, `keep` what stays",
        "as it is: take something out and `datatier access plan` shows what would change.",
        *(" ".join(sentence.split()) for sentence in left_out),
    )
    return text(data, {(): head})
