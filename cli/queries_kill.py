"""`datatier queries kill`: end one session, or cancel its statement."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.consent import ask
from cli.errors import FAILED, InputError
from cli.options import DatabaseUrlOption, JsonFlag, ManifestOption, StackOption
from cli.output import console, emit_json, escape, note
from cli.queries_target import NodeOption, nodes_of, one_node


def kill(
    pid: Annotated[int, typer.Argument(help="Process id, as `datatier queries sessions` shows it.", min=1)],
    cancel: Annotated[bool, typer.Option("--cancel", help="End only its statement, not the session.")] = False,
    autovacuum: Annotated[bool, typer.Option("--autovacuum", help="Even if it is an autovacuum worker.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    stack: StackOption = None,
    manifest: ManifestOption = None,
    database_url: DatabaseUrlOption = None,
    node: NodeOption = None,
    identity: Annotated[
        str, typer.Option("--identity", "-i", help="Who ends it; needs pg_signal_backend and pg_read_all_stats.")
    ] = "master",
    json: JsonFlag = False,
) -> None:
    """End a session of PostgreSQL, whose transaction is rolled back and whose client sees an error.

    It says first whose session it is and what it does, and asks. Never ended are sessions of this tool, of AWS, of
    superusers, and those that replicate.

    [bold]Examples:[/] datatier queries kill 4711    datatier queries kill 4711 --cancel --yes -s prod
    """
    from observe.node import SECONDS
    from observe.postgres.kill import described, end, find, refusal

    at = one_node(nodes_of(stack, manifest, database_url, identity, None, node))
    with at.asked() as session:
        row = find(session, pid)
    if row is None:
        raise InputError(f"no session {pid} on {at.name}: `datatier queries sessions` lists them.")
    if said := refusal(row, autovacuum=autovacuum):
        raise InputError(said)
    what = "cancel the statement of" if cancel else "end"
    ask(f"This will {what} {described(row)}.", str(pid), yes=yes)
    # Another session: nobody knows how long who was asked has thought about it.
    with at.asked(seconds=2 * SECONDS) as session:
        done = end(session, row, cancel=cancel)
    if json:
        emit_json({"rows": [{"node": at.name, **row, "cancelled" if cancel else "ended": done}], "findings": []})
    elif done:
        console().print(f"[green]{'cancelled' if cancel else 'ended'}[/] {escape(described(row))}")
    if not done:
        note(f"session {pid} was gone already, or has not ended within five seconds: `datatier queries sessions`.")
        raise typer.Exit(FAILED)
