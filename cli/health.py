"""`datatier health`: whether every server answers, how fast, and what is beyond its threshold."""

from __future__ import annotations

from time import perf_counter

from bootstrap.secrets import LoginError
from cli.doors import by_url
from cli.options import DatabaseUrlOption, JsonFlag, ManifestOption, StackArgument
from cli.output import console, emit_json, table
from cli.target import find_manifest


def health(
    stack: StackArgument = None,
    manifest: ManifestOption = None,
    database_url: DatabaseUrlOption = None,
    json: JsonFlag = False,
) -> None:
    """Show whether every server answers, how fast, and what is beyond its threshold.

    [bold]Examples:[/] datatier health prod    datatier health --json
    """
    from observe.nodes import postgres_nodes
    from observe.postgres.connections import CONNECTIONS
    from observe.read import look

    target = by_url(database_url, stack, manifest) or find_manifest(stack, manifest)
    nodes, checks = [], []
    for node in postgres_nodes(target):
        began = perf_counter()
        try:
            with node.session() as session:
                checks += [(node.name, each) for each in look(session, node.name, CONNECTIONS).findings]
                up = True
        except LoginError:
            up = False
        nodes.append({"name": node.name, "engine": "postgres", "up": up, "ms": round(1000 * (perf_counter() - began))})
    if json:
        emit_json({"ok": all(each["up"] for each in nodes), "nodes": nodes})
        return
    out = console()
    out.print(table("", ("node", "status", "what"), [(node, each.status, each.message) for node, each in checks]))
