"""`datatier health`: whether every server answers, how fast, and what is beyond its threshold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from cli.current import state_of
from cli.declaration import ahead
from cli.doors import by_url
from cli.errors import FAILED, InputError
from cli.options import DatabaseUrlOption, JsonFlag, ManifestOption, RedisUrlOption, StackArgument
from cli.output import console, emit_json
from cli.target import find_manifest

if TYPE_CHECKING:
    from observe.health.looker import Looker
    from observe.health.report import HealthReport
    from observe.observation import Finding


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
    looker, stack_findings = _looker(stack, manifest, database_url, redis_url)
    report = looker.look(stack=stack_findings)
    _show(report, json=json, line=line, every=every)
    if not report.ok:
        raise typer.Exit(FAILED)


def _show(report: HealthReport, *, json: bool, line: bool, every: bool) -> None:
    from cli.health_view import view

    if json:
        emit_json(report.data())
    elif line:
        typer.echo(report.line())
    else:
        console().print(view(report, every=every))


def _looker(
    stack: str | None, manifest: str | None, database_url: str | None, redis_url: str | None
) -> tuple[Looker, tuple[Finding, ...]]:
    """What is looked at, and what is known of it as a whole. Raise what naming it wrongly raises."""
    from observe.health.looker import Looker
    from observe.health.proved import later, not_proved

    database, cache = by_url(database_url, stack, manifest), by_url(redis_url, stack, manifest, "--redis-url")
    if database or cache:
        compare = "datatier status, with the same --database-url, compares access"
        return Looker(database, cache), tuple(not_proved("no stack describes this server", compare)) if database else ()
    found = find_manifest(stack, manifest)
    return Looker(found, found), (*_proved(stack, manifest), *later())


def _proved(stack: str | None, manifest: str | None) -> Iterator[Finding]:
    """Schema and access as the last bootstrap of a tier proved them; where others deploy, the proof is with them."""
    from datetime import UTC, datetime

    from observe.health.proved import Proved, not_proved, proved_findings

    if manifest is not None:
        mend = f"datatier drift --manifest {manifest} --prove"
        yield from not_proved("the report of its last bootstrap is with the deployment", mend)
        return
    state = state_of(stack)
    report, at = state.kept.get("report") or {}, state.kept.get("bootstrapped")
    if not report or not at:
        yield from not_proved("no bootstrap has ended here", f"datatier up {state.stack}")
        return
    yield from proved_findings(
        Proved(
            at=datetime.fromisoformat(at),
            schema_differences=report.get("schema_errors", 0),
            failed_checks=(report.get("access") or {}).get("failed", 0),
            ahead=tuple(ahead(state)),
        ),
        datetime.now(UTC),
    )
