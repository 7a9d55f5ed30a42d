"""The rules of what CloudWatch has only from the scheduled function: Prometheus has it from the exporter itself."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from boards.expression import NODE, Aggregate, Compare, Expression, Metric
from boards.rules.rule import Evaluation, Rule, camel
from boards.rules.watched import Series
from knowledge.alarms.facts import CHECK, FACTS, STATUS
from knowledge.alarms.spec import MissingData

PERIOD = 300
"""Seconds of a look."""
NOT_EXPRESSED = {
    "metrics-silent": "it asks whether the scheduled function still writes; ExporterDown asks the same of the exporter",
}
"""Alarm -> why Prometheus needs no such rule."""
OF_STACK = ("secret-old",)
"""Alarms whose number only a stack knows."""
_ENGINES = {"stack": "stack", "primary": "postgres", "instance": "postgres", "cache": "redis"}


def key(alarm: str) -> str:
    """`postgres/slot-inactive`."""
    return f"{_ENGINES[FACTS[alarm]['of']]}/{alarm}"


def rules(limits: Mapping[str, float], read: Collection[str]) -> Iterator[Rule]:
    """A rule for each fact.

    :param limits: a stack's own numbers.
    :param read: names of the metrics that the other alarms need of the servers.
    """
    for alarm, said in FACTS.items():
        if alarm not in NOT_EXPRESSED and (alarm not in OF_STACK or alarm in limits):
            yield _rule(alarm, said, limits.get(alarm, 0.0), read)


def _rule(alarm: str, said: Mapping[str, Any], limit: float, read: Collection[str]) -> Rule:
    value, rings, rests, labels = _looks_at(said, limit, read)
    looks, datapoints = said["looks"]
    return Rule(
        key=key(alarm),
        name=camel(key(alarm)),
        condition=Compare(value, ">", limit),
        evaluation=Evaluation(
            period=PERIOD, periods=looks, datapoints=datapoints, missing=MissingData(said["missing"])
        ),
        severity=str(said["severity"]),
        meaning=str(said["meaning"]),
        first_steps=tuple(map(str, said["first_steps"])),
        runbook=f"docs/runbooks/{said['runbook']}.md#{alarm}",
        source=str(said["source"]),
        rings=rings,
        rests=rests,
        labels=labels,
    )


def _looks_at(
    said: Mapping[str, Any], limit: float, read: Collection[str]
) -> tuple[Expression, Series, Series, Mapping[str, str]]:
    """What is compared, the examples, and the labels of the alert in them."""
    if check := said.get(CHECK):
        series = f'{STATUS}{{check="{check}", object="orders"}}'
        worst = Aggregate("max", Metric(STATUS, (("check", "=", str(check)),)), (NODE, "check"))
        return worst, {series: "1x1200"}, {series: "0x1200"}, {"check": str(check)}
    name = str(said["metric"])
    if name == "datatier_metrics_refused":
        # The function reads what the alarms need and counts; the exporter reads more than that, some of it in vain.
        needed, other = (f'datatier_metric_refused{{metric="{name}"}}' for name in (max(read), "of_no_alarm"))
        refused = Metric("datatier_metric_refused", (("metric", "=~", "|".join(sorted(read))),))
        return Aggregate("count", refused), {needed: "1x1200"}, {other: "1x1200"}, {}
    return Metric(name), {name: f"{limit + 1:.0f}x1200"}, {name: f"{limit:.0f}x1200"}, {}
