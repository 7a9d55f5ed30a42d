"""`datatier backup schedule`: what runs where, when and why; and, as the task of the copies, that very run."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from cli.errors import InputError
from cli.options import JsonFlag, ManifestOption, StackArgument
from cli.output import console, emit_json, escape, table
from knowledge.backups.copies import DAILY_DAYS, KEEP_DAYS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.settings.model import Settings

PlaceOption = Annotated[
    str | None, typer.Option("--to", help="With --now: where the copy goes; else the bucket of the stack.")
]


@dataclass(frozen=True, kw_only=True)
class Scheduled:
    """One thing that happens by itself."""

    what: str
    runs: str
    """Where it runs; empty where the stack does not have it."""
    when: str
    """In UTC, with the stack's own time."""
    why: str
    """Why there, or what would have it."""


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
    from cli.current import state_of
    from cli.project import load

    found = list(plan(load(stack or state_of(None).stack).settings))
    if json:
        emit_json([asdict(each) for each in found])
        return
    rows = [[each.what, each.runs or "[yellow]not made[/]", each.when, escape(each.why)] for each in found]
    console().print(table("", ["what", "runs in", "when", "why"], rows))


def plan(settings: Settings) -> Iterator[Scheduled]:
    """What a stack's settings deploy, the most frequent first."""
    from infra.rules.backups import copies_start, cron
    from infra.settings.values import minutes

    logical = settings.backup.logical if settings.backup else None
    watch = settings.metrics.schedule if settings.metrics else None
    zone = settings.time_zone
    yield Scheduled(
        what="ages of copies and drills, as metrics and alarms",
        runs="Lambda" if watch and logical else "",
        when=f"every {minutes(watch)} min" if watch and logical else "",
        why="it lists a place and reads small objects, in seconds"
        if watch and logical
        else "set data-tier:metrics.schedule and data-tier:backup.logical",
    )
    if logical is None:
        yield Scheduled(
            what="logical copies: database and caches",
            runs="",
            when="",
            why="set data-tier:backup.logical; by hand: datatier backup create",
        )
        return
    at = cron(copies_start(logical, zone))
    yield Scheduled(
        what="logical copies: database and caches, verified; then what is old goes",
        runs="Fargate",
        when=f"{at} UTC, {logical.at} of {zone}",
        why="a function ends after 15 minutes and has no pg_dump; one manifest joins both engines, so both are here",
    )


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
