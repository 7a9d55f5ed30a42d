"""`datatier queries explain`: the plan of a slow statement, or of one that is given."""

from __future__ import annotations

import json as json_module
from typing import TYPE_CHECKING, Annotated

import typer

from bootstrap.access import load_access
from bootstrap.access.names import logins
from bootstrap.secrets import Secret
from cli.doors import by_url
from cli.errors import InputError
from cli.options import DatabaseUrlOption, JsonFlag, ManifestOption, StackOption
from cli.output import console, emit_json, escape, note
from cli.queries_target import DatabaseOption, NodeOption, chosen, one_node
from cli.target import find_manifest
from clients.credentials import default_identity

if TYPE_CHECKING:
    from bootstrap.manifest import Manifest
    from observe.node import PostgresNode
    from observe.observation import Row


def explain(
    statement: Annotated[str | None, typer.Argument(metavar="ID", help="Its id, as `queries slow` shows it.")] = None,
    query: Annotated[str | None, typer.Option("--query", "-q", help="The statement itself, in place of an id.")] = None,
    stack: StackOption = None,
    manifest: ManifestOption = None,
    database_url: DatabaseUrlOption = None,
    node: NodeOption = None,
    identity: Annotated[
        str | None, typer.Option("--identity", "-i", help="Whose plan; who ran the statement when absent.")
    ] = None,
    database: DatabaseOption = None,
    json: JsonFlag = False,
) -> None:
    """Show how PostgreSQL would run a statement, without running it.

    A statement of pg_stat_statements has lost its values: its plan is the generic one, of PostgreSQL 16 and later.

    [bold]Examples:[/] datatier queries explain -2749826580604107531    datatier queries explain -q 'SELECT 1' -s prod
    """
    from observe.nodes import postgres_nodes
    from observe.postgres.explain import folded, plan

    if (statement is None) == (query is None):
        raise InputError("which statement? Its id, as `datatier queries slow` shows it, or --query 'SELECT ...'.")
    target = by_url(database_url, stack, manifest) or find_manifest(stack, manifest)
    row: Row = {"id": None, "user": None, "database": None, "query": query}
    if statement is not None:
        row = _kept(one_node(chosen(postgres_nodes(target, None, database), node)), statement)
    text = str(row["query"])
    who = None if isinstance(target, Secret) else identity or _runs(target, row)
    at = one_node(chosen(postgres_nodes(target, who, database), node))
    with at.asked() as session:
        lines = plan(session, text, form="JSON" if json else "TEXT")
    if json:
        shown = {"node": at.name, **row, "plan": json_module.loads("\n".join(lines))}
        emit_json({"rows": [shown], "findings": []})
        return
    out = console()
    out.print(f"[dim]{escape(' '.join(text.split()))}[/]\n")
    for line in lines:
        out.print(escape(line))
    if folded(text):
        note("it stands for lists of several lengths; the plan is that of one value.")


def _kept(node: PostgresNode, given: str) -> Row:
    """The statement of an id, from the server that counted it. Raise InputError."""
    from observe.postgres.explain import find
    from observe.read import absent

    try:
        queryid = int(given)
    except ValueError:
        raise InputError(f"`{given}` is not the id of a statement: `datatier queries slow` shows them.") from None
    with node.asked() as session:
        if lacking := absent(session, "pg_stat_statements"):
            raise InputError(f"{lacking.message}: {lacking.mend or '--query gives the statement itself'}.")
        found = find(session, queryid)
    if found is None:
        raise InputError(f"no statement {given} on {node.name}: `datatier queries slow` lists them.")
    if not found["here"]:
        raise InputError(f"statement {given} runs in the database {found['database']}: -d {found['database']}.")
    return found


def _runs(target: Manifest, row: Row) -> str:
    """The identity whose login ran the statement, or else the application's."""
    access = load_access(target.access)
    ran = (name for name in access.identities if row["user"] in (name, *logins(name)) and access.logs_in(name))
    return next(ran, None) or default_identity(access)
