"""`datatier cost`: what a stack costs a month, and what a change adds."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.cost_view import NO_PRICES, as_json, costs, show_all
from cli.errors import DIFFERENT, InputError
from cli.options import JsonFlag, NamedStack
from cli.output import console, emit_json, escape, note
from cli.project import StackSource, deployed, load, project_root

app = typer.Typer(no_args_is_help=True, help="What a stack costs a month, from prices that AWS's price list has.")


@app.callback()
def group() -> None:
    """Monthly costs."""


@app.command()
def show(
    stack: NamedStack,
    against: Annotated[
        str | None, typer.Option("--against", help="What is deployed (`pulumi stack export`): say what changes.")
    ] = None,
    json: JsonFlag = False,
) -> None:
    """Show what a stack costs a month, by component; with --against what deploying it adds.

    On demand, without taxes, discounts and free amounts. What has no price is named, never guessed.

    [bold]Examples:[/] datatier cost prod    pulumi stack export -s prod | datatier cost prod --against -
    """
    source = load(stack)
    before = None
    if against is not None:
        from cli.preview import saved

        before = saved(against)
    from graph.saved import SavedError

    try:
        found = costs(source, source.offline().resources, before)
    except SavedError as error:
        raise InputError(f"--against {against}: {error}.") from None
    if json:
        emit_json(as_json(found))
        return
    if found.prices is None:
        note(NO_PRICES)
    show_all(console(), found)


@app.command()
def refresh(
    stacks: Annotated[list[str] | None, typer.Argument(help="Stacks; all that are meant for AWS when absent.")] = None,
    stack_option: Annotated[list[str] | None, typer.Option("--stack", "-s", help="The same as STACKS.")] = None,
    json: JsonFlag = False,
) -> None:
    """Read the prices of all that the stacks declare from AWS's Price List API into prices/DATE.json.

    Needs pricing:GetProducts. Exit 3 where something has no price in AWS's list.

    [bold]Examples:[/] datatier cost refresh    datatier cost refresh prod
    """
    import os

    from cost.billed import billed
    from cost.prices import keep
    from cost.refresh import refresh as read

    root = project_root()
    names = [*(stacks or ()), *(stack_option or ())] or deployed(root)
    if not names:
        raise InputError("no stack here is meant for AWS: name one.")
    sources = [_in_a_region(load(name)) for name in names]
    wanted = {line.product for source in sources for line in billed(source.offline().resources, source.account_region)}
    found = read(wanted, os.environ.get("AWS_ENDPOINT_URL_PRICING") or os.environ.get("AWS_ENDPOINT_URL"))
    path = keep(root, found.table)
    missing = [{"product": f"{each.service} {each.region} {each.usage}", "why": why} for each, why in found.missing]
    if json:
        emit_json({"file": str(path), "prices": len(found.table.prices), "missing": missing})
    else:
        console().print(f"{len(found.table.prices)} prices in {escape(str(path))}")
        for each in missing:
            console().print(f"[yellow]unknown[/] {escape(each['product'])}: {escape(each['why'])}")
    if missing:
        raise typer.Exit(DIFFERENT)


def _in_a_region(source: StackSource) -> StackSource:
    _ = source.account_region  # raises for a stack of this computer, or without a region
    return source
