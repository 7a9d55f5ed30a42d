"""`datatier drill`: restores apart from everything, proves, measures against the objective, destroys, and reports."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from cli.drill_losses import deletion, primary, redis, region
from cli.drill_run import DryRunFlag, KeepOption, ResumeFlag, YesFlag, run
from cli.drill_several import several
from cli.errors import FAILED, InputError
from cli.options import JsonFlag, ManifestOption, StackArgument, StackOption
from cli.output import console, emit_json, escape

if TYPE_CHECKING:
    from keep.drill.drill import Drill

app = typer.Typer(no_args_is_help=True, help="Restores that are proved, measured and reported.")


@app.command()
def pitr(
    stack: StackArgument = None,
    to: Annotated[
        str | None, typer.Option("--to", help="Moment, such as 2026-11-29T10:00:00Z; else the newest there is.")
    ] = None,
    manifest: ManifestOption = None,
    keep: KeepOption = None,
    resume: ResumeFlag = False,
    yes: YesFlag = False,
    dry_run: DryRunFlag = False,
    json: JsonFlag = False,
) -> None:
    """Restore the database to a moment, in a new instance.

    [bold]Examples:[/] datatier drill pitr    datatier drill pitr prod --to 2026-11-29T10:00:00Z --dry-run
    """
    from keep.drill.pitr import Pitr

    run(Pitr(to=_moment(to)), stack, manifest, keep, resume=resume, yes=yes, dry_run=dry_run, json=json)


@app.command()
def snapshot(
    stack: StackArgument = None,
    name: Annotated[
        str | None, typer.Option("--snapshot", help="Snapshot, or `newest`; else the drill takes one of its own.")
    ] = None,
    place: Annotated[
        str | None, typer.Option("--from", help="Of a backup in its place: a folder, or s3://BUCKET/PREFIX.")
    ] = None,
    backup: Annotated[str | None, typer.Option("--backup", metavar="ID", help="Which one; else the newest.")] = None,
    manifest: ManifestOption = None,
    keep: KeepOption = None,
    resume: ResumeFlag = False,
    yes: YesFlag = False,
    dry_run: DryRunFlag = False,
    json: JsonFlag = False,
) -> None:
    """Restore the database from a snapshot, in a new instance; with --from from a backup, in a throw-away server.

    [bold]Examples:[/] datatier drill snapshot prod --snapshot newest    datatier drill snapshot --from backups
    """
    from keep.drill.snapshot import NEWEST, FromSnapshot

    drill: Drill = FromSnapshot(snapshot=name)
    if place is not None:
        from cli.backup_place import existing_place
        from cli.backup_target import scratch_here
        from keep.drill.from_backup import FromBackup

        if name is not None:
            raise InputError("--snapshot is one of the instance's, and --from means a backup: leave one of them out.")
        drill = FromBackup(place=existing_place(place, stack, manifest), backup=backup or NEWEST, scratch=scratch_here)
    elif backup is not None:
        raise InputError("--backup needs the place where it lies: --from PLACE.")
    run(drill, stack, manifest, keep, resume=resume, yes=yes, dry_run=dry_run, json=json)


app.command()(deletion)
app.command()(primary)
app.command()(region)
app.command()(redis)
app.command("run")(several)


@app.command()
def report(
    drill: Annotated[str | None, typer.Argument(metavar="ID", help="One report, whole.")] = None,
    stack: StackOption = None,
    manifest: ManifestOption = None,
    place: Annotated[
        str | None, typer.Option("--from", help="Of the copies that --keep made: a folder, or s3://BUCKET/PREFIX.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Look whether each report and page is the one that was written.")
    ] = False,
    json: JsonFlag = False,
) -> None:
    """Show how the drills of a stack went, against its objective.

    [bold]Examples:[/] datatier drill report    datatier drill report ID --json    datatier drill report --check
    """
    from cli.drill_scene import books_of
    from cli.drill_view import checked_view, trend_view
    from keep.drill.chain import broken
    from keep.drill.render_md import markdown
    from keep.drill.trend import trend

    books = books_of(stack, manifest, place)
    if drill is not None:
        found = books.report(drill)
        emit_json(found.model_dump(mode="json")) if json else typer.echo(markdown(found), nl=False)
        return
    if check:
        kept = books.reports()
        wrong = broken(kept, books.head(), books.pages())
        if json:
            emit_json({"ok": not wrong, "reports": len(kept), "differences": wrong})
        else:
            console().print(checked_view(len(kept), wrong, books.address))
        if wrong:
            raise typer.Exit(FAILED)
        return
    points = trend(each.report for each in books.reports())
    if json:
        emit_json([vars(each) for each in points])
    else:
        out = console()
        out.print(trend_view(points, books.address, out.width if out.is_terminal else None))


@app.command()
def clean(
    stack: StackArgument = None, manifest: ManifestOption = None, keep: KeepOption = None, yes: YesFlag = False
) -> None:
    """Remove what drills that were killed have left.

    [bold]Examples:[/] datatier drill clean    datatier drill clean prod --manifest manifest.json
    """
    from cli.consent import ask
    from cli.drill_scene import on_aws, scene_of
    from keep.drill.run import clean as tidy

    scene = scene_of(stack, manifest, keep or ())
    if on_aws(scene.stack):
        ask(f"What drills of {scene.stack.prefix} have made is deleted.", scene.stack.stack, yes=yes)
    gone = tidy(scene)
    scene.books.copy()
    for each in gone:
        console().print(f"[bold]removed[/] {escape(each)}")
    if not gone:
        console().print("nothing was left")


def _moment(written: str | None) -> datetime | None:
    if written is None:
        return None
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        raise InputError(f"--to {written} is not a moment: write it as 2026-11-29T10:00:00Z.") from None
    if found.tzinfo is None:
        raise InputError(
            f"--to {written} says no time zone: write {found.isoformat()}Z for UTC, or its offset as +01:00."
        )
    return found
