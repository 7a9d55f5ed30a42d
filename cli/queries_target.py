"""Which servers a query asks, by the options they all have, and how a command is written that means the same."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from cli.doors import by_url
from cli.errors import FAILED, InputError
from cli.output import console, emit_json
from cli.queries_view import as_json, show
from cli.target import find_manifest
from infra.settings.problems import nearest
from observe.observation import Finding, Observation, Observed

if TYPE_CHECKING:
    from observe.node import PostgresNode

IdentityOption = Annotated[
    str | None,
    typer.Option("--identity", "-i", help="Who looks; the first identity with `postgres: monitoring` when absent."),
]
DatabaseOption = Annotated[
    str | None, typer.Option("--database", "-d", help="Database of the server; the stack's or the URL's when absent.")
]
NodeOption = Annotated[str | None, typer.Option("--node", help="Only this server: primary, or a replica's name.")]
LIMIT = 50
LimitOption = Annotated[int | None, typer.Option("--limit", min=1, help=f"Rows to show; {LIMIT} when absent.")]


def nodes_of(
    stack: str | None,
    manifest: str | None,
    database_url: str | None,
    identity: str | None,
    database: str | None,
    node: str | None = None,
) -> tuple[PostgresNode, ...]:
    """The PostgreSQL servers that are meant; only `node` where it is given. Raise what naming them wrongly raises."""
    from observe.nodes import postgres_nodes

    target = by_url(database_url, stack, manifest) or find_manifest(stack, manifest)
    return chosen(postgres_nodes(target, identity, database), node)


def chosen(nodes: tuple[PostgresNode, ...], node: str | None) -> tuple[PostgresNode, ...]:
    """All of them, or the one of that name. Raise InputError."""
    if node is None:
        return nodes
    names = [each.name for each in nodes]
    if node not in names:
        raise InputError(f"no server `{node}`: {', '.join(names)}.{nearest(node, names)}")
    return tuple(each for each in nodes if each.name == node)


def one_node(nodes: Sequence[PostgresNode]) -> PostgresNode:
    """The one that a command means which asks a single server: the primary, unless --node has chosen."""
    return nodes[0]


def words_of(stack: str | None, manifest: str | None, database: str | None) -> str:
    """The options that make another command mean the same servers; never a URL, which may hold a password."""
    named = (("-s", stack), ("-m", manifest if manifest != "-" else None), ("-d", database))
    return "".join(f" {option} {shlex.quote(value)}" for option, value in named if value)


def answer(
    observation: Observation, answers: Sequence[Observed], *, json: bool, limit: int | None, words: str = ""
) -> None:
    """Print what the servers answered; exit 1 where one of them did not."""
    answers = aimed(answers, words)
    if json:
        emit_json(as_json(observation, answers, limit))
    else:
        show(console(), observation, answers, limit=limit or LIMIT)
    if not all(each.reached for each in answers):
        raise typer.Exit(FAILED)


def aimed(answers: Sequence[Observed], words: str) -> list[Observed]:
    """With mends that are commands of this program aimed at the same stack, and at the server that was asked."""
    return [replace(each, findings=tuple(_aim(each.findings, each.node, words))) for each in answers]


def _aim(findings: Iterable[Finding], node: str, words: str) -> Iterable[Finding]:
    for each in findings:
        mend = each.mend
        if mend.startswith("datatier "):
            command, comma, rest = mend.partition(", ")
            one = command.startswith(("datatier queries kill", "datatier queries explain"))
            at = f" --node {node}" if one and node not in ("primary", "database") else ""
            mend = f"{command}{at}{words}{comma}{rest}"
        yield replace(each, mend=mend)
