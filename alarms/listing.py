"""The alarms of a stack as rows: what each watches, when it rings, whom it notifies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from alarms.composites import ringing
from alarms.insights import instance_of
from alarms.publishers import topics_of
from alarms.stack import StackIndex
from alarms.watched import RESOURCE_ID, Watched, counters_of, watched_by
from graph.resource import Resource
from graph.types import COMPOSITE_ALARM, METRIC_ALARM

_SIGNS = {
    "GreaterThanThreshold": ">", "GreaterThanOrEqualToThreshold": ">=", "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "<=",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class AlarmRow:
    """One alarm as `datatier alarms list` shows it."""

    name: str
    severity: str
    """`critical`, `warning` or `info`: its topic's, or that of the page that it belongs to."""
    metric: str
    """Namespace and metric; of a page, how many alarms are in it."""
    of: str
    """The server, by its dimensions."""
    rings: str
    """Statistic, comparison, threshold."""
    datapoints: str
    """How many of how many periods."""
    missing: str
    """What silence counts as."""
    topics: tuple[str, ...]
    """Names of its topics."""
    heard_by: Mapping[str, int]
    """Protocol -> number of subscriptions of those topics."""


def rows(stack: StackIndex) -> tuple[AlarmRow, ...]:
    """Every alarm, pages first, then by name."""
    pages = {child: page for page in stack.of(COMPOSITE_ALARM) for child in ringing(str(page.inputs.get("alarmRule")))}
    alarms = sorted(
        stack.of(COMPOSITE_ALARM, METRIC_ALARM), key=lambda each: (each.type != COMPOSITE_ALARM, each.physical)
    )
    return tuple(_row(stack, alarm, pages.get(alarm.physical)) for alarm in alarms)


def _row(stack: StackIndex, alarm: Resource, page: Resource | None) -> AlarmRow:
    topics = topics_of(alarm)
    inputs = alarm.inputs
    composite = alarm.type == COMPOSITE_ALARM
    subscriptions = [each for topic in topics for each in stack.subscriptions.get(topic, [])]
    watched = [] if composite else [*watched_by(alarm), *counters_of(alarm)]
    return AlarmRow(
        name=alarm.physical,
        severity=_severity(page or alarm),
        metric=f"page of {len(ringing(str(inputs.get('alarmRule'))))}"
        if composite
        else ", ".join(f"{each.namespace.removeprefix('AWS/')} {each.metric}" for each in watched),
        of=", ".join(
            dict.fromkeys(
                _server(stack, alarm, each) or value
                for each in watched
                for key, value in each.dimensions.items()
                if key != _NODE
            )
        ),
        rings=f"any of {len(ringing(str(inputs.get('alarmRule'))))} in ALARM" if composite else _rings(inputs),
        datapoints="" if composite else _datapoints(inputs),
        missing="" if composite else str(inputs.get("treatMissingData") or "missing"),
        topics=tuple(topic.rpartition(":")[2] for topic in topics),
        heard_by=dict(Counter(str(each.inputs.get("protocol") or "slack") for each in subscriptions)),
    )


_NODE = "CacheNodeId"


def _server(stack: StackIndex, alarm: Resource, watched: Watched) -> str:
    """The name of the server whose resource id a counter of Database Insights has; empty for other metrics."""
    instance = instance_of(stack, alarm, watched) if RESOURCE_ID in watched.dimensions else None
    return instance.physical if instance else ""


def _severity(alarm: Resource) -> str:
    """By the name of its topic: `<prefix>-critical`."""
    return next((topic.rpartition("-")[2] for topic in topics_of(alarm)), "none")


def _rings(inputs: Mapping[str, object]) -> str:
    sign = _SIGNS.get(str(inputs.get("comparisonOperator")), str(inputs.get("comparisonOperator")))
    how = inputs.get("statistic") or inputs.get("extendedStatistic") or "expression"
    return f"{how} {sign} {_number(inputs.get('threshold'))}"


def _number(value: Any) -> str:
    return f"{float(value):,.12g}" if value is not None else "a band"


def _datapoints(inputs: Mapping[str, Any]) -> str:
    periods = int(inputs.get("evaluationPeriods") or 0)
    of = int(inputs.get("datapointsToAlarm") or periods)
    every = int(inputs.get("period") or _query_period(inputs))
    return f"{of} of {periods} x {every} s"


def _query_period(inputs: Mapping[str, Any]) -> int:
    queries = inputs.get("metricQueries") or ()
    return max((int((q.get("metric") or q).get("period") or 0) for q in queries), default=0)


def names(stack: StackIndex) -> Iterator[str]:
    """The names of every alarm."""
    for alarm in stack.of(COMPOSITE_ALARM, METRIC_ALARM):
        yield alarm.physical
