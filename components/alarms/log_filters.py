"""Metric filters: what an alarm counts in a server's log."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components.alarms.metric import namespace_of
from components.alarms.target import AlarmTarget


def log_filters(
    name: str, target: AlarmTarget, *, region: str | None, opts: pulumi.ResourceOptions
) -> list[aws.cloudwatch.LogMetricFilter]:
    """Make a filter for each alarm of the server that counts lines."""
    group = target.log_group
    if group is None:
        return []
    return [
        aws.cloudwatch.LogMetricFilter(
            f"{name}-{alarm.key}-filter",
            name=alarm.key,
            log_group_name=group,
            pattern=alarm.pattern,
            metric_transformation=aws.cloudwatch.LogMetricFilterMetricTransformationArgs(
                namespace=namespace_of(target, alarm),
                name=alarm.metric,
                value="1",
                # Zero while other lines come, so that the alarm goes back to OK instead of INSUFFICIENT_DATA.
                default_value="0",
                unit="Count",
            ),
            region=region,
            opts=opts,
        )
        for alarm in target.alarms
        if alarm.pattern
    ]
