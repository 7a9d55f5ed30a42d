"""`datatier backup schedule`: what runs where, when and why; and, as the task of the copies, that very run."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from cli.errors import InputError
from cli.options import JsonFlag, ManifestOption, StackArgument
from cli.output import console, emit_json, escape
from knowledge.backups.copies import DAILY_DAYS, KEEP_DAYS

PlaceOption = Annotated[
    str | None, typer.Option("--to", help="With --now: where the copy goes; else the bucket of the stack.")
]


def schedule(
    stack: StackArgument = None,
    now: Annotated[bool, typer.Option("--now", help="Make, verify and prune now, as the scheduled task does.")] = False,
    manifest: ManifestOption = None,
    to: PlaceOption = None,
    days: Annotated[int, typer.Option(min=1, help="With --now: days for the first backup of each week.")] = KEEP_DAYS,
    daily: Annotated[int, typer.Option(min=1, help="With --now: days that every backup is kept.")] = DAILY_DAYS,
    json: JsonFlag = False,
) -> None:
    """Show which copies are made by themselves, where, when and why; --now does today's.

    [bold]Examples:[/] datatier backup schedule prod    datatier backup schedule --now --to backups
    """
    if now:
        _run(stack, manifest, to, days, daily, json=json)
        return
    if manifest is not None or to is not None:
        raise InputError("--manifest and --to belong to --now; the plan is that of the stack's file.")
    from cli.backup_plan import plan
    from cli.current import state_of
    from cli.project import load
    from cli.scheduled import shown

    found = list(plan(load(stack or state_of(None).stack).settings))
    if json:
        emit_json([asdict(each) for each in found])
        return
    console().print(shown(found))


def _run(stack: str | None, manifest: str | None, to: str | None, days: int, daily: int, *, json: bool) -> None:
    from cli.backup_place import of_stack
    from cli.backup_sources import asked, deeper_of
    from keep.backup.retention import Rule
    from keep.backup.routine import routine

    sources = asked(stack, manifest, to=[to] if to else None)
    place = of_stack(to, sources.stack)
    done = routine(sources, place, Rule(days=days, daily=daily), deeper_of(2))
    if json:
        found = {"id": done.made.id, "place": place.address, "level": done.level, "removed": done.removed}
        emit_json({**found, "bytes": done.made.size, "seconds": done.made.seconds})
        return
    gone = f"; let go: {', '.join(done.removed)}" if done.removed else ""
    console().print(
        f"[bold green]backup[/] {done.made.id} in {escape(place.address)}, verified at level {done.level}{gone}"
    )
