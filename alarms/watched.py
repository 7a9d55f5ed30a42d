"""The metrics that an alarm looks at: its own one, or those of its queries."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graph.resource import Resource

STATISTICS = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
RESOURCE_ID = "DbiResourceId"
_QUOTED = r"""\s*['"]([^'"]*)['"]\s*"""
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
_COUNTER = re.compile(rf"DB_PERF_INSIGHTS\({_QUOTED},{_QUOTED},{_QUOTED}\)")


@dataclass(frozen=True, kw_only=True)
class Watched:
    """One metric that an alarm looks at: its own, or one of its queries'."""

    namespace: str
    metric: str
    dimensions: Mapping[str, str]
    statistic: str | None
    extended: str | None
    period: int


def watched_by(alarm: Resource) -> list[Watched]:
    """The metrics of an alarm."""
    inputs = alarm.inputs
    if not inputs.get("metricQueries"):
        return [_watched(inputs, inputs.get("statistic"), inputs.get("extendedStatistic"))]
    made = []
    for query in inputs["metricQueries"]:
        if metric := query.get("metric"):
            stat = str(metric.get("stat"))
            plain = stat in STATISTICS
            made.append(_watched(metric, stat if plain else None, None if plain else stat))
    return made


def counters_of(alarm: Resource) -> list[Watched]:
    """The counters of Database Insights in an alarm's expressions, by the resource id of their server."""
    return [
        Watched(
            namespace=f"AWS/{service}",
            metric=counter,
            dimensions={RESOURCE_ID: server},
            statistic=None,
            extended=None,
            period=int(query.get("period") or 0),
        )
        for query in alarm.inputs.get("metricQueries") or ()
        for service, server, counter in _COUNTER.findall(str(query.get("expression") or ""))
    ]


def _watched(held: Mapping[str, Any], statistic: str | None, extended: str | None) -> Watched:
    return Watched(
        namespace=str(held.get("namespace") or ""),
        metric=str(held.get("metricName") or ""),
        dimensions={str(key): str(value) for key, value in (held.get("dimensions") or {}).items()},
        statistic=statistic,
        extended=extended,
        period=int(held.get("period") or 0),
    )
