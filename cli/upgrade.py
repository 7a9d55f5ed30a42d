"""`datatier upgrade plan`: the legal steps to another version, class or way of logging in."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from cli.options import JsonFlag, NamedStack
from cli.output import console, emit_json, escape
from cli.project import load
from cli.upgrade_rehearse import rehearse

app = typer.Typer(no_args_is_help=True, help="Plan upgrades: what to do in which order, and what users notice.")


@app.callback()
def group() -> None:
    """Plan upgrades."""


@app.command()
def plan(
    stack: NamedStack,
    to: Annotated[list[str], typer.Option("--to", help="TARGET.KEY=VALUE: what shall run; may be given again.")],
    deployed: Annotated[
        list[str] | None, typer.Option("--from", help="TARGET.KEY=VALUE: what runs, where the file is ahead of it.")
    ] = None,
    json: JsonFlag = False,
) -> None:
    """Print the steps to another version, class, storage, engine, login or TLS, in their legal order.

    TARGET is postgres (version, class, storage) or a cache (engine, version, class, auth, tls).

    [bold]Example:[/] datatier upgrade plan prod --to postgres.class=db.r7g.2xlarge --to main.version=8.2
    """
    from upgrade.deployed import deployed as as_deployed
    from upgrade.plan import plan as planned

    source = load(stack)
    made = planned(as_deployed(source.instances, source.settings, source.config), to, deployed or ())
    if json:
        emit_json([asdict(each) for each in made])
        return
    out = console()
    for each in made:
        out.print(f"[bold]{escape(str(each.change))}[/]" + ("" if each.steps else ": nothing to do"))
        for number, step in enumerate(each.steps, start=1):
            out.print(f"[bold]{number}.[/] {escape(step.what)}")
            for text in step.before:
                out.print(f"   [dim]first:[/] {escape(text)}")
            for text in step.how:
                out.print(f"   [cyan]{escape(text)}[/]")
            out.print(f"   users: {escape(step.users)}")
            for text in step.after:
                out.print(f"   [dim]done when:[/] {escape(text)}")
            if step.source:
                out.print(f"   [dim]({escape(step.source)})[/]")


app.command()(rehearse)
