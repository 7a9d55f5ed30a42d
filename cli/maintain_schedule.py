"""`datatier maintain schedule`: what runs where, when and why; and, as the task of the maintenance, that very run."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from cli.duration import duration
from cli.errors import FAILED, InputError
from cli.options import JsonFlag, ManifestOption, StackArgument
from cli.output import console, emit_json
from cli.scheduled import Scheduled, shown

if TYPE_CHECKING:
    from infra.settings.maintenance_section import MaintenanceSection
    from infra.settings.model import Settings

BUDGET = "10m"


def schedule(
    stack: StackArgument = None,
    now: Annotated[
        bool, typer.Option("--now", help="Maintain now, as the scheduled run does, and ask nobody.")
    ] = False,
    manifest: ManifestOption = None,
    budget: Annotated[
        float | None, typer.Option(parser=duration, help=f"With --now: time that it may take; {BUDGET} when absent.")
    ] = None,
    namespace: Annotated[
        str | None, typer.Option(help="With --now: print the report and CloudWatch metrics of that namespace.")
    ] = None,
    json: JsonFlag = False,
) -> None:
    """Show when maintenance runs by itself, where and why; --now runs it as the schedule does.

    [bold]Examples:[/] datatier maintain schedule prod    datatier maintain schedule --now --budget 5m
    """
    if now:
        _run(stack, manifest, duration(BUDGET) if budget is None else budget, namespace, json=json)
        return
    if manifest is not None or budget is not None or namespace is not None:
        raise InputError("--manifest, --budget and --namespace belong to --now; the plan is that of the stack's file.")
    from cli.current import state_of
    from cli.project import load

    found = plan(load(stack or state_of(None).stack).settings)
    if json:
        emit_json(asdict(found))
        return
    console().print(shown([found]))


def plan(settings: Settings) -> Scheduled:
    """What a stack's settings deploy."""
    from infra.rules.backups import cron
    from infra.rules.maintenance import start

    wanted, what = settings.maintenance, "maintenance of the database and the caches"
    if wanted is None:
        return Scheduled(what=what, why="set data-tier:maintenance; by hand: datatier maintain run")
    at = cron(start(wanted, settings.time_zone))
    when = f"{at} UTC, {wanted.at} of {settings.time_zone}, for at most {wanted.budget}"
    return Scheduled(what=what, runs="Fargate" if wanted.in_task else "Lambda", when=when, why=_why(wanted))


def _why(wanted: MaintenanceSection) -> str:
    if wanted.in_task:
        return f"{wanted.budget} is more than a function has: Lambda ends one after 15 minutes"
    return f"{wanted.budget} fits a function, which costs nothing while it does not run"


def _run(stack: str | None, manifest: str | None, seconds: float, namespace: str | None, *, json: bool) -> None:
    from cli.current import state_of
    from cli.maintain_view import show_report
    from cli.maintenance_books import keep
    from cli.output import note
    from cli.target import find_manifest
    from maintain.scheduled import logged, maintained

    found = find_manifest(stack, manifest)
    report = maintained(found, seconds, note) if namespace is None else logged(found, seconds, namespace)
    if manifest is None:
        keep(state_of(stack), report)
    if json and namespace is None:
        emit_json(report.model_dump())
    elif namespace is None:
        show_report(report)
    if not report.ok:
        raise typer.Exit(FAILED)
