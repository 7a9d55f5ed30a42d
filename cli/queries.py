"""`datatier queries`: what the servers tell of themselves, each question a command.

Every observation of `observe.catalogue` that has `columns` is a command here by itself: to add a query, write the
observation and put it into the catalogue. One that takes more than the common options (a table, a process id) has a
command of its own in a module `cli/queries_*.py`, which is registered below.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from cli.doors import by_url
from cli.errors import FAILED
from cli.options import DatabaseUrlOption, JsonFlag, ManifestOption, StackOption
from cli.output import console, emit_json
from cli.queries_view import as_json, show
from cli.target import find_manifest
from observe.catalogue import queries
from observe.observation import Observation, Observed

if TYPE_CHECKING:
    from observe.node import PostgresNode

app = typer.Typer(
    no_args_is_help=True, help="What runs, waits, grows and rots inside the servers, with what mends it. Reads only."
)

IdentityOption = Annotated[
    str | None,
    typer.Option("--identity", "-i", help="Who looks; the first identity with `postgres: monitoring` when absent."),
]
DatabaseOption = Annotated[
    str | None, typer.Option("--database", "-d", help="Database of the server; the stack's or the URL's when absent.")
]
LimitOption = Annotated[int, typer.Option("--limit", min=1, help="Rows to show; findings are about all of them.")]
LIMIT = 50


def nodes_of(
    stack: str | None, manifest: str | None, database_url: str | None, identity: str | None, database: str | None
) -> tuple[PostgresNode, ...]:
    """The PostgreSQL servers that are meant. Raise what naming them wrongly raises."""
    from observe.nodes import postgres_nodes

    target = by_url(database_url, stack, manifest) or find_manifest(stack, manifest)
    return postgres_nodes(target, identity, database)


def answer(observation: Observation, answers: Sequence[Observed], *, json: bool, limit: int | None) -> None:
    """Print what the servers answered; exit 1 where one of them did not."""
    if json:
        emit_json(as_json(observation, answers, limit))
    else:
        show(console(), observation, answers, limit=limit or LIMIT)
    if not all(each.reached for each in answers):
        raise typer.Exit(FAILED)


def _command(observation: Observation) -> Callable[..., None]:
    def query(
        stack: StackOption = None,
        manifest: ManifestOption = None,
        database_url: DatabaseUrlOption = None,
        identity: IdentityOption = None,
        database: DatabaseOption = None,
        limit: Annotated[int | None, typer.Option("--limit", min=1, help=f"Rows to show; {LIMIT} when absent.")] = None,
        json: JsonFlag = False,
    ) -> None:
        from observe.ask import ask, whole

        nodes = nodes_of(stack, manifest, database_url, identity, database)
        answer(observation, ask(nodes, whole(observation)), json=json, limit=limit)

    return query


def _help(observation: Observation) -> str:
    words = f"datatier queries {observation.id}"
    return f"{observation.question}\n\n[bold]Examples:[/] {words}    {words} -s prod --json"


for _each in queries():
    app.command(_each.id, help=_help(_each))(_command(_each))
