"""`down`, `status`, `reset` and `logs`: what is done with a tier that is up."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli import present
from cli.consent import ask
from cli.current import state_of
from cli.declaration import ahead, take_in
from cli.doors import by_url
from cli.env import FORMATS, render
from cli.errors import FAILED, InputError
from cli.options import DatabaseUrlOption, JsonFlag, StackArgument, StackOption
from cli.output import console, emit_json, escape
from cli.project import project_root
from infra.settings.problems import nearest
from infra.settings.stackfile import stacks as stacks_of
from local.state import StateDir


def down(
    stack: Annotated[str | None, typer.Argument(help="Stack; every stack of this folder when absent.")] = None,
    delete: Annotated[bool, typer.Option("--delete", help="Remove the data too.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before removing data.")] = False,
    json: JsonFlag = False,
) -> None:
    """Stop every server; the data stay unless --delete says otherwise.

    [bold]Examples:[/] datatier down    datatier down prod --delete
    """
    from local.down import down as stop

    root = project_root()
    stacks = StateDir.stacks(root)
    if stack is not None:
        declared = stacks_of(root)
        if stack not in stacks and stack not in declared:
            raise InputError(f"there is no stack `{stack}`: {', '.join(declared)}.{nearest(stack, declared)}")
        stacks = [name for name in stacks if name == stack]
    if delete and stacks:
        asked = f"All data of {', '.join(stacks)} will be removed, snapshots of `datatier snapshot` too."
        ask(asked, stacks[0] if len(stacks) == 1 else "all", yes=yes)
    stopped = {name: stop(root, name, delete=delete) for name in stacks}
    if json:
        emit_json({"stopped": stopped, "deleted": delete})
        return
    for name, servers in stopped.items():
        console().print(f"{name}: {len(servers)} servers stopped" + (", data removed" if delete else ", data kept"))
    if not stopped:
        console().print(f"nothing is up in {root}" if stack is None else f"{stack}: nothing is up")


def status(
    stack: StackArgument = None,
    database_url: DatabaseUrlOption = None,
    json: JsonFlag = False,
    form: Annotated[str, typer.Option("--format", "-f", help=f"table, json, {', '.join(FORMATS)}.")] = "table",
) -> None:
    """Show what is up: servers, replication, schema, proved access.

    Exit 1 when a server does not answer, a migration is dirty, a check came out otherwise than declared, or a login has
    no connection left. What is there undeclared exits 0: `drift` and `access plan` exit 3 for it.

    [bold]Examples:[/] datatier status    datatier status prod --json    datatier status --format pgpass
    """
    if form not in ("table", "json", *FORMATS):
        raise InputError(f"--format {form}: one of table, json, {', '.join(FORMATS)}.")
    from local.status import Process, well
    from local.status import status as status_of

    if form in ("table", "json") and (url := by_url(database_url, stack, None)) is not None:
        from cli.status_by_url import show
        from cli.status_by_url import status as status_by_url

        data = status_by_url(url)
        emit_json(data) if json or form == "json" else show(console(), data)
        if data["used_up"] or (data["migration"] and data["migration"]["dirty"]):
            raise typer.Exit(FAILED)
        return
    state = state_of(stack)
    if form in FORMATS:
        typer.echo(render(form, state))
        return
    data = {**status_of(state), "changed_since_up": ahead(state)}
    if json or form == "json":
        emit_json(data)
    else:
        present.tier(console(), data)
        if data["changed_since_up"]:
            console().print(
                f"[yellow]note[/] changed since the last `datatier up {state.stack}`, which takes it in: "
                f"{escape(', '.join(data['changed_since_up']))}"
            )
        for server in (Process(**each) for each in data["processes"]):
            if server.trouble:
                said = f"{server.name}: {server.mend(state.stack)}"
                console().print(f"[red]{server.trouble}[/] {escape(said)}")
    if not well(data):
        raise typer.Exit(FAILED)


def reset(
    stack: StackArgument = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before data are removed.")] = False,
    json: JsonFlag = False,
) -> None:
    """Empty database and caches, then migrate, seed and verify again; the servers stay up.

    [bold]Examples:[/] datatier reset    datatier reset local --yes
    """
    from local.reset import reset as empty

    state = state_of(stack)
    ask(f"Everything in the database and the caches of {state.stack} will be removed.", state.stack, yes=yes)
    with state.lock():
        take_in(state)
        report: dict[str, Any] = empty(state)
    if json:
        emit_json(report)
        return
    present.steps(console(), report)
    console().print(f"[bold green]reset[/] {state.stack}: migrated, seeded and verified in {report['seconds']:.1f} s")


def logs(
    server: Annotated[str | None, typer.Argument(help="Server, or part of its name; all when absent.")] = None,
    stack: StackOption = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with the lines to come.")] = False,
    grep: Annotated[str | None, typer.Option("--grep", "-g", help="Regular expression that a line must match.")] = None,
    last: Annotated[int, typer.Option("--lines", "-n", min=0, help="Lines of each server.")] = 100,
    probes: Annotated[
        bool, typer.Option("--probes", help="Also what a verification tries and is refused, as it must be.")
    ] = False,
) -> None:
    """Show the servers' logs.

    [bold]Examples:[/] datatier logs    datatier logs standby -f    datatier logs --grep error
    """
    from local.logs import logs as read

    out = console()
    for line in read(state_of(stack), server, match=grep, last=last, follow=follow, probes=probes):
        out.print(f"[cyan]{escape(line.server)}[/] {escape(line.text)}")
