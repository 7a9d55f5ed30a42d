"""`datatier preview`: every resource of a stack, without credentials, engine or CLI."""

from __future__ import annotations

from typing import Any

import typer
from rich.markup import escape
from rich.tree import Tree

from cli.options import JsonFlag
from cli.output import console, emit_json
from cli.project import load
from preview.plan import Planned, Preview

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


def preview(
    stack: str = typer.Argument("local", help="Stack: dev, staging, prod, local, or one of your own."),
    json: JsonFlag = False,
) -> None:
    """List every resource that a stack declares, offline.

    [bold]Example:[/] datatier preview prod
    """
    made = offline(stack)
    if json:
        emit_json(made.as_json())
        return
    _show(made)


def offline(stack: str) -> Preview:
    """The preview of a stack, as data."""
    source = load(stack)
    from local.monitor import run_program
    from preview.findings import findings
    from preview.offline import Offline
    from preview.plan import plan

    deployment = run_program(stack, source.program, Offline(source.region), source.config)
    return plan(deployment, findings(source.settings))


def _show(made: Preview) -> None:
    out = console()
    root = Tree(f"[bold]{made.stack}[/]: {len(made.resources)} resources", guide_style="dim")
    branches = {"": root}
    for resource in made.resources:
        branch = branches.get(resource.parent, root)
        branches[resource.name] = branch.add(_line(resource))
    out.print(root)
    for finding in made.findings:
        colour = {"error": "red", "warning": "yellow"}.get(finding.severity, "cyan")
        where = f"{finding.rule} ({finding.resource})"
        out.print(f"[{colour}]{finding.severity}[/] {escape(where)}: {escape(finding.message)}")


def _line(resource: Planned) -> str:
    kind = resource.type.split(":")[-1] if resource.type.startswith("data-tier") else _short(resource.type)
    told = [f"{key}={_brief(resource.inputs[key])}" for key in _TELLING if key in resource.inputs]
    return f"[bold]{escape(resource.name)}[/] [cyan]{kind}[/] [dim]{escape('  '.join(told))}[/]"


def _short(token: str) -> str:
    provider, module, name = token.split(":")
    return f"{provider}.{module.partition('/')[0]}.{name}"


def _brief(value: Any) -> str:
    text = ",".join(f"{key}:{item}" for key, item in value.items()) if isinstance(value, dict) else str(value)
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"
