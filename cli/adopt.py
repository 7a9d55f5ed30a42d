"""`datatier adopt`: a data tier that runs already becomes a stack."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bootstrap.errors import AskedError
from cli import adopt_view
from cli.adopt_files import Place, differing, place, refuse, write
from cli.adopt_read import estate_of, named
from cli.errors import DIFFERENT, FAILED
from cli.options import JsonFlag, NamedStack
from cli.output import console, emit_json, escape
from cli.project import StackSource, own_root

if TYPE_CHECKING:
    from adopt.adoption import Adoption
    from graph.deployment import Deployment

_NAME = "data-tier:name"


def adopt(
    stack: NamedStack,
    instance: Annotated[str, typer.Option("--instance", help="DB instance identifier of the primary.")],
    cache: Annotated[
        list[str] | None,
        typer.Option("--cache", metavar="NAME=ID", help="A cache: its name in the stack, its replication group id."),
    ] = None,
    region: Annotated[
        str | None,
        typer.Option("--region", envvar=["AWS_REGION", "AWS_DEFAULT_REGION"], help="Where the primary is."),
    ] = None,
    take_computed: Annotated[
        bool, typer.Option("--take-computed", help="Parameters as datatier computes them, not as they are live.")
    ] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Write the stack's file though it is there.")] = False,
    json: JsonFlag = False,
) -> None:
    """Make a stack of a database and caches that run already; reads AWS, and changes nothing there.

    Writes the stack's file, a file for `pulumi import`, and the report of what the first `pulumi up` will do.

    Exit 1 where something cannot be taken over, and nothing is written then; 3 where the file says something else.

    [bold]Examples:[/] datatier adopt prod --instance orders --cache main=orders-cache --region eu-west-1
    """
    from scaffold.apply import alone

    where = place(own_root(), stack)
    refuse(where, instance, replace=replace)
    caches = named(cache or ())
    with alone(where.root, "adopt", where.root / "Pulumi.yaml"):
        made = _made(where, estate_of(instance, caches, _region(where, region)), computed=take_computed)
        _end(where, made, replace=replace, json=json)


def _region(where: Place, region: str | None) -> str:
    from knowledge.regions import region_problem

    declared = where.config.get("aws:region", where.project.get("aws:region"))
    found = region or declared
    if found is None:
        raise AskedError(f"which region is it in? Say --region REGION, or `aws:region` in {where.file.name}.")
    if declared not in (None, found):
        raise AskedError(
            f"{where.file.name} is of {declared}, and --region (or AWS_REGION) says {found}: a stack is in one region."
        )
    if problem := region_problem(str(found)):
        raise AskedError(f"--region: {problem}")
    return str(found)


def _made(where: Place, estate: Any, *, computed: bool) -> Adoption:
    from adopt.adoption import adoption

    return adoption(
        estate,
        where.stack,
        str(where.project.get(_NAME, "")),
        lambda config: _offline(where, config),
        computed=computed,
        versions={each: version(f"pulumi-{each}") for each in ("aws", "random")},
    )


def _offline(where: Place, config: Mapping[str, Any]) -> Deployment:
    """The program as `datatier preview` runs it, over a file that is not written yet."""
    from infra.instances import instances
    from infra.load import declared_extensions, load_settings, region_of
    from infra.settings.access_file import read_access

    whole = {**where.project, **config}
    extensions = declared_extensions(where.root)
    settings = load_settings(whole, stack=where.stack, source=where.file.name, extensions=extensions)
    return StackSource(
        root=where.root,
        stack=where.stack,
        config=whole,
        settings=settings,
        instances=instances(where.stack, settings, region_of(whole), extensions=extensions),
        access=read_access(where.root),
    ).offline()


def _end(where: Place, made: Adoption, *, replace: bool, json: bool) -> None:
    from adopt.steps import steps

    report = made.report
    document = report.as_json()
    differences = [*differing(where, made.config)] if where.declared and not replace and not report.refused else []
    commands = [] if report.refused or differences else steps(where.stack)
    written = [] if report.refused or differences else [str(path) for path in write(where, made, document)]
    if json:
        more = {"differences": differences, "files": written, "next": [command for command, _ in commands]}
        emit_json(document | more)
    else:
        out = console()
        adopt_view.report(out, report)
        for each in differences:
            out.print(f"[yellow]differs[/] {escape(each)}")
        if differences:
            out.print(f"nothing is written: {escape(where.file.name)} is there; --replace writes it")
        if written:
            out.print(f"written: {escape(', '.join(written))}")
            adopt_view.steps(out, commands)
        elif report.refused:
            out.print("nothing is written")
    if report.refused:
        raise typer.Exit(FAILED)
    if differences:
        raise typer.Exit(DIFFERENT)
