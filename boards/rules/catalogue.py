"""Every rule: those of the alarms, those of the checks, and the exporter's own."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from boards.expression import Metric, metrics
from boards.rules import alarms, checks, facts
from boards.rules.alarms import Limits
from boards.rules.rule import Evaluation, Rule
from boards.rules.watched import Watched
from knowledge.alarms.spec import MissingData

JOB = "datatier"
"""What Prometheus calls the exporter."""
_SILENT = Watched(
    value=Metric("up", (("job", "=", JOB),)),
    sign="==",
    rings={f'up{{job="{JOB}"}}': "0x600"},
    rests={f'up{{job="{JOB}"}}': "1x600", 'up{job="node"}': "0x600"},
    labels={"job": JOB},
)
EXPORTER = Rule(
    key="exporter/down",
    name="ExporterDown",
    condition=_SILENT.condition(0),
    evaluation=Evaluation(period=60, periods=5, datapoints=5, missing=MissingData.BREACHING),
    severity="critical",
    meaning="Prometheus has not reached the exporter for five minutes: nothing is known of any server of the stack.",
    first_steps=(
        "Ask the servers themselves: `datatier health`.",
        "Start the exporter again, `datatier metrics serve`, and read the last lines of its log.",
        "See that Prometheus may reach its port.",
    ),
    runbook="docs/runbooks/postgres-down.md",
    source="as long as the alarm `down` of a server waits for its figures",
    rings=_SILENT.rings,
    rests=_SILENT.rests,
    labels=_SILENT.labels,
)


def rules(limits: Limits, stack: Mapping[str, float] = MappingProxyType({})) -> tuple[Rule, ...]:
    """All rules.

    :param limits: a stack's own numbers for each of its servers; empty without a stack.
    :param stack: those for all of it.
    """
    of_servers = tuple(alarms.rules(limits))
    read = {metric.name for rule in of_servers for metric in metrics(rule.condition)}
    read = {name for name in read if name.startswith(("pg_", "redis_"))}
    expressed = (*of_servers, *facts.rules(stack, read))
    return (EXPORTER, *expressed, *checks.rules({rule.key for rule in expressed}))


def not_expressed() -> dict[str, str]:
    """`engine/alarm` -> why no rule stands for it."""
    return alarms.not_expressed() | {facts.key(alarm): why for alarm, why in facts.NOT_EXPRESSED.items()}
