"""`datatier queries deps`: what hangs on a table."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.options import DatabaseUrlOption, JsonFlag, ManifestOption, StackOption
from cli.queries_target import DatabaseOption, IdentityOption, LimitOption, answer, nodes_of, one_node


def deps(
    name: Annotated[str, typer.Argument(metavar="TABLE", help="Table or view, with its schema where it has to be.")],
    stack: StackOption = None,
    manifest: ManifestOption = None,
    database_url: DatabaseUrlOption = None,
    identity: IdentityOption = None,
    database: DatabaseOption = None,
    limit: LimitOption = None,
    json: JsonFlag = False,
) -> None:
    """Show what hangs on a table: views, foreign keys both ways, functions, triggers, policies, partitions, sequences.

    [bold]Examples:[/] datatier queries deps users    datatier queries deps '"Shop Front".orders' -s prod --json
    """
    from observe.postgres.dependents import dependents
    from observe.postgres.relation import find
    from observe.read import look

    at = one_node(nodes_of(stack, manifest, database_url, identity, database))
    with at.asked() as session:
        question = dependents(find(session, name).oid)
        found = look(session, at.name, question)
    answer(question, [found], json=json, limit=limit)
