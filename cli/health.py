"""`datatier health`: whether every server answers, how fast, and what is beyond its threshold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Annotated

import typer

from cli.declaration import ahead
from cli.doors import by_url
from cli.errors import FAILED, InputError
from cli.options import DatabaseUrlOption, JsonFlag, ManifestOption, RedisUrlOption, StackArgument
from cli.output import console, emit_json
from cli.target import find_kept
from observe.deadline import SECONDS

if TYPE_CHECKING:
    from bootstrap.manifest import Manifest
    from bootstrap.secrets import Secret
    from local.state import StateDir
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
    timeout: Annotated[
        float, typer.Option("--timeout", min=0.1, help="Seconds to wait for a server; more for one that is far away.")
    ] = SECONDS,
    again: Annotated[bool, typer.Option("--watch", "-w", help="Look again and again, until Ctrl-C.")] = False,
    interval: Annotated[float, typer.Option("--interval", min=0.1, help="Seconds between two looks of --watch.")] = 5,
) -> None:
    """Show whether every server answers, how fast, and what is beyond its threshold.

    Exit 1 when a server is down or a check is critical. What caches count (evictions, failed logins) is judged by
    --watch, from one look to the next.

    [bold]Examples:[/] datatier health prod    datatier health --watch    datatier health --line
    """
    if json and line:
        raise InputError("--json and --line are two forms of the same: leave one of them out.")
    looker = looker_of(stack, manifest, database_url, redis_url)

    def look() -> HealthReport:
        report = looker.look(seconds=timeout)
        if database_url or redis_url:
            _of_its_engine(report)
        return report

    if again:
        from cli.health_watch import watch

        raise typer.Exit(watch(look, interval, every=every, as_json=json))
    report = look()
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


def looker_of(stack: str | None, manifest: str | None, database_url: str | None, redis_url: str | None) -> Looker:
    """What looks at the servers that are meant. Raise what naming them wrongly raises."""
    database, cache = by_url(database_url, stack, manifest), by_url(redis_url, stack, manifest, "--redis-url")
    if database or cache:
        return looker_at(database, cache)
    found, state = find_kept(stack, manifest)
    return looker_at(found, found, state)


def looker_at(
    postgres: Manifest | Secret | None, redis: Manifest | Secret | None, state: StateDir | None = None
) -> Looker:
    """What looks at the servers that were found; `state` is that of a tier on this computer. Raise NoLoginError."""
    from bootstrap.secrets import Secret
    from observe.health.looker import Looker
    from observe.health.proved import not_proved

    if isinstance(postgres, Secret):
        compare = "datatier status, with the same --database-url, compares access"
        return Looker(postgres, redis, partial(not_proved, "no stack describes this server", compare))
    if postgres is None:
        return Looker(None, redis)
    recovery = _recovery(postgres, state)
    return Looker(postgres, redis, lambda: chain(_proved(state), recovery(), _maintained(postgres, state)))


def _proved(state: StateDir | None) -> Iterator[Finding]:
    """Schema and access as the last bootstrap of a tier proved them; where others deploy, the proof is with them."""
    from datetime import UTC, datetime

    from observe.health.proved import Proved, not_proved, proved_findings

    if state is None:
        mend = "datatier drift --prove, with the same --manifest"
        yield from not_proved("the report of its last bootstrap is with the deployment", mend)
        return
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


def _maintained(manifest: Manifest, state: StateDir | None) -> Iterator[Finding]:
    """The last maintenance of a tier; of a deployed stack CloudWatch has it, and alarms look at it."""
    from cli.maintenance_books import kept
    from observe.health.maintenance import Maintained, maintenance_findings, not_known

    if state is None:
        alarm = f"{manifest.prefix}-stack-maintenance-failed"
        yield from not_known("its runs write to CloudWatch", f"alarm {alarm}, runbook docs/runbooks/maintenance.md")
        return
    last = next(iter(reversed(kept(state))), None)
    found = None
    if last is not None:
        failed = tuple(each.statement for each in last.done if each.state == "failed")
        found = Maintained(at=datetime.fromisoformat(last.began_at), failed=failed)
    yield from maintenance_findings(found, datetime.now(UTC))


def _recovery(manifest: Manifest, state: StateDir | None) -> Callable[[], Iterator[Finding]]:
    """Copies and drills, as the place knows them in which the stack keeps them."""
    from bootstrap.errors import BootstrapError
    from cli.kept import Remembered, drill_limit_of, limit_of, place_of, reader_of
    from observe.health.recovery import NOT_DECLARED, not_kept, recovery_findings

    read = reader_of(manifest, state)
    if read is None:
        return lambda: not_kept(*NOT_DECLARED)
    where = place_of(manifest, state) or str(state.path if state else "")
    remembered = Remembered(read, where)

    def findings() -> Iterator[Finding]:
        try:
            found = remembered()
        except BootstrapError as error:
            return not_kept(str(error), f"datatier backup list --from {where}")
        return recovery_findings(found, datetime.now(UTC), limit_of(manifest), drill_limit_of(manifest))

    return findings


_URLS = {"database": ("--database-url", "PostgreSQL", 5432), "redis": ("--redis-url", "Redis", 6379)}
"""Node of a URL -> its option, the engine that it must be, and the engine's port."""


def _of_its_engine(report: HealthReport) -> None:
    """Raise `InputError` where another engine answers at a URL than the one it is for."""
    from observe.engine_at import engine_at
    from observe.node import host_and_port

    for node in (each for each in report.nodes if not each.up and each.name in _URLS):
        option, wanted, port = _URLS[node.name]
        found = engine_at(*host_and_port(node.address, port))
        if found not in (wanted, None):
            raise InputError(f"{option}: what answers at {node.address} is {found}, not {wanted}: check host and port.")
