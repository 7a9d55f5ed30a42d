"""CloudWatch alarms on what only the servers know: metrics that the scheduled function of a stack writes.

Words and looks are in `facts.toml`. What is written is what an alarm looks at and nothing else: each is a custom metric
that is paid for by the month, so that their number is that of these alarms (CloudWatch pricing, custom metrics).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from knowledge.alarms.spec import LOGS, AlarmSpec, Comparison, MissingData, Severity
from knowledge.alarms.words import Words, words

FACTS = words("facts.toml")
INSTANCE, CHECK = "instance", "check"
"""Dimensions: what it is of, `PREFIX/NODE` or `PREFIX`, and the id of the threshold that judged it."""
STATUS = "datatier_check_status"
Of = Literal["stack", "primary", "instance", "cache"]
"""The stack as a whole (the worst of all servers and secrets), its primary, every database instance, every cache."""
DAY = 86400


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One metric that is written, for each thing that it is of."""

    metric: str
    check: str
    """Id of the threshold, where the metric is a verdict; else empty."""
    of: Of
    """What it is of."""
    observation: str
    """Id of the observation of PostgreSQL that it comes from; empty where it comes from none."""


def facts(*, insights: bool) -> tuple[Fact, ...]:
    """Everything that an alarm looks at, each once.

    :param insights: whether Database Insights serves the alarms that it can serve.
    """
    found = [
        Fact(metric=_metric(said), check=said.get(CHECK, ""), of=said["of"], observation=said.get("observation", ""))
        for said in FACTS.values()
    ]
    if not insights:
        found += [
            Fact(metric=STATUS, check=check, of="instance", observation=observation)
            for check, observation in INSTEAD_OF_INSIGHTS.values()
        ]
    return tuple(found)


INSTEAD_OF_INSIGHTS = {
    "sessions-blocked": ("blocked-sessions", "blocked"),
    "idle-in-transaction": ("idle-in-transaction", "long"),
}
"""Alarm of an instance on a counter of Database Insights -> the check that takes its place where Insights is off, and
the observation that it comes from."""


def namespace(prefix: str) -> str:
    """CloudWatch namespace of a stack's own metrics."""
    return f"{LOGS}/{prefix}"


def node(prefix: str, name: str) -> str:
    """Value of the dimension `instance` for a server, as the exporter labels it."""
    return f"{prefix}/{name}"


RECOVERY = frozenset({"backup-old", "backup-unverified", "backup-damaged", "drill-old", "drill-failed"})
"""Alarms on copies and drills. What never was rings them too: its verdict is worse than ok."""


def stack_alarms(prefix: str, *, seconds: int, rotation_days: int | None, copies: bool) -> tuple[AlarmSpec, ...]:
    """Alarms of a stack as a whole.

    :param seconds: between two looks.
    :param rotation_days: days between two rotations; None where nothing rotates by itself.
    :param copies: whether logical copies are made on a schedule.
    """
    limits = {"metrics-silent": (0.0, "no figure is below zero, so only silence rings")}
    if rotation_days is not None:
        how = f"{rotation_days} days between two rotations, and one more"
        limits["secret-old"] = (float((rotation_days + 1) * DAY), how)
    left = ({"secret-old"} - limits.keys()) | (set() if copies else RECOVERY)
    return tuple(_alarms("stack", prefix, prefix, seconds, limits, left))


def instance_alarms(
    prefix: str, name: str, *, seconds: int, primary: bool, insights: bool, catalogue: Words
) -> tuple[AlarmSpec, ...]:
    """Alarms of one database instance; `catalogue` has the words of those that Database Insights would serve."""
    found = list(_alarms("primary", prefix, node(prefix, name), seconds, {}, set())) if primary else []
    if not insights:
        for key, (check, _) in INSTEAD_OF_INSIGHTS.items():
            source = f"the verdict {check}, whose threshold is that of the alarm on Insights' counter"
            said = {**catalogue[key], "of": "instance", CHECK: check, "looks": [2, 2], "source": source}
            found.append(_alarm(key, said, prefix, node(prefix, name), seconds, (0.0, _VERDICT)))
    return tuple(found)


def cache_alarms(prefix: str, name: str, *, seconds: int) -> tuple[AlarmSpec, ...]:
    """Alarms of a cache as a whole."""
    made = _alarms("cache", prefix, node(prefix, name), seconds, {}, set())
    return tuple(replace(each, engine="redis") for each in made)


_VERDICT = "any verdict worse than ok: the command's own threshold, which the alarm repeats nowhere"
_NONE = "none is expected"


def _alarms(
    of: str, prefix: str, instance: str, seconds: int, limits: Mapping[str, tuple[float, str]], left: set[str]
) -> Iterator[AlarmSpec]:
    for key, said in FACTS.items():
        if said["of"] == of and key not in left:
            usual = (0.0, _VERDICT if CHECK in said else _NONE)
            yield _alarm(key, said, prefix, instance, seconds, limits.get(key, usual))


def _alarm(
    key: str, said: Mapping[str, Any], prefix: str, instance: str, seconds: int, limit: tuple[float, str]
) -> AlarmSpec:
    looks, datapoints = said["looks"]
    check = said.get(CHECK)
    return AlarmSpec(
        key=key,
        metric=_metric(said),
        namespace=namespace(prefix),
        statistic="Maximum",
        comparison=Comparison(said["comparison"]),
        threshold=limit[0],
        period=seconds,
        evaluation_periods=looks,
        datapoints=datapoints,
        missing=MissingData(said["missing"]),
        severity=Severity(said["severity"]),
        meaning=said["meaning"],
        first_steps=tuple(said["first_steps"]),
        runbook=f"docs/runbooks/{said['runbook']}.md#{key}",
        source=said["source"],
        derivation=limit[1],
        dimensions={INSTANCE: instance} | ({CHECK: str(check)} if check else {}),
        engine="stack" if said["of"] == "stack" else "postgres",
    )


def _metric(said: Mapping[str, Any]) -> str:
    return STATUS if CHECK in said else str(said["metric"])
