"""`datatier maintain`: what the servers need, planned and done."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from cli.consent import ask
from cli.errors import FAILED
from cli.options import JsonFlag, ManifestOption, StackArgument
from cli.output import console, emit_json, escape, note, table
from cli.target import find_manifest

if TYPE_CHECKING:
    from maintain.action import MaintenancePlan

app = typer.Typer(no_args_is_help=True, help="Maintenance: only what is needed, stopped before anyone feels it.")


@app.callback()
def group() -> None:
    """Maintenance."""


@app.command()
def plan(stack: StackArgument = None, manifest: ManifestOption = None, json: JsonFlag = False) -> None:
    """Show what would be done, why, and what it locks.

    [bold]Examples:[/] datatier maintain plan    datatier maintain plan prod --manifest manifest.json --json
    """
    from maintain.look import database
    from maintain.plan import plan as planned

    made = planned([database(find_manifest(stack, manifest))])
    if json:
        emit_json(as_json(made))
        return
    _show(made)


@app.command()
def run(
    stack: StackArgument = None,
    manifest: ManifestOption = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    json: JsonFlag = False,
) -> None:
    """Do what `maintain plan` shows.

    [bold]Examples:[/] datatier maintain run    datatier maintain run --yes --json
    """
    from bootstrap.postgres import master
    from bootstrap.secrets import AwsStore
    from maintain.look import database
    from maintain.plan import plan as planned
    from maintain.run.run import run as carry_out

    found = find_manifest(stack, manifest)
    made = planned([database(found)])
    if not json:
        _show(made)
    if made.actions:
        ask(f"{len(made.actions)} actions on {found.prefix}.", found.prefix, yes=yes)
    with master.look(found.postgres, AwsStore(found.region, found.aws_endpoint)).conn as conn:
        report = carry_out(conn, made, note)
    if json:
        emit_json(report.model_dump())
    if not report.ok:
        raise typer.Exit(FAILED)


def as_json(made: MaintenancePlan) -> dict[str, object]:
    """What scripts read; keys are only ever added."""
    return {
        "actions": [{**asdict(each), "statement": each.statement} for each in made.actions],
        "skipped": [asdict(each) for each in made.skipped],
    }


def _show(made: MaintenancePlan) -> None:
    rows = [[escape(each.statement), each.lock, escape(each.why)] for each in made.actions]
    console().print(table("", ["statement", "lock", "why"], rows))
