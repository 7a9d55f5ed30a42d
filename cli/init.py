"""`datatier init`: the checkout becomes another application's."""

from __future__ import annotations

from typing import Annotated

import typer

from bootstrap.errors import AskedError
from cli.options import JsonFlag
from cli.output import console, emit_json, escape
from cli.project import project_root
from infra.trigger import PACKAGE
from scaffold.application import Application
from scaffold.starter import REGION, starter


def init(
    name: Annotated[str, typer.Argument(help="What the application is called: all names begin with it.")],
    region: Annotated[str, typer.Option("--region", help="Where its stacks are deployed.")] = REGION,
    replace: Annotated[
        bool, typer.Option("--replace", help="Also where the root's application did not come with the checkout.")
    ] = False,
    json: JsonFlag = False,
) -> None:
    """Make the checkout another application's: stack files, access.yaml, migrations, schema, tests, names in pages.

    The application that was in its root is kept in examples/, whole. Nothing is deleted.

    [bold]Example:[/] datatier init shop
    """
    from scaffold import checkout, named, plan
    from scaffold.apply import apply

    root = project_root()
    if root != PACKAGE:
        raise AskedError(f"init makes the checkout's own folder another application's: run it in {PACKAGE}.")
    named.checked(name)
    made: Application = starter(name, region)
    found = plan.change(checkout.read(root), made, replace=replace)
    apply(root, found)
    if json:
        emit_json({"application": name, "kept": found.kept.as_posix()})
        return
    console().print(f"{escape(name)} is the application here")
