"""`datatier drill deletion`, `primary`, `region` and `redis`: losses, and the way back from each."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.drill_run import DryRunFlag, KeepOption, ResumeFlag, YesFlag, run
from cli.options import JsonFlag, ManifestOption, StackArgument


def deletion(
    stack: StackArgument = None,
    table: Annotated[
        str | None,
        typer.Option("--table", help="Where rows are lost; else where that takes most others along."),
    ] = None,
    manifest: ManifestOption = None,
    keep: KeepOption = None,
    resume: ResumeFlag = False,
    yes: YesFlag = False,
    dry_run: DryRunFlag = False,
    json: JsonFlag = False,
) -> None:
    """Delete rows in one copy of the database, find them in another, and merge them back.

    [bold]Examples:[/] datatier drill deletion    datatier drill deletion prod --table users --dry-run
    """
    from keep.drill.deletion import Deletion

    run(Deletion(table=table), stack, manifest, keep, resume=resume, yes=yes, dry_run=dry_run, json=json)


def primary(
    stack: StackArgument = None,
    manifest: ManifestOption = None,
    keep: KeepOption = None,
    resume: ResumeFlag = False,
    yes: YesFlag = False,
    dry_run: DryRunFlag = False,
    json: JsonFlag = False,
) -> None:
    """Kill a copy of the primary while it is written to, promote its replica, and count what was lost.

    [bold]Examples:[/] datatier drill primary    datatier drill primary prod --dry-run
    """
    from keep.drill.lost_primary import LostPrimary

    run(LostPrimary(), stack, manifest, keep, resume=resume, yes=yes, dry_run=dry_run, json=json)


def region(
    stack: StackArgument = None,
    manifest: ManifestOption = None,
    subnet_group: Annotated[
        str | None, typer.Option("--subnet-group", help="On AWS: where the copy goes in the second region.")
    ] = None,
    security_group: Annotated[
        list[str] | None, typer.Option("--security-group", help="On AWS: of the second region. May be given again.")
    ] = None,
    parameter_group: Annotated[
        str | None, typer.Option("--parameter-group", help="On AWS: of the second region.")
    ] = None,
    keep: KeepOption = None,
    resume: ResumeFlag = False,
    yes: YesFlag = False,
    dry_run: DryRunFlag = False,
    json: JsonFlag = False,
) -> None:
    """Restore the database in the second region, from what is kept there.

    [bold]Examples:[/] datatier drill region    datatier drill region prod --subnet-group dr --security-group sg-0a1b2c
    --parameter-group dr
    """
    from cli.drill_scene import landing
    from keep.drill.lost_region import LostRegion

    where = landing(subnet_group, security_group, parameter_group)
    run(LostRegion(), stack, manifest, keep, resume=resume, yes=yes, dry_run=dry_run, json=json, landing=where)


def redis(
    stack: StackArgument = None,
    cache: Annotated[
        str | None, typer.Option("--cache", help="Named cache; else the first whose keys do not all expire.")
    ] = None,
    snapshot: Annotated[
        str | None, typer.Option("--snapshot", help="Snapshot, or `newest`; else the drill takes one of its own.")
    ] = None,
    manifest: ManifestOption = None,
    keep: KeepOption = None,
    resume: ResumeFlag = False,
    yes: YesFlag = False,
    dry_run: DryRunFlag = False,
    json: JsonFlag = False,
) -> None:
    """Restore a cache from its snapshot, or show that the application can fill it again.

    [bold]Examples:[/] datatier drill redis    datatier drill redis prod --cache queue --snapshot newest
    """
    from keep.drill.lost_cache import LostCache

    drill = LostCache(cache=cache, snapshot=snapshot)
    run(drill, stack, manifest, keep, resume=resume, yes=yes, dry_run=dry_run, json=json)
