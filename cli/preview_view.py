"""Previews for people: what is wrong first, then what there is, counted; every resource on request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console

from cli.output import counted, escape, table
from graph.tree import is_component, tops
from preview import markdown

if TYPE_CHECKING:
    from graph.resource import Resource
    from preview.plan import Preview, PreviewFinding
    from preview.preflight import Preflight

COLOURS = {
    "blocked": "bold red", "data at risk": "bold red", "replace": "red", "downtime": "yellow", "failover": "yellow",
    "reboot": "yellow",
}  # fmt: skip
_SEVERITIES = {"error": "red", "warning": "yellow"}

# Inputs that tell one resource from another; the rest is in --json.
_TELLING = (
    "instanceClass", "nodeType", "engine", "engineVersion", "multiAz", "multiAzEnabled", "allocatedStorage",
    "maxAllocatedStorage", "replicateSourceDb", "numCacheClusters", "numNodeGroups", "replicasPerNodeGroup",
    "backupRetentionPeriod", "snapshotRetentionLimit", "deletionProtection", "cidrBlock", "availabilityZone",
    "serviceName", "retentionInDays", "fromPort", "cidrIpv4", "cidrIpv6", "referencedSecurityGroupId", "metricName",
    "comparisonOperator", "threshold", "dimensions", "protocol", "endpoint", "kmsMasterKeyId", "accessString", "family",
    "runtime", "secretString", "password", "result",
)  # fmt: skip


def preview(out: Console, made: Preview, *, every: bool) -> None:
    """Findings, then the resources by component and type; with `every` each of them too."""
    findings(out, made.findings)
    severities = Counter(each.severity for each in made.findings)
    said = ", ".join(counted(count, severity) for severity, count in severities.items())
    out.print(f"[bold]{escape(made.stack)}[/]: {len(made.resources)} resources; {said or 'no findings'}")
    out.print(table("", ("component", "resource", "count"), _summary(made.resources)))
    if every:
        _resources(out, made.resources)
    else:
        out.print("[dim]--all lists every resource, --json with all its inputs[/]")


def preflight(out: Console, report: Preflight) -> None:
    """Findings, then every change in full, the worst first."""
    findings(out, report.findings)
    out.print(f"[bold]{escape(report.stack)}[/]: {markdown.verdict(report)}; {markdown.summary(report)}")
    for impact in report.impacts:
        if (colour := COLOURS.get(impact.effect)) is None:
            what = f"{impact.name} ({kind_of(impact.type)}) {markdown.described(impact, longest=None)}"
            out.print(f"[dim]in place[/] {escape(what)}")
            continue
        change = escape(markdown.described(impact, longest=None))
        out.print(f"[{colour}]{impact.effect}[/] [bold]{escape(impact.name)}[/] {change}")
        out.print(f"    {escape(impact.users)} [dim]({impact.takes_effect}; {escape(impact.rule)})[/]")
        if impact.way_round:
            out.print(f"    [cyan]way round:[/] {escape(impact.way_round)}")


def findings(out: Console, found: Sequence[PreviewFinding]) -> None:
    """One line each."""
    for each in found:
        where = f"{each.rule} ({each.resource})"
        out.print(f"[{_SEVERITIES.get(each.severity, 'cyan')}]{each.severity}[/] {escape(f'{where}: {each.message}')}")


def _summary(resources: Sequence[Resource]) -> list[tuple[str, str, int]]:
    """Component at the top of the tree, type below it, how many of them."""
    top = tops(resources)
    rows = Counter((top[each.key], kind_of(each.type)) for each in resources if each.key in top)
    return [(escape(component), kind, count) for (component, kind), count in sorted(rows.items())]


def _resources(out: Console, resources: Sequence[Resource]) -> None:
    """The tree, a line for each, parents before children."""
    depths = {"": 0}
    for each in resources:
        depth = depths.get(each.above, 0)
        depths[each.name] = depth + 1
        told = "  ".join(f"{key}={_value(each.inputs[key])}" for key in _TELLING if key in each.inputs)
        name = f"{'  ' * depth}[bold]{escape(each.name)}[/] [cyan]{kind_of(each.type)}[/]"
        out.print(f"{name} [dim]{escape(told)}[/]" if told else name)


def kind_of(token: str) -> str:
    """`aws:rds/instance:Instance` as `aws.rds.Instance`, a component's own name without its namespace."""
    if is_component(token):
        return token.rpartition(":")[2]
    provider, module, name = token.split(":")
    return f"{provider}.{module.partition('/')[0]}.{name}"


def _value(value: object) -> str:
    return ",".join(f"{key}:{item}" for key, item in value.items()) if isinstance(value, dict) else str(value)
