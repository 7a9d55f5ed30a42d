"""From a log line to its alarm: log group, metric filter, custom metric."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from alarms.finding import BrokenStep, error, warning
from alarms.stack import StackIndex
from graph.resource import Resource
from graph.types import CACHE, INSTANCE, LOG_FILTER, LOG_GROUP, METRIC_ALARM


def custom(
    stack: StackIndex, alarm: Resource, namespace: str, metric: str, dimensions: Mapping[str, str]
) -> Iterator[BrokenStep]:
    """Whether a log filter of the stack publishes a custom metric under these dimensions."""
    publishing = [made for made in map(transformation, stack.of(LOG_FILTER)) if made[:2] == (namespace, metric)]
    if not publishing:
        yield error(
            "metric", alarm.name, f"no log filter of the stack publishes {metric} in {namespace or 'no namespace'}",
            "name the namespace and the metric of a filter", alarm.physical,
        )  # fmt: skip
    elif frozenset(dimensions) not in {made[2] for made in publishing}:
        sets = " or ".join(sorted("+".join(sorted(made[2])) or "no dimension" for made in publishing))
        yield error(
            "dimension", alarm.name,
            f"the filter publishes {metric} with {sets}, and it asks for {'+'.join(sorted(dimensions)) or 'none'}",
            "name exactly the dimensions of the filter", alarm.physical,
        )  # fmt: skip


def transformation(log_filter: Resource) -> tuple[str, str, frozenset[str]]:
    """Namespace, metric and dimensions of a filter."""
    held = log_filter.inputs.get("metricTransformation") or {}
    return str(held.get("namespace")), str(held.get("name")), frozenset(held.get("dimensions") or {})


def filters(stack: StackIndex) -> Iterator[BrokenStep]:
    """What is wrong with the log filters themselves."""
    groups = {(stack.region(each), each.physical) for each in stack.of(LOG_GROUP)}
    wanted = {
        (str(held.get("namespace")), str(held.get("metricName")))
        for alarm in stack.of(METRIC_ALARM)
        for held in (alarm.inputs, *(q.get("metric") or {} for q in alarm.inputs.get("metricQueries") or ()))
    }
    fed = set(_fed(stack))
    for each in stack.of(LOG_FILTER):
        group = (stack.region(each), str(each.inputs.get("logGroupName")))
        namespace, metric, _ = transformation(each)
        if group not in groups:
            yield error(
                "log filter", each.name, f"it reads {group[1]}, which {group[0]} of this stack does not declare",
                "give it the name of a log group of the stack, from the group's output", f"{namespace}/{metric}",
            )  # fmt: skip
        elif group[1].startswith(("/aws/rds/", "/aws/elasticache/")) and group not in fed:
            yield error(
                "log filter", each.name, f"it reads {group[1]}, into which no server writes",
                "export that log from its server (enabledCloudwatchLogsExports, logDeliveryConfigurations)",
                f"{namespace}/{metric}",
            )  # fmt: skip
        if (namespace, metric) not in wanted:
            yield warning(
                "log filter", each.name, f"it publishes {metric} in {namespace}, and no alarm looks at it",
                "give it an alarm, or drop it", f"{namespace}/{metric}",
            )  # fmt: skip


def _fed(stack: StackIndex) -> Iterator[tuple[str, str]]:
    """The log groups into which the stack's servers write."""
    for instance in stack.of(INSTANCE):
        for kind in instance.inputs.get("enabledCloudwatchLogsExports") or []:
            # https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.Procedural.UploadtoCloudWatch.html
            yield stack.region(instance), f"/aws/rds/instance/{instance.physical}/{kind}"
    for cache in stack.of(CACHE):
        for delivery in cache.inputs.get("logDeliveryConfigurations") or []:
            if delivery.get("destinationType") == "cloudwatch-logs":
                yield stack.region(cache), str(delivery.get("destination"))
