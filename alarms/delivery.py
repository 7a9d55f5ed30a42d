"""The static proof of delivery: every publisher of a stack traced to its recipients, every alarm to its data.

A pure function over what the program declares. It knows what AWS's documents say of each step (the sources stand with
the rules); `datatier alarms prove` tests the same by real notifications.
"""

from __future__ import annotations

from collections.abc import Iterator

from alarms.composites import composites, ringing, suppressor
from alarms.events import events
from alarms.finding import BrokenStep, Severity, error, merged, warning
from alarms.functions import functions
from alarms.hearing import heard
from alarms.logs import filters
from alarms.publishers import Publisher, publishers
from alarms.publishing import kept, reaches
from alarms.stack import StackIndex
from alarms.watching import watches
from graph.types import COMPOSITE_ALARM, METRIC_ALARM, SUBSCRIPTION


def check(stack: StackIndex, *, unheard: Severity = "error") -> tuple[BrokenStep, ...]:
    """Everything that keeps a notification of this stack from being heard, errors first.

    :param unheard: how grave a topic without subscription is; where nobody need be woken, a warning.
    """
    return merged(_all(stack, unheard))


def _all(stack: StackIndex, unheard: Severity) -> Iterator[BrokenStep]:
    by_topic: dict[str, list[Publisher]] = {}
    for publisher in publishers(stack):
        yield from reaches(stack, publisher)
        by_topic.setdefault(publisher.topic, []).append(publisher)
    for arn, speaking in by_topic.items():
        if arn in stack.topics:
            yield from kept(stack, stack.topics[arn], tuple(dict.fromkeys(each.name for each in speaking)))
            yield from heard(stack, stack.topics[arn], speaking, unheard)
    yield from _strays(stack)
    yield from _actions(stack)
    yield from events(stack)
    yield from functions(stack)
    yield from watches(stack)
    yield from composites(stack)
    yield from filters(stack)


def _strays(stack: StackIndex) -> Iterator[BrokenStep]:
    for subscription in stack.of(SUBSCRIPTION):
        if subscription.inputs.get("topic") not in stack.topics:
            yield error(
                "subscription", subscription.name, "it subscribes to a topic that the stack does not declare",
                "give it the ARN of a topic of this stack, from the topic's own output",
            )  # fmt: skip


def _actions(stack: StackIndex) -> Iterator[BrokenStep]:
    """Whether each alarm does something: in ALARM, and when it is over."""
    pages = stack.of(COMPOSITE_ALARM)
    paged = {child for page in pages for child in ringing(str(page.inputs.get("alarmRule")))}
    quiet = {suppressor(page) for page in pages}
    for alarm in stack.of(METRIC_ALARM, COMPOSITE_ALARM):
        name, inputs = alarm.physical, alarm.inputs
        if inputs.get("actionsEnabled") is False:
            yield error("action", alarm.name, "its actions are disabled", "leave actionsEnabled off, or true", name)
        if name in quiet and name not in paged and not (inputs.get("alarmActions") or inputs.get("okActions")):
            continue  # it is there for nothing else than to keep a page silent
        if not inputs.get("alarmActions"):
            what = "it does nothing in ALARM" + (": only its page speaks" if name in paged else "")
            make = warning if name in paged else error
            yield make("action", alarm.name, what, "give it a topic in alarmActions", name)
        if not inputs.get("okActions"):
            yield warning("action", alarm.name, "nobody hears when it is over", "give it a topic in okActions", name)
