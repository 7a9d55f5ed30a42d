"""`datatier queries slow`: the statements that take most, by time, mean, calls, blocks or WAL."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.errors import InputError
from cli.options import DatabaseUrlOption, JsonFlag, ManifestOption, StackOption
from cli.queries_target import DatabaseOption, IdentityOption, LimitOption, NodeOption, answer, nodes_of, words_of
from infra.settings.problems import nearest
from observe.postgres import statements

_ORDERS = ", ".join(statements.BY)


def slow(
    by: Annotated[str, typer.Option("--by", help=f"What the first have most of: {_ORDERS}.")] = "time",
    stack: StackOption = None,
    manifest: ManifestOption = None,
    database_url: DatabaseUrlOption = None,
    node: NodeOption = None,
    identity: IdentityOption = None,
    database: DatabaseOption = None,
    limit: LimitOption = None,
    json: JsonFlag = False,
) -> None:
    """Which statements take most of the time, as pg_stat_statements counts them?

    The p95 is an estimate from mean and standard deviation. `explain ID` shows a plan.

    [bold]Examples:[/] datatier queries slow    datatier queries slow --by blocks --limit 10 -s prod
    """
    from observe.ask import ask

    if by not in statements.BY:
        raise InputError(f"--by {by}: {_ORDERS}.{nearest(by, statements.BY)}")
    question = statements.slow(by)
    answers = ask(nodes_of(stack, manifest, database_url, identity, database, node), [question])
    answer(question, answers, json=json, limit=limit, words=words_of(stack, manifest, database))
