"""CloudWatch alarms of one or more servers: each on the id that AWS gave the server, never on a rebuilt name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.sizing.thresholds import AlarmSpec

CACHES = "AWS/ElastiCache"
NODE = {"CacheNodeId": "0001"}
"""A replication group's clusters have one node each, and it has this id; host metrics ask for it."""


@dataclass(frozen=True, kw_only=True)
class AlarmTarget:
    """One server."""

    dimension: str
    """`DBInstanceIdentifier` or `CacheClusterId`."""
    id: pulumi.Input[str]
    """Its id, from the outputs of what made it."""
    alarms: Sequence[AlarmSpec]
    """Its alarms."""


@dataclass(frozen=True, kw_only=True)
class AlarmsArgs:
    """Servers and topics of one region."""

    prefix: str
    """Prefix of the alarms' names: `<prefix>-<target>-<alarm>`."""
    targets: Mapping[str, AlarmTarget]
    """Servers by name."""
    topic_arns: Mapping[str, pulumi.Input[str]]
    """Severity -> topic."""

    def __post_init__(self) -> None:
        """Refuse an alarm whose severity has no topic, and two alarms of one name."""
        for name, target in self.targets.items():
            keys = [alarm.key for alarm in target.alarms]
            twice = sorted({key for key in keys if keys.count(key) > 1})
            if twice:
                raise ValueError(f"alarms: {name} has two alarms named {', '.join(twice)}")
            needed = {alarm.severity for alarm in target.alarms} | {topic_of(alarm) for alarm in target.alarms}
            lost = sorted(needed - set(self.topic_arns))
            if lost:
                raise ValueError(f"alarms: {name} has alarms for topic {', '.join(lost)}, which topic_arns lacks")


class Alarms(pulumi.ComponentResource):
    """Alarms, and one page per server over its critical ones."""

    arns: dict[str, pulumi.Output[str]]
    """`<target>-<alarm>` -> ARN of the alarm."""
    page_arns: dict[str, pulumi.Output[str]]
    """Target -> ARN of its page."""

    def __init__(self, name: str, args: AlarmsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the alarms."""
        super().__init__("data-tier:index:Alarms", name, {}, opts)
        self._name = name
        self._args = args
        self.arns, self.page_arns = {}, {}
        for key, target in args.targets.items():
            critical = []
            for alarm in target.alarms:
                made = self._alarm(key, target, alarm)
                self.arns[f"{key}-{alarm.key}"] = made.arn
                if alarm.severity == "critical":
                    critical.append(made)
            if critical:
                self.page_arns[key] = self._page(key, critical)
        # Not `arns`: a hundred of them as outputs would cost a tenth of a deployment, and they are children anyway.
        self.register_outputs({"page_arns": self.page_arns})

    def _alarm(self, key: str, target: AlarmTarget, alarm: AlarmSpec) -> aws.cloudwatch.MetricAlarm:
        dimensions: dict[str, pulumi.Input[str]] = {target.dimension: target.id}
        if alarm.namespace == CACHES and alarm.metric == "CPUUtilization":
            dimensions |= NODE
        topic = self._args.topic_arns[topic_of(alarm)]
        percentile = alarm.statistic.startswith("p")
        return aws.cloudwatch.MetricAlarm(
            f"{self._name}-{key}-{alarm.key}",
            name=f"{self._args.prefix}-{key}-{alarm.key}",
            alarm_description=alarm.description,
            namespace=alarm.namespace,
            metric_name=alarm.metric,
            dimensions=dimensions,
            statistic=None if percentile else alarm.statistic,
            extended_statistic=alarm.statistic if percentile else None,
            comparison_operator=alarm.comparison,
            threshold=alarm.threshold,
            period=alarm.period,
            evaluation_periods=alarm.evaluation_periods,
            datapoints_to_alarm=alarm.datapoints,
            treat_missing_data=alarm.missing,
            alarm_actions=[topic],
            ok_actions=[topic],
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _page(self, key: str, critical: list[aws.cloudwatch.MetricAlarm]) -> pulumi.Output[str]:
        names: pulumi.Output[list[Any]] = pulumi.Output.all(*(alarm.name for alarm in critical))
        topic = self._args.topic_arns["critical"]
        page = aws.cloudwatch.CompositeAlarm(
            f"{self._name}-{key}-page",
            alarm_name=f"{self._args.prefix}-{key}-page",
            alarm_description=f"{key} has a critical fault. The alarms in the rule say which; each names its runbook.",
            alarm_rule=names.apply(lambda all_names: " OR ".join(f'ALARM("{each}")' for each in all_names)),
            alarm_actions=[topic],
            ok_actions=[topic],
            opts=pulumi.ResourceOptions(parent=self),
        )
        return page.arn


def topic_of(alarm: AlarmSpec) -> str:
    """Return the severity whose topic an alarm speaks to.

    A critical one speaks through its server's page, so that one fault with three symptoms is one page; the symptoms
    themselves go where warnings go.
    """
    return "warning" if alarm.severity == "critical" else alarm.severity
