"""`datatier health`: whether every server answers, how fast, and what is beyond its threshold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.doors import by_url
from cli.errors import FAILED, InputError
from cli.options import DatabaseUrlOption, JsonFlag, ManifestOption, RedisUrlOption, StackArgument
from cli.output import console, emit_json
from cli.target import find_manifest

if TYPE_CHECKING:
    from observe.health.report import HealthReport


def health(
    stack: StackArgument = None,
    manifest: ManifestOption = None,
    database_url: DatabaseUrlOption = None,
    redis_url: RedisUrlOption = None,
    json: JsonFlag = False,
    line: Annotated[bool, typer.Option("--line", help="Print one line, for a probe.")] = False,
    every: Annotated[bool, typer.Option("--all", help="Show also what is fine.")] = False,
) -> None:
    """Show whether every server answers, how fast, and what is beyond its threshold.

    Exit 1 when a server is down or a check is critical.

    [bold]Examples:[/] datatier health prod    datatier health --line    datatier health --json
    """
    if json and line:
        raise InputError("--json and --line are two forms of the same: leave one of them out.")
    looker, state = _looker(stack, manifest, database_url, redis_url)
    report = looker.look(stack=proved(state))
    _show(report, json=json, line=line, every=every)
    if not report.ok:
        raise typer.Exit(FAILED)


def _show(report: HealthReport, *, json: bool, line: bool, every: bool) -> None:
    if json:
        emit_json(report.data())
    elif line:
        typer.echo(report.line())
    else:
        console().print(view(report, every=every))


def _looker(
    stack: str | None, manifest: str | None, database_url: str | None, redis_url: str | None
) -> tuple[Looker, Manifest | None]:
    """What is looked at, and the manifest where it is a stack. Raise what naming it wrongly raises."""
    from observe.health.looker import Looker

    database, cache = by_url(database_url, stack, manifest), by_url(redis_url, stack, manifest, "--redis-url")
    if database or cache:
        return Looker(database, cache), None
    found = find_manifest(stack, manifest)
    return Looker(found, found), found
