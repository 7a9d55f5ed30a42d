"""`datatier queries table`: everything about one table."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.errors import InputError
from cli.options import DatabaseUrlOption, JsonFlag, ManifestOption, StackOption
from cli.queries_target import DatabaseOption, IdentityOption, LimitOption, answer, nodes_of, one_node, words_of


def table(
    name: Annotated[str, typer.Argument(metavar="TABLE", help="Table, with its schema where it has to be.")],
    stack: StackOption = None,
    manifest: ManifestOption = None,
    database_url: DatabaseUrlOption = None,
    identity: IdentityOption = None,
    database: DatabaseOption = None,
    limit: LimitOption = None,
    json: JsonFlag = False,
) -> None:
    """Show everything about one table: size, rows, indexes, constraints, vacuum, bloat, sequences, what hangs on it.

    [bold]Examples:[/] datatier queries table users    datatier queries table '"Shop Front".orders' -s prod --json
    """
    from observe.ask import ask, whole
    from observe.postgres.relation import find
    from observe.postgres.table import table as question_about

    nodes = nodes_of(stack, manifest, database_url, identity, database)
    with one_node(nodes).asked() as session:
        found = find(session, name)
    if found.kind not in ("table", "partitioned table", "materialized view"):
        raise InputError(f"{found.name} is a {found.kind}: `datatier queries deps` says what hangs on it.")
    question = question_about(found.oid)
    # All servers: an index is unused only where none of them scans it.
    answer(question, ask(nodes, whole(question)), json=json, limit=limit, words=words_of(stack, manifest, database))
