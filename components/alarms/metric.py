"""What an alarm looks at: a metric of its server, or an expression over several."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_aws as aws

from components.alarms.target import AlarmTarget
from knowledge.alarms.spec import LOGS, AlarmSpec, MissingData, Severity, Term

CACHES = "AWS/ElastiCache"
NODE = {"CacheNodeId": "0001"}
"""A replication group's clusters have one node each, and it has this id; host metrics ask for it."""


def metric_of(target: AlarmTarget, alarm: AlarmSpec) -> dict[str, Any]:
    """The arguments of a metric alarm that say what it looks at."""
    if alarm.terms:
        return {"metric_queries": _queries(target, alarm)}
    percentile = alarm.statistic.startswith("p")
    return {
        "namespace": namespace_of(target, alarm),
        "metric_name": alarm.metric,
        "dimensions": dimensions_of(target, alarm) or None,
        "statistic": None if percentile else alarm.statistic,
        "extended_statistic": alarm.statistic if percentile else None,
        "period": alarm.period,
    }


def namespace_of(target: AlarmTarget, alarm: AlarmSpec) -> pulumi.Input[str]:
    """Namespace of the alarm's metric; what is counted in a log has one for each instance."""
    return pulumi.Output.concat(LOGS, "/", target.id) if alarm.namespace == LOGS else alarm.namespace


def dimensions_of(target: AlarmTarget, alarm: AlarmSpec) -> dict[str, pulumi.Input[str]]:
    """Dimensions of the alarm's own metric."""
    if alarm.dimensions:
        return dict(alarm.dimensions)
    if alarm.namespace == LOGS:
        return {}
    host = alarm.namespace == CACHES and alarm.metric == "CPUUtilization"
    return {target.dimension: target.id, **(NODE if host else {})}


def insights_expression(resource_id: pulumi.Input[str], counter: str) -> pulumi.Output[str]:
    """A counter of Database Insights as metric math.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html"""
    return pulumi.Output.format("DB_PERF_INSIGHTS('RDS', '{0}', '{1}')", resource_id, counter)


def _queries(target: AlarmTarget, alarm: AlarmSpec) -> list[aws.cloudwatch.MetricAlarmMetricQueryArgs]:
    queries = [_query(target, alarm, term) for term in alarm.terms]
    if alarm.expression:
        queries.append(
            aws.cloudwatch.MetricAlarmMetricQueryArgs(
                id="watched", expression=alarm.expression, label=alarm.metric, return_data=True
            )
        )
    return queries


def _query(target: AlarmTarget, alarm: AlarmSpec, term: Term) -> aws.cloudwatch.MetricAlarmMetricQueryArgs:
    if term.of == "insights":
        assert target.resource_id is not None  # noqa: S101 refused by AlarmsArgs
        return aws.cloudwatch.MetricAlarmMetricQueryArgs(
            id=term.id,
            expression=insights_expression(target.resource_id, term.metric),
            label=alarm.metric,
            period=alarm.period,
            return_data=not alarm.expression,
        )
    server = target.primary if term.of == "primary" else target.id
    assert server is not None  # noqa: S101 refused by AlarmsArgs
    return aws.cloudwatch.MetricAlarmMetricQueryArgs(
        id=term.id,
        metric=aws.cloudwatch.MetricAlarmMetricQueryMetricArgs(
            namespace=alarm.namespace,
            metric_name=term.metric,
            dimensions={target.dimension: server},
            period=alarm.period,
            stat=term.statistic,
        ),
        return_data=not alarm.expression,
    )


def target_problems(target: AlarmTarget) -> list[str]:
    """What a target's alarms need and it lacks."""
    keys = [alarm.key for alarm in target.alarms]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    found = [f"has two alarms named {', '.join(twice)}"] if twice else []
    wanted = {term.of for alarm in target.alarms for term in alarm.terms}
    if "primary" in wanted and target.primary is None:
        found.append("has an alarm that looks at its primary, which is not given")
    if "insights" in wanted and target.resource_id is None:
        found.append("has an alarm on Database Insights, and no resource_id")
    if any(alarm.pattern for alarm in target.alarms) and target.log_group is None:
        found.append("has an alarm on its log, and no log_group")
    return found + _armed_problems(target)


def _armed_problems(target: AlarmTarget) -> list[str]:
    by_key = {alarm.key: alarm for alarm in target.alarms}
    found = []
    for alarm in target.alarms:
        if not alarm.armed_by:
            continue
        arming = by_key.get(alarm.armed_by)
        if arming is None or arming.missing != MissingData.IGNORE:
            found.append(
                f"has {alarm.key} armed by {alarm.armed_by}, which is not one of its alarms with missing data ignored"
            )
        if alarm.severity != Severity.CRITICAL:
            found.append(
                f"has {alarm.key} armed by {alarm.armed_by}, and no page that could ask for both: not critical"
            )
    return found
