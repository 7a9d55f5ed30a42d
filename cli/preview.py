"""`datatier preview`: every resource of a stack, without credentials, engine or CLI."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bootstrap.application import DEFINITION
from cli import preview_view
from cli.errors import FAILED, InputError
from cli.options import JsonFlag, NamedStack
from cli.output import console, emit_json, escape
from cli.project import load
from preview.plan import Preview, PreviewFinding

if TYPE_CHECKING:
    from cli.cost_view import Costs
    from cli.project import StackSource
    from graph.deployment import Deployment
    from graph.resource import Resource
    from preview.preflight import Preflight


class PreviewFormat(StrEnum):
    """How a preflight is printed."""

    TABLE = "table"
    MARKDOWN = "markdown"
    JSON = "json"
    SARIF = "sarif"


def preview(
    stack: NamedStack = "local",
    against: Annotated[
        str | None,
        typer.Option("--against", help="What is deployed: `pulumi stack export`, or an earlier preview's --json."),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option("--since", help="What was declared at a revision of Git, in place of what is deployed."),
    ] = None,
    form: Annotated[PreviewFormat, typer.Option("--format", help="Form of the preflight.")] = PreviewFormat.TABLE,
    every: Annotated[bool, typer.Option("--all", help="Also list every resource with what tells it from others.")] = (
        False
    ),
    json: JsonFlag = False,
) -> None:
    """Say what is wrong with a stack and what it is made of, offline; with --against or --since, what deploying does.

    Exit 1 where a policy rule fails, or AWS or Pulumi would refuse a part of it.

    [bold]Examples:[/] datatier preview prod --all    pulumi stack export -s prod | datatier preview prod --against -
    """
    if json and form not in (PreviewFormat.TABLE, PreviewFormat.JSON):
        raise InputError("--json and --format contradict each other: choose one.")
    if against is not None and since is not None:
        raise InputError("--against and --since contradict each other: choose one.")
    if against is None and since is None:
        if form in (PreviewFormat.MARKDOWN, PreviewFormat.SARIF):
            raise InputError(
                f"--format {form} needs --against FILE (`pulumi stack export -s {stack}`) or --since REVISION."
            )
        _listed(stack, json or form is PreviewFormat.JSON, every=every)
        return
    if every:
        raise InputError("--all lists what is declared: leave --against and --since out.")
    before = _declared(stack, since) if since is not None else saved(str(against))
    source = load(stack)
    deployment, found = _offline(source)
    from cli.cost_view import costs
    from graph.saved import SavedError
    from preview.preflight import preflight

    try:
        report = preflight(deployment, before, found)
        month = costs(source, deployment.resources, before)
    except SavedError as error:
        raise InputError(f"--against {against}: {error}.") from None
    _print(report, PreviewFormat.JSON if json else form, month)
    if report.blocked or _refused(report.findings):
        raise typer.Exit(FAILED)


def _listed(stack: str, json: bool, *, every: bool) -> None:
    made = offline(stack)
    if json:
        emit_json(made.as_json())
    else:
        preview_view.preview(console(), made, every=every)
    if _refused(made.findings):
        raise typer.Exit(FAILED)


def offline(stack: str) -> Preview:
    """The preview of a stack, as data."""
    from preview.plan import plan

    return plan(*_offline(load(stack)))


def _refused(findings: tuple[PreviewFinding, ...]) -> bool:
    return any(finding.severity == "error" for finding in findings)


def _offline(source: StackSource) -> tuple[Deployment, tuple[PreviewFinding, ...]]:
    from preview.findings.alarms import alarm_findings
    from preview.findings.policy import policy_findings
    from preview.findings.settings import findings, unread
    from preview.preflight import declared

    deployment = source.offline()
    broken = policy_findings(declared(deployment), source.settings.suppress, datetime.now(UTC).date())
    return deployment, (
        *broken,
        *alarm_findings(deployment, source.region),
        *findings(source.settings, source.instances),
        *unread(source.unread),
        *(
            PreviewFinding(severity="warning", rule="access-no-migrator", resource="access.yaml", message=sentence)
            for sentence in source.access.unwise
        ),
        *_upkeep(source),
    )


def _upkeep(source: StackSource) -> Iterator[PreviewFinding]:
    """Tables that access.yaml keeps and the schema's definition does not have."""
    from bootstrap import schema
    from bootstrap.schema.kept_partitions import unknown

    path = source.root / DEFINITION
    if source.access.upkeep and path.is_file():
        for sentence in unknown(source.access.upkeep, schema.load(path)):
            message = f"access.yaml: {sentence}"
            yield PreviewFinding(severity="warning", rule="upkeep-unknown", resource="access.yaml", message=message)


def saved(file: str) -> tuple[Resource, ...]:
    """The resources of a saved deployment; `-` is standard input."""
    from graph.saved import SavedError, read

    try:
        return read(sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8"))
    except SavedError as error:
        raise InputError(f"--against {file}: {error}.") from None
    except UnicodeDecodeError:
        raise InputError(
            f"--against {file} is not UTF-8 text; `pulumi stack export --file FILE` writes it so."
        ) from None
    except OSError as error:
        raise InputError(f"--against {file}: {error.strerror}.") from None


def _declared(stack: str, since: str) -> tuple[Resource, ...]:
    from cli.since import declared
    from graph.saved import read

    return read(declared(stack, since))


def _print(report: Preflight, form: PreviewFormat, month: Costs) -> None:
    from cli.cost_view import as_json, change_lines
    from preview import markdown, sarif

    if form is PreviewFormat.JSON:
        emit_json({**report.as_json(), "cost": as_json(month)})
    elif form is PreviewFormat.SARIF:
        emit_json(sarif.sarif(report))
    elif form is PreviewFormat.MARKDOWN:
        typer.echo(markdown.markdown(report), nl=False)
        typer.echo("\n" + "\n".join(change_lines(month)))
    else:
        preview_view.preflight(console(), report)
        console().print("\n".join(escape(each) for each in change_lines(month)))
