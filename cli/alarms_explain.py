"""`datatier alarms explain`: what an alarm means, how its threshold came about for a stack, and what to do first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from cli.errors import InputError
from cli.options import JsonFlag
from cli.output import console, emit_json, escape, table
from cli.project import load, project_root
from infra.instances import Instances
from infra.load import load_stack
from infra.settings.stackfile import stacks
from knowledge.alarms.spec import AlarmSpec
from knowledge.alarms.text import SILENCE, amount, looks_at, rule


@dataclass(frozen=True, kw_only=True)
class Explained:
    """One alarm of one kind of server."""

    servers: tuple[str, ...]
    """Servers that have it with this threshold; a cache stands for each of its nodes."""
    alarm: AlarmSpec


def explain(
    name: Annotated[
        str, typer.Argument(help="Alarm: `replica-lag`, `standby-replica-lag`, or its name in CloudWatch.")
    ],
    stack: Annotated[
        str | None, typer.Argument(help="Stack; the one whose name the alarm's begins with, else the protected one.")
    ] = None,
    json: JsonFlag = False,
) -> None:
    """Explain an alarm: threshold and derivation for a stack, source, meaning, first steps, runbook, missing data.

    [bold]Example:[/] datatier alarms explain replica-lag prod
    """
    found = explained(name, load(stack).instances if stack else _meant(name))
    if json:
        emit_json([as_data(each) for each in found])
        return
    out = console()
    for each in found:
        alarm = each.alarm
        rows = [
            ("Servers", ", ".join(each.servers)),
            ("Severity", alarm.severity),
            ("Rings when", rule(alarm).replace("`", "")),
            ("Looks at", looks_at(alarm) or f"{alarm.namespace} {alarm.metric}"),
            ("Threshold", f"{amount(alarm)}: {alarm.derivation}"),
            ("Source", alarm.source),
            ("Datapoints", f"{alarm.datapoints} of {alarm.evaluation_periods}, one each {alarm.period} s"),
            ("Missing data", SILENCE[alarm.missing]),
            ("Meaning", alarm.meaning),
            *((f"{number}.", step) for number, step in enumerate(alarm.first_steps, start=1)),
            ("Runbook", alarm.runbook),
        ]
        out.print(table(f"{alarm.engine} {alarm.key}", ("", ""), [(left, escape(right)) for left, right in rows]))


def _meant(name: str) -> Instances:
    """The stack of an alarm's name in CloudWatch; for a short name the protected one, which is asked about most.

    Raise `InputError` where several are protected, or none.
    """
    root = project_root()
    declared = {stack: load_stack(root, stack) for stack in stacks(root)}
    tiers = [each.instances for each in declared.values()]
    fits = [tier for tier in tiers if name.startswith(f"{tier.prefix}-")]
    if fits:
        # Of `shop-eu` and `shop-eu-west` the longer is meant.
        return max(fits, key=lambda tier: len(tier.prefix))
    if not declared:
        raise InputError(f"no stack is declared here (no Pulumi.NAME.yaml in {root}), so there is no alarm to explain.")
    protected = [stack for stack, each in declared.items() if each.settings.protect]
    if len(protected) != 1:
        those = ", ".join(protected or declared)
        kind = "protected " if protected else ""
        raise InputError(f"name the stack: `datatier alarms explain {name} STACK`; {kind}stacks here: {those}.")
    return declared[protected[0]].instances


def explained(name: str, tier: Instances) -> list[Explained]:
    """The alarms of that name in a stack, servers with the same threshold together.

    Raise `InputError`, naming the nearest, where there is none.
    """
    asked = name.removeprefix(f"{tier.prefix}-")
    found: dict[AlarmSpec, list[str]] = {}
    for server, alarms in tier.alarms.items():
        called = [server, *(tier.caches[server].nodes if server in tier.caches else ())]
        for alarm in alarms:
            if asked in (alarm.key, *(f"{each}-{alarm.key}" for each in (*called, alarm.engine))):
                found.setdefault(alarm, []).append(server)
    if not found:
        raise InputError(_unknown(name, asked, tier.alarms))
    return [Explained(servers=tuple(servers), alarm=alarm) for alarm, servers in found.items()]


def _unknown(name: str, asked: str, alarms: Mapping[str, tuple[AlarmSpec, ...]]) -> str:
    from difflib import get_close_matches

    keys = {alarm.key for each in alarms.values() for alarm in each}
    keys |= {f"{server}-{alarm.key}" for server, each in alarms.items() for alarm in each}
    near = get_close_matches(asked, sorted(keys), n=1, cutoff=0)[0]
    return f"the stack has no alarm {name!r}; the nearest is {near!r}, and docs/alarms.md has all of them."


def as_data(each: Explained) -> dict[str, Any]:
    """For `--json`."""
    alarm = each.alarm
    return {
        "alarm": alarm.key,
        "engine": alarm.engine,
        "servers": list(each.servers),
        "severity": alarm.severity,
        "metric": alarm.metric,
        "namespace": alarm.namespace,
        "statistic": alarm.statistic,
        "expression": alarm.expression,
        "terms": [{"id": t.id, "metric": t.metric, "statistic": t.statistic, "of": t.of} for t in alarm.terms],
        "pattern": alarm.pattern,
        "comparison": alarm.comparison,
        "threshold": alarm.threshold,
        "derivation": alarm.derivation,
        "source": alarm.source,
        "period": alarm.period,
        "evaluation_periods": alarm.evaluation_periods,
        "datapoints": alarm.datapoints,
        "missing_data": alarm.missing,
        "meaning": alarm.meaning,
        "first_steps": list(alarm.first_steps),
        "runbook": alarm.runbook,
    }
