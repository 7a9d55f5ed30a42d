"""`datatier capacity`: what runs out when, how sure that is, and what to do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.doors import by_url
from cli.errors import FAILED, InputError
from cli.files import write_whole, writing
from cli.options import DatabaseUrlOption, JsonFlag, ManifestOption, RedisUrlOption, StackArgument
from cli.output import console, counted, emit_json, escape, note

if TYPE_CHECKING:
    from capacity.budget import Application, ConnectionBudget
    from capacity.report import CapacityReport
    from capacity.sampling import Look
    from cli.capacity_target import Target


def capacity(
    stack: StackArgument = None,
    manifest: ManifestOption = None,
    database_url: DatabaseUrlOption = None,
    redis_url: RedisUrlOption = None,
    sample: Annotated[
        bool, typer.Option("--sample", help="Keep what is seen now in the database, and say no more.")
    ] = False,
    instances: Annotated[
        int | None,
        typer.Option("--instances", "-n", min=1, help="Instances of the application (replicas of its service)."),
    ] = None,
    surge: Annotated[
        int | None, typer.Option(min=0, help="Instances more while it is deployed; a quarter when absent.")
    ] = None,
    pool: Annotated[int | None, typer.Option(min=1, help="Connections that each may open; 25 when absent.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write one page with plots.")] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown, for a pull request.")] = False,
    json: JsonFlag = False,
) -> None:
    """Say what runs out within twelve months, how sure that is, and what to move to.

    [bold]Examples:[/] datatier capacity --instances 4    datatier capacity prod -m manifest.json --html page.html
    """
    chosen = [name for name, given in (("--html", html), ("--markdown", markdown), ("--json", json)) if given]
    if len(chosen) > 1 or (sample and chosen not in ([], ["--json"])):
        raise InputError(
            f"{' and '.join([*chosen, *(['--sample'] if sample else [])])} contradict each other: choose one."
        )
    from capacity.budget import Application
    from cli.capacity_target import find

    by_name = by_url(database_url, stack, manifest)
    target = find(by_name, by_url(redis_url, stack, manifest, "--redis-url"), stack, manifest)
    if sample:
        _keep(target, json=json)
        return
    application = Application(instances=instances, surge=surge)
    if pool is not None:
        application = Application(instances=instances, surge=surge, pool=pool)
    look, report, budget = _looked(target, application)
    if json:
        from cli.capacity_json import as_json

        emit_json(as_json(report, budget))
    elif html is not None:
        from cli.capacity_page import page

        _write(html, page(target.name, report, budget))
        console().print(escape(f"{html} is written."))
    elif markdown:
        from cli.capacity_markdown import markdown as as_markdown

        typer.echo(as_markdown(target.name, report, budget), nl=False)
    else:
        from cli.capacity_view import show

        show(console(), target.name, report, budget)
    if not all(each.reached for each in look.observed):
        raise typer.Exit(FAILED)


def _looked(target: Target, application: Application) -> tuple[Look, CapacityReport, ConnectionBudget | None]:
    from capacity.look import report
    from capacity.recommend.recommend import recommended
    from capacity.sampling import take
    from cli.capacity_target import budget_of

    look = take(target.servers, target.redis)
    found = report(target.servers, target.databases, target.caches, redis=target.redis, look=look)
    found = recommended(found, target.declared)
    if target.source is not None:
        from cli.capacity_preflight import judged

        found = judged(found, target.source)
    return look, found, budget_of(target, found, application)


def _keep(target: Target, *, json: bool) -> None:
    from bootstrap.manifest import Manifest
    from capacity.sampling import sample

    if not isinstance(target.servers, Manifest):
        raise InputError("--sample keeps what is seen in the database of a stack: name one in place of a URL.")
    look = sample(target.servers)
    if json:
        emit_json({"at": look.at, "kept": len(look.samples), "missing": look.missing})
        return
    for each in look.missing:
        note(each)
    console().print(f"{counted(len(look.samples), 'number')} kept of {look.at:%Y-%m-%d %H:%M} UTC")


def _write(file: Path, text: str) -> None:
    with writing("--html", file):
        write_whole(file, text)
