"""`datatier upgrade`: the legal steps to another version, class or way of logging in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import JsonFlag, NamedStack
from cli.output import console, emit_json, escape, note
from cli.project import load
from cli.upgrade_rehearse import rehearse
from cli.upgrade_run import run

if TYPE_CHECKING:
    from upgrade.plan import UpgradePlan

app = typer.Typer(no_args_is_help=True, help="Upgrades: planned in their legal order, and carried out step by step.")


@app.callback()
def group() -> None:
    """Upgrades."""


@app.command()
def plan(
    stack: NamedStack,
    to: Annotated[list[str], typer.Option("--to", help="TARGET.KEY=VALUE: what shall run; may be given again.")],
    deployed: Annotated[
        list[str] | None, typer.Option("--from", help="TARGET.KEY=VALUE: what runs, where the file is ahead of it.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="File for `upgrade run`.")] = None,
    json: JsonFlag = False,
) -> None:
    """Print the steps to another version, class, storage, engine, login or TLS, in their legal order.

    TARGET is postgres (version, class, storage, ca) or a cache (engine, version, class, auth, tls).

    [bold]Examples:[/] datatier upgrade plan prod --to postgres.class=db.r7g.2xlarge --to main.version=8.2
    datatier upgrade plan prod --to postgres.version=18 --out plan.json
    """
    from local.files import write_private
    from upgrade.deployed import deployed as as_deployed
    from upgrade.file import as_json, stored
    from upgrade.plan import plan as planned

    source = load(stack)
    target = as_deployed(source.instances, source.settings, source.config)
    made = stored(target, planned(target, to, deployed or ()), datetime.now(UTC))
    if out is not None:
        write_private(out, dumps(as_json(made), indent=1) + "\n")
    if json:
        emit_json(as_json(made))
        return
    _show(made)
    if out is not None:
        note(f"{out} is the plan: `datatier upgrade run {out}`.")


def _show(made: Sequence[UpgradePlan]) -> None:
    out = console()
    for each in made:
        out.print(f"[bold]{escape(str(each.change))}[/]" + ("" if each.steps else ": nothing to do"))
        for number, step in enumerate(each.steps, start=1):
            held = " [yellow](held: --go)[/]" if step.hold else ""
            out.print(f"[bold]{number}.[/] {escape(step.what)} [dim]({escape(step.id)})[/]{held}")
            for text in step.before:
                out.print(f"   [dim]first:[/] {escape(text)}")
            for text in step.how:
                out.print(f"   [cyan]{escape(text)}[/]")
            out.print(f"   users: {escape(step.users)}")
            for text in step.after:
                out.print(f"   [dim]done when:[/] {escape(text)}")
            if step.undo or step.no_undo:
                back = step.no_undo or f"datatier upgrade run PLAN --undo {step.id}"
                out.print(f"   [dim]undo:[/] {escape(back)}")
            if step.source:
                out.print(f"   [dim]({escape(step.source)})[/]")


app.command()(run)
app.command()(rehearse)
