"""`datatier changed`: the stacks that a branch concerns."""

from __future__ import annotations

import json as json_module
from typing import Annotated

import typer

from cli.errors import InputError
from cli.git import changed_paths
from cli.options import JsonFlag
from cli.output import console, emit_json, escape, listed
from cli.project import deployed, project_root

SinceOption = Annotated[str, typer.Option("--since", help="Revision of Git, such as origin/main.")]
_SHOWN = 5


def changed(
    since: SinceOption,
    matrix: Annotated[
        bool, typer.Option("--matrix", help="Print `stacks=[...]`, for a workflow's output ($GITHUB_OUTPUT).")
    ] = False,
    json: JsonFlag = False,
) -> None:
    """List the deployed stacks that this branch's changes concern, each with the paths that do.

    What is not committed yet counts as well. A path that nobody has thought of concerns all of them.

    [bold]Examples:[/] datatier changed --since origin/main    datatier changed --since HEAD~1 --json
    """
    from pipeline.changed import changed as concerned

    if json and matrix:
        raise InputError("--json and --matrix contradict each other: choose one.")
    root = project_root()
    found = concerned(changed_paths(root, since), deployed(root))
    if json:
        emit_json([each.as_json() for each in found])
    elif matrix:
        typer.echo(f"stacks={json_module.dumps([each.stack for each in found])}")
    else:
        for each in found:
            because = listed(console(), each.because, _SHOWN)
            console().print(f"[bold]{each.stack}[/] [dim]{escape(because)}[/]")
        if not found:
            console().print("no stack")
