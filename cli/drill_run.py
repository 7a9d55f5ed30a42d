"""How every drill is asked for and carried out: its options, its plan, the word on AWS, its exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.errors import FAILED, INTERRUPTED
from cli.output import console, emit_json, note

if TYPE_CHECKING:
    from cli.drill_scene import Groups
    from keep.drill.drill import Drill

KeepOption = Annotated[
    list[str] | None,
    typer.Option("--keep", help="Where the report goes too: a folder, or s3://BUCKET/PREFIX. May be given again."),
]
ResumeFlag = Annotated[bool, typer.Option("--resume", help="Go on with the one that was killed.")]
YesFlag = Annotated[bool, typer.Option("--yes", help="Do not ask; on AWS a drill costs money.")]
DryRunFlag = Annotated[bool, typer.Option("--dry-run", help="Show what it would do, and do nothing.")]


def run(
    drill: Drill,
    stack: str | None,
    manifest: str | None,
    keep: list[str] | None,
    *,
    resume: bool,
    yes: bool,
    dry_run: bool,
    json: bool,
    landing: Groups | None = None,
) -> None:
    """Carry a drill out, or show its plan. Exit 1 unless it passed."""
    from dataclasses import asdict

    from cli.consent import ask
    from cli.drill_scene import on_aws, scene_of
    from cli.drill_view import plan_view, report_view, saying
    from keep.drill.run import carry_out, planned

    scene = scene_of(stack, manifest, keep or (), landing)
    if dry_run or (on_aws(scene.stack) and not yes and not resume):
        plan = planned(drill, scene)
        if dry_run and json:
            emit_json(asdict(plan))
            return
        console(stderr=not dry_run).print(plan_view(plan))
        if dry_run:
            return
    if on_aws(scene.stack):
        ask(
            f"The drill {drill.name} makes this in AWS, and it costs money until it is destroyed.",
            scene.stack.stack,
            yes=yes,
        )
    scene.books.copy()  # a place that cannot be written is met before anything is made
    try:
        with saying(scene, quiet=json) as heard:
            found = carry_out(drill, heard, resume=resume)
    except KeyboardInterrupt:
        note(
            "interrupted: the same command with --resume goes on with it; "
            f"`datatier drill clean {scene.stack.stack}`, or the next drill, removes what it has made."
        )
        raise typer.Exit(INTERRUPTED) from None
    if json:
        emit_json({**found.model_dump(mode="json"), "report": f"{scene.books.address}/{found.id}.html"})
    else:
        console().print(report_view(found, scene.books.address))
    scene.books.copy()
    if found.verdict != "passed":
        raise typer.Exit(FAILED)
