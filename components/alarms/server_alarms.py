"""CloudWatch alarms of one or more servers: each on the id that AWS gave the server, never on a rebuilt name."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.alarms.log_filters import log_filters
from components.alarms.metric import metric_of, target_problems
from components.alarms.target import AlarmTarget
from knowledge.alarms.spec import AlarmSpec

SUPPRESSION_SECONDS = 180
"""How long a page waits for the alarm that would silence it, and stays silent after that one. Alarms are evaluated
every minute, and AWS recommends one; silence is found out only after some more tries.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-suppression.html"""
RULE_CHILDREN = 100
RULE_CHARACTERS = 10240
"""What one composite alarm takes (PutCompositeAlarm; quotas of CloudWatch)."""


@dataclass(frozen=True, kw_only=True)
class AlarmsArgs:
    """Servers and topics of one region."""

    prefix: str
    """Prefix of the alarms' names: `<prefix>-<target>-<alarm>`."""
    targets: Mapping[str, AlarmTarget]
    """Servers by name."""
    topic_arns: Mapping[str, pulumi.Input[str]]
    """Severity -> topic."""
    region: str | None = None
    """Region of the servers, the topics and the alarms; the provider's when absent."""

    def __post_init__(self) -> None:
        """Refuse what could not be made, or would never arrive."""
        known = {f"{name}-{alarm.key}" for name, target in self.targets.items() for alarm in target.alarms}
        for name, target in self.targets.items():
            needed = {alarm.severity for alarm in target.alarms} | {topic_of(alarm) for alarm in target.alarms}
            problems = target_problems(target)
            lost = sorted(needed - set(self.topic_arns))
            if lost:
                problems.append(f"has alarms for topic {', '.join(lost)}, which topic_arns lacks")
            if target.silenced_by and target.silenced_by not in known:
                problems.append(f"is silenced by {target.silenced_by}, which is not an alarm of these targets")
            if problems:
                raise ValueError(f"alarms: {name} {'; '.join(problems)}")


class Alarms(pulumi.ComponentResource):
    """Alarms, the log filters that they count with, and one page per server or cache over its critical ones."""

    arns: dict[str, pulumi.Output[str]]
    """`<target>-<alarm>` -> ARN of the alarm."""
    page_arns: dict[str, pulumi.Output[str]]
    """Page -> ARN of its alarm."""

    def __init__(self, name: str, args: AlarmsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the alarms. They wait for all that the component depends on."""
        super().__init__("data-tier:index:Alarms", name, {}, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self, depends_on=opts.depends_on if opts else None)
        made: dict[str, aws.cloudwatch.MetricAlarm] = {}
        for key, target in args.targets.items():
            log_filters(f"{name}-{key}", target, region=args.region, opts=self._child)
            made |= {f"{key}-{alarm.key}": self._alarm(key, target, alarm) for alarm in target.alarms}
        self.arns = {key: alarm.arn for key, alarm in made.items()}
        self.page_arns = {key: self._page(key, names, made) for key, names in pages(args.targets).items()}
        # Not `arns`: a hundred of them as outputs would cost a tenth of a deployment, and they are children anyway.
        self.register_outputs({"page_arns": self.page_arns})

    def _alarm(self, key: str, target: AlarmTarget, alarm: AlarmSpec) -> aws.cloudwatch.MetricAlarm:
        topic = self._args.topic_arns[topic_of(alarm)]
        return aws.cloudwatch.MetricAlarm(
            f"{self._name}-{key}-{alarm.key}",
            aws.cloudwatch.MetricAlarmArgs(
                name=f"{self._args.prefix}-{key}-{alarm.key}",
                alarm_description=alarm.description,
                comparison_operator=alarm.comparison,
                threshold=alarm.threshold,
                evaluation_periods=alarm.evaluation_periods,
                datapoints_to_alarm=alarm.datapoints,
                treat_missing_data=alarm.missing,
                alarm_actions=[topic],
                ok_actions=[topic],
                region=self._args.region,
                **metric_of(target, alarm),
            ),
            opts=self._child,
        )

    def _page(self, key: str, names: list[str], made: dict[str, aws.cloudwatch.MetricAlarm]) -> pulumi.Output[str]:
        topic = self._args.topic_arns["critical"]
        target = self._args.targets.get(key)
        silencer = made[target.silenced_by] if target and target.silenced_by else None
        by = armed(self._args.targets)
        rule: pulumi.Output[list[str]] = pulumi.Output.all(
            *(pulumi.Output.all(made[each].name, made[by[each]].name if each in by else "") for each in names)
        )
        return aws.cloudwatch.CompositeAlarm(
            f"{self._name}-{key}-page",
            alarm_name=f"{self._args.prefix}-{key}-page",
            alarm_description=f"{key} has a critical fault. The alarms in the rule say which; each names its runbook.",
            alarm_rule=rule.apply(lambda each: " OR ".join(_rings(*both) for both in each)),
            actions_suppressor=aws.cloudwatch.CompositeAlarmActionsSuppressorArgs(
                alarm=silencer.name, wait_period=SUPPRESSION_SECONDS, extension_period=SUPPRESSION_SECONDS
            )
            if silencer
            else None,
            alarm_actions=[topic],
            ok_actions=[topic],
            region=self._args.region,
            opts=self._child,
        ).arn


def pages(targets: Mapping[str, AlarmTarget]) -> dict[str, list[str]]:
    """Page -> the critical alarms in it; a page too large for one composite alarm goes on in `<page>-2`."""
    alarms: dict[str, list[str]] = {}
    for key, target in targets.items():
        critical = [f"{key}-{alarm.key}" for alarm in target.alarms if alarm.severity == "critical"]
        if critical:
            alarms.setdefault(target.page or key, []).extend(critical)
    found: dict[str, list[str]] = {}
    by = armed(targets)
    for page, names in alarms.items():
        parts: list[list[str]] = [[]]
        children = characters = 0
        for name in names:
            # The prefix in front of each name is at most an identifier long, 63 characters.
            more, longer = (2, 2 * 63) if name in by else (1, 63)
            longer += len(_rings(name, by.get(name, ""))) + len(" OR ")
            if children + more > RULE_CHILDREN or characters + longer > RULE_CHARACTERS:
                parts.append([])
                children = characters = 0
            parts[-1].append(name)
            children, characters = children + more, characters + longer
        found |= {page if not number else f"{page}-{number + 1}": part for number, part in enumerate(parts)}
    return found


def armed(targets: Mapping[str, AlarmTarget]) -> dict[str, str]:
    """Alarm -> the one that arms it, both as `<target>-<alarm>`."""
    return {
        f"{key}-{alarm.key}": f"{key}-{alarm.armed_by}"
        for key, target in targets.items()
        for alarm in target.alarms
        if alarm.armed_by
    }


def _rings(name: str, armed_by: str) -> str:
    return f'(ALARM("{name}") AND NOT INSUFFICIENT_DATA("{armed_by}"))' if armed_by else f'ALARM("{name}")'


def topic_of(alarm: AlarmSpec) -> str:
    """Return the severity whose topic an alarm speaks to.

    A critical one speaks through its server's page, so that one fault with three symptoms is one page; the symptoms
    themselves go where warnings go.
    """
    return "warning" if alarm.severity == "critical" else alarm.severity
