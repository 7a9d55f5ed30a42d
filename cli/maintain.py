"""`datatier maintain`: what the servers need, planned and done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, get_args

import typer

from cli.consent import ask
from cli.current import state_of
from cli.duration import duration
from cli.errors import DIFFERENT, FAILED, InputError
from cli.maintain_schedule import schedule
from cli.maintain_view import as_json, counts, show, show_report, sql
from cli.maintenance_books import keep, kept
from cli.options import JsonFlag, ManifestOption, StackArgument
from cli.output import console, counted, emit_json, escape, note, table
from cli.target import find_manifest
from infra.settings.problems import nearest
from observe.quantities import duration as written_seconds

if TYPE_CHECKING:
    from maintain.action import MaintenancePlan

NodeOption = Annotated[str | None, typer.Option("--node", help="Only this server: primary, or a cache's node.")]
CacheOption = Annotated[str | None, typer.Option("--cache", help="Only the nodes of this cache.")]
TablesOption = Annotated[
    list[str] | None, typer.Option("--table", help="Only this table with its partitions, several times.")
]
ResetFlag = Annotated[bool, typer.Option("--reset-statistics", help="Reset pg_stat_statements, too.")]

app = typer.Typer(no_args_is_help=True, help="Maintenance: only what is needed, stopped before anyone feels it.")


@app.callback()
def group() -> None:
    """Maintenance."""


@app.command()
def plan(
    stack: StackArgument = None,
    manifest: ManifestOption = None,
    node: NodeOption = None,
    cache: CacheOption = None,
    tables: TablesOption = None,
    reset_statistics: ResetFlag = False,
    identity: Annotated[
        str | None, typer.Option("--identity", "-i", help="Who looks; who watches when absent.")
    ] = None,
    as_sql: Annotated[bool, typer.Option("--sql", help="Print the statements alone, to paste.")] = False,
    json: JsonFlag = False,
) -> None:
    """Show what would be done, why, what it locks and needs; exit 3 where something is to do, 1 where nobody knows.

    [bold]Examples:[/] datatier maintain plan    datatier maintain plan prod --manifest manifest.json --json
    datatier maintain plan --table public.orders --sql
    """
    from maintain.look import Wanted, servers
    from maintain.plan import plan as planned
    from maintain.report import past

    if as_sql and json:
        raise InputError("--sql and --json are two ways to print a plan: leave one out.")
    wanted = Wanted(node=node, cache=cache, tables=tuple(tables or ()), reset_statistics=reset_statistics)
    found = find_manifest(stack, manifest)
    took, failed = past(kept(state_of(stack)) if manifest is None else [])
    seen = servers(found, wanted, identity, took, failed)
    made = planned(seen.databases, seen.caches, seen.skipped)
    if json:
        emit_json(as_json(made))
    elif as_sql:
        typer.echo(sql(made))
    else:
        show(made)
    if made.actions:
        raise typer.Exit(DIFFERENT)
    if wanted.postgres and not seen.databases:  # silent: what it needs is not known
        raise typer.Exit(FAILED)


@app.command()
def run(
    stack: StackArgument = None,
    manifest: ManifestOption = None,
    budget: Annotated[
        float, typer.Option(parser=duration, help="Time it may take: nothing is begun that does not fit.")
    ] = "30m",  # type: ignore[assignment]
    only: Annotated[list[str] | None, typer.Option(help="Kind of action, several times: vacuum, reindex, ...")] = None,
    node: NodeOption = None,
    cache: CacheOption = None,
    tables: TablesOption = None,
    reset_statistics: ResetFlag = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    json: JsonFlag = False,
) -> None:
    """Do what `maintain plan` shows, and stop before anybody feels it.

    [bold]Examples:[/] datatier maintain run    datatier maintain run --yes --json --budget 10m --only vacuum
    """
    from capacity.sampling import sampled
    from maintain.look import Wanted, servers
    from maintain.plan import plan as planned
    from maintain.report import past
    from maintain.run.budget import Budget, check
    from maintain.run.carry_out import carry_out

    found = find_manifest(stack, manifest)
    took, failed = past(kept(state_of(stack)) if manifest is None else [])
    wanted = Wanted(node=node, cache=cache, tables=tuple(tables or ()), reset_statistics=reset_statistics)
    seen = servers(found, wanted, took=took, failed=failed)
    made = only_kinds(planned(seen.databases, seen.caches, seen.skipped), only or [])
    check(Budget(budget), made.actions)
    if not json:
        show(made, next_step="")
    if made.actions:
        ask(f"{counted(len(made.actions), 'action')} on {found.prefix}.", found.prefix, yes=yes)
    facts = next(iter(seen.databases), None)
    report = carry_out(found, facts, lambda again: planned([again]), made, Budget(budget), note)
    if manifest is None:
        keep(state_of(stack), report)
    if lack := sampled(found):
        note(lack)
    if json:
        emit_json(report.model_dump())
    else:
        show_report(report)
    if not report.ok:
        raise typer.Exit(FAILED)


@app.command()
def report(stack: StackArgument = None, json: JsonFlag = False) -> None:
    """Show how past runs on this computer went.

    [bold]Examples:[/] datatier maintain report    datatier maintain report local --json
    """
    runs = kept(state_of(stack))
    if json:
        emit_json([each.model_dump() for each in runs])
        return
    if not runs:
        console().print("no maintenance was run from here yet: datatier maintain run")
        return
    rows = [[each.began_at, written_seconds(each.seconds), *counts(each), escape(each.stopped)] for each in runs]
    console().print(table("", ["began", "took", "done", "failed", "stopped", "left", "why it stopped"], rows))


app.command()(schedule)


def only_kinds(made: MaintenancePlan, kinds: list[str]) -> MaintenancePlan:
    """The actions of those kinds; all of them where none is named. Raise InputError for one that does not exist."""
    from maintain.action import Kind, MaintenancePlan

    if wrong := [each for each in kinds if each not in get_args(Kind)]:
        raise InputError(f"--only {wrong[0]}: {', '.join(get_args(Kind))}.{nearest(wrong[0], set(get_args(Kind)))}")
    if not kinds:
        return made
    return MaintenancePlan(actions=tuple(each for each in made.actions if each.kind in kinds), skipped=made.skipped)
