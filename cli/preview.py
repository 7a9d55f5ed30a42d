"""`datatier preview`: every resource of a stack, without credentials, engine or CLI."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.tree import Tree

from cli.errors import FAILED, InputError
from cli.options import JsonFlag
from cli.output import console, emit_json
from cli.project import load
from preview.plan import Finding, Preview

if TYPE_CHECKING:
    from graph.deployment import Deployment
    from graph.resource import Resource
    from preview.preflight import Preflight

_COLOURS = {
    "blocked": "bold red", "data at risk": "bold red", "replace": "red", "downtime": "yellow", "failover": "yellow",
    "reboot": "yellow",
}  # fmt: skip

# Inputs that tell one resource from another; the rest is in --json.
_TELLING = (
    "instanceClass", "nodeType", "engine", "engineVersion", "multiAz", "multiAzEnabled", "allocatedStorage",
    "maxAllocatedStorage", "replicateSourceDb", "numCacheClusters", "numNodeGroups", "replicasPerNodeGroup",
    "backupRetentionPeriod", "snapshotRetentionLimit", "deletionProtection", "cidrBlock", "availabilityZone",
    "serviceName", "retentionInDays", "fromPort", "cidrIpv4", "cidrIpv6", "referencedSecurityGroupId", "metricName",
    "comparisonOperator", "threshold", "dimensions", "protocol", "endpoint", "kmsMasterKeyId", "accessString", "family",
    "runtime", "secretString", "password", "result",
)  # fmt: skip
_WIDEST = 60


class Format(StrEnum):
    """How a preflight is printed."""

    TABLE = "table"
    MARKDOWN = "markdown"
    JSON = "json"
    SARIF = "sarif"


def preview(
    stack: str = typer.Argument("local", help="Stack: dev, staging, prod, local, or one of your own."),
    against: Annotated[
        str | None,
        typer.Option("--against", help="What is deployed: `pulumi stack export`, or an earlier preview's --json."),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option("--since", help="What was declared at a revision of Git, in place of what is deployed."),
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="Form of the preflight.")] = Format.TABLE,
    json: JsonFlag = False,
) -> None:
    """List every resource that a stack declares, offline; with --against or --since, what deploying does to its users.

    Exit 1 where a policy rule fails, or AWS or Pulumi would refuse a part of it.

    [bold]Examples:[/] datatier preview prod    pulumi stack export -s prod | datatier preview prod --against -
    """
    if json and form not in (Format.TABLE, Format.JSON):
        raise InputError("--json and --format contradict each other: choose one.")
    if against is not None and since is not None:
        raise InputError("--against and --since contradict each other: choose one.")
    if against is None and since is None:
        if form in (Format.MARKDOWN, Format.SARIF):
            raise InputError(
                f"--format {form} needs --against FILE (`pulumi stack export -s {stack}`) or --since REVISION."
            )
        _listed(stack, json or form is Format.JSON)
        return
    before = _declared(stack, since) if since is not None else saved(str(against))
    deployment, found = _offline(stack)
    from graph.saved import SavedError
    from preview.preflight import preflight

    try:
        report = preflight(deployment, before, found)
    except SavedError as error:
        raise InputError(f"--against {against}: {error}.") from None
    _print(report, Format.JSON if json else form)
    if report.blocked or _refused(report.findings):
        raise typer.Exit(FAILED)


def _listed(stack: str, json: bool) -> None:
    made = offline(stack)
    if json:
        emit_json(made.as_json())
    else:
        _show(made)
    if _refused(made.findings):
        raise typer.Exit(FAILED)


def offline(stack: str) -> Preview:
    """The preview of a stack, as data."""
    from preview.plan import plan

    return plan(*_offline(stack))


def _refused(findings: tuple[Finding, ...]) -> bool:
    return any(finding.severity == "error" for finding in findings)


def _offline(stack: str) -> tuple[Deployment, tuple[Finding, ...]]:
    source = load(stack)
    from preview.alarm_findings import alarm_findings
    from preview.findings import findings, unread
    from preview.policy_findings import policy_findings
    from preview.preflight import declared

    deployment = source.offline()
    broken = policy_findings(declared(deployment), source.settings.suppress, datetime.now(UTC).date())
    return deployment, (
        *broken,
        *alarm_findings(deployment, source.region),
        *findings(source.settings, source.instances),
        *unread(source.unread),
    )


def saved(file: str) -> tuple[Resource, ...]:
    """The resources of a saved deployment; `-` is standard input."""
    from graph.saved import SavedError, read

    try:
        return read(sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8"))
    except SavedError as error:
        raise InputError(f"--against {file}: {error}.") from None
    except UnicodeDecodeError:
        raise InputError(
            f"--against {file}: is no text in UTF-8; `pulumi stack export --file FILE` writes it so."
        ) from None
    except OSError as error:
        raise InputError(f"--against {file}: {error.strerror}.") from None


def _declared(stack: str, since: str) -> tuple[Resource, ...]:
    from cli.since import declared
    from graph.saved import read

    return read(declared(stack, since))


def _print(report: Preflight, form: Format) -> None:
    from preview import markdown, sarif

    if form is Format.JSON:
        emit_json(report.as_json())
    elif form is Format.SARIF:
        emit_json(sarif.sarif(report))
    elif form is Format.MARKDOWN:
        typer.echo(markdown.markdown(report), nl=False)
    else:
        out = console()
        out.print(f"[bold]{report.stack}[/]: {markdown.verdict(report)}; {markdown.summary(report)}")
        quiet = [impact for impact in report.impacts if impact.effect not in _COLOURS]
        for impact in report.impacts[: len(report.impacts) - len(quiet)]:
            colour = _COLOURS[impact.effect]
            out.print(f"[{colour}]{impact.effect}[/] [bold]{escape(impact.name)}[/] {escape(markdown.told(impact))}")
            out.print(f"    {escape(impact.users)} [dim]({impact.takes_effect}; {escape(impact.rule)})[/]")
            if impact.way_round:
                out.print(f"    [cyan]way round:[/] {escape(impact.way_round)}")
        for line in markdown.grouped(quiet):
            out.print(f"[dim]in place[/] {escape(line)}")
        _found(out, report.findings)


def _show(made: Preview) -> None:
    out = console()
    root = Tree(f"[bold]{made.stack}[/]: {len(made.resources)} resources", guide_style="dim")
    branches = {"": root}
    for resource in made.resources:
        branch = branches.get(resource.above, root)
        branches[resource.name] = branch.add(_line(resource))
    out.print(root)
    _found(out, made.findings)


def _found(out: Console, findings: tuple[Finding, ...]) -> None:
    for finding in findings:
        colour = {"error": "red", "warning": "yellow"}.get(finding.severity, "cyan")
        where = f"{finding.rule} ({finding.resource})"
        out.print(f"[{colour}]{finding.severity}[/] {escape(where)}: {escape(finding.message)}")


def _line(resource: Resource) -> str:
    kind = resource.type.split(":")[-1] if resource.type.startswith("data-tier") else _short(resource.type)
    told = [f"{key}={_brief(resource.inputs[key])}" for key in _TELLING if key in resource.inputs]
    return f"[bold]{escape(resource.name)}[/] [cyan]{kind}[/] [dim]{escape('  '.join(told))}[/]"


def _short(token: str) -> str:
    provider, module, name = token.split(":")
    return f"{provider}.{module.partition('/')[0]}.{name}"


def _brief(value: Any) -> str:
    text = ",".join(f"{key}:{item}" for key, item in value.items()) if isinstance(value, dict) else str(value)
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"
