"""A plan of maintenance as people read it, as scripts do, and as one may paste it; and how a run went."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING

from bootstrap.postgres.change import ident
from cli.output import console, counted, escape, note, table
from observe.quantities import duration, size

if TYPE_CHECKING:
    from maintain.action import Action, MaintenancePlan
    from maintain.report import Done, MaintenanceReport


def as_json(made: MaintenancePlan) -> dict[str, object]:
    """What scripts read; keys are only ever added."""
    return {
        "actions": [{**asdict(each), "statement": each.statement, "effect": each.effect} for each in made.actions],
        "skipped": [asdict(each) for each in made.skipped],
    }


def show(made: MaintenancePlan, next_step: str = ": datatier maintain run") -> None:
    """What would be done and why, then what is not; `next_step` follows the count of the actions."""
    out = console()
    if made.actions:
        # In a pipe, one line for each; on a terminal, what is long about an action is one below the other.
        columns = ["what, why, and what others notice"] if out.is_terminal else ["statement", "why", "others notice"]
        rows = [
            [str(number), *_what(each, len(columns)), _about(each), escape(_needs(each))]
            for number, each in _numbered(made)
        ]
        out.print(table("", ["", *columns, "takes about", "needs"], rows))
    if made.skipped:
        if made.actions:
            out.print()
        rows = [[f"{escape(each.object)}: {escape(each.why)}", escape(each.mend)] for each in made.skipped]
        out.print(table("", ["not done, and why", "what ends that"], rows))
    out.print(_summary(made, next_step))


def sql(made: MaintenancePlan) -> str:
    """Statements to paste into psql or a cache's client, each with what it is for."""
    return "\n".join(_lines(made))


def _numbered(made: MaintenancePlan) -> Iterator[tuple[int, Action]]:
    return enumerate(made.actions, 1)


def _what(action: Action, columns: int) -> list[str]:
    statement = action.statement if columns > 1 else brief(action.statement)
    parts = [f"[bold]{escape(statement)}[/]", escape(action.why), f"[dim]{escape(action.effect)}[/]"]
    return ["\n".join(parts)] if columns == 1 else parts


def brief(statements: str) -> str:
    """The last of several statements, for whose sake the others are."""
    *before, last = statements.split("; ")
    return f"{last} (and {counted(len(before), 'statement')} before it: --sql)" if before else last


def _about(action: Action) -> str:
    return "" if action.seconds is None else duration(action.seconds) if action.seconds >= 1 else "a second"


def _needs(action: Action) -> str:
    return f"{action.needs}, as {action.role}" if action.role else action.needs


def _summary(made: MaintenancePlan, next_step: str) -> str:
    if not made.actions:
        return "nothing to do" + (f", {len(made.skipped)} not done or not seen" if made.skipped else "")
    known = [each.seconds for each in made.actions if each.seconds is not None]
    most = f", about {duration(sum(known))} in all" if sum(known) >= 1 else ""
    return f"{counted(len(made.actions), 'action')}{most}{next_step}"


def _lines(made: MaintenancePlan) -> Iterator[str]:
    for (node, role, of_cache), actions in groupby(made.actions, key=lambda each: (each.node, each.role, _cache(each))):
        who = f", as {role}" if role else ""
        yield f"-- {node}{who}"
        if of_cache:
            yield from (f"-- {_one_line(each.why)}\n-- {each.statement}" for each in actions)
            continue
        if role:
            yield f"SET ROLE {ident(role)};"
        for each in actions:
            yield f"-- {_one_line(each.why)}" + ("; again until no row goes" if each.repeat else "")
            yield from ("BEGIN;",) if each.transaction else ()
            yield from (f"{statement};" for statement in each.statements)
            yield from ("COMMIT;",) if each.transaction else ()
        if role:
            yield "RESET ROLE;"


def _cache(action: Action) -> bool:
    return action.kind in ("purge", "defragment")


def _one_line(text: str) -> str:
    return " ".join(text.split())


def show_report(report: MaintenanceReport) -> None:
    """Print how each action of a run went, and how the run ended."""
    out = console()
    rows = [
        [
            each.state,
            escape(brief(each.statement) if out.is_terminal else each.statement),
            duration(each.seconds),
            _shrunk(each),
            duration(each.blocked_seconds),
            escape(each.detail),
        ]
        for each in report.done
    ]
    if rows:
        out.print(table("", ["state", "statement", "took", "size", "held up others", "why"], rows))
    for each in report.unseen:
        note(f"its lag was not seen, {each}")
    done, failed, stopped, left = counts(report)
    words = f"{done} done, {failed} failed, {stopped} stopped, {left} left"
    out.print(escape(f"{words} in {duration(report.seconds)}. {_ending(report)}".strip()))


def _ending(report: MaintenanceReport) -> str:
    return f"The rest is left for the next run: {report.stopped}." if report.stopped else ""


def counts(report: MaintenanceReport) -> tuple[int, int, int, int]:
    """Actions that were done, failed, stopped and left."""
    return report.count("done"), report.count("failed"), report.count("stopped"), report.count("left")


def _shrunk(each: Done) -> str:
    if each.bytes_before is None or each.bytes_after is None:
        return ""
    before, after = size(each.bytes_before), size(each.bytes_after)
    return after if before == after else f"{before} -> {after}"
