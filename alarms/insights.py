"""From Database Insights to an alarm: whether a counter in metric math is of a server that publishes it."""

from __future__ import annotations

from collections.abc import Iterator

from alarms.finding import BrokenStep, error
from alarms.metrics import has
from alarms.stack import StackIndex
from alarms.watched import RESOURCE_ID, Watched
from graph.resource import Resource
from graph.types import INSTANCE


def insights(stack: StackIndex, alarm: Resource, counter: Watched) -> Iterator[BrokenStep]:
    """Whether a counter's resource id is one of this stack's instances, and that one has Database Insights."""
    instance = instance_of(stack, alarm, counter)
    if instance is None:
        yield error(
            "dimension", alarm.name,
            f"{counter.metric} is asked of {counter.dimensions[RESOURCE_ID] or 'no server'}, "
            f"and {stack.region(alarm)} of this stack has no instance with that resource id",
            "take the resource id from the output of the instance that is meant", alarm.physical,
        )  # fmt: skip
    elif not has("insights", instance):
        yield error(
            "metric", alarm.name, f"{counter.metric} needs insights, which {instance.name} is not or has not",
            "set performanceInsightsEnabled on it, or leave this alarm off", alarm.physical,
        )  # fmt: skip


def instance_of(stack: StackIndex, alarm: Resource, counter: Watched) -> Resource | None:
    """The instance of which a counter is asked, in the alarm's region."""
    named = counter.dimensions[RESOURCE_ID]
    here = (each for each in stack.of(INSTANCE) if stack.region(each) == stack.region(alarm))
    return next((each for each in here if named and each.outputs.get("resourceId") == named), None)
