"""From a server to its alarm: whether a metric alarm looks at data that somebody publishes."""

from __future__ import annotations

from collections.abc import Iterator

from alarms.evaluation import expressions, periods, statistic
from alarms.finding import BrokenStep, error, warning
from alarms.insights import insights
from alarms.logs import custom
from alarms.metrics import CACHE_NODE, Metric, catalogue, engine, has, similar
from alarms.scheduled import OWN, scheduled, writer
from alarms.stack import StackIndex
from alarms.watched import Watched, counters_of, watched_by
from graph.resource import Resource
from graph.types import METRIC_ALARM


def watches(stack: StackIndex) -> Iterator[BrokenStep]:
    """What is wrong with what the metric alarms look at."""
    for alarm in stack.of(METRIC_ALARM):
        yield from expressions(alarm)
        for watched in watched_by(alarm):
            yield from _data(stack, alarm, watched)
            yield from statistic(alarm, watched)
            yield from periods(alarm, watched)
        for counter in counters_of(alarm):
            yield from insights(stack, alarm, counter)
            yield from periods(alarm, counter)
    yield from _unwatched(stack)


def _unwatched(stack: StackIndex) -> Iterator[BrokenStep]:
    """Databases and cache nodes at which no alarm looks."""
    seen = {
        (dimension, stack.region(alarm), value)
        for alarm in stack.of(METRIC_ALARM)
        for watched in watched_by(alarm)
        for dimension, value in watched.dimensions.items()
    }
    for dimension in ("DBInstanceIdentifier", "CacheClusterId"):
        for (region, value), server in stack.servers[dimension].items():
            if (dimension, region, value) not in seen:
                yield warning(
                    "dimension", server.name, f"no alarm looks at {value} in {region}",
                    "give it alarms, in its own region", value,
                )  # fmt: skip


def _data(stack: StackIndex, alarm: Resource, watched: Watched) -> Iterator[BrokenStep]:
    name = alarm.physical
    if not watched.namespace.startswith("AWS/"):
        function = writer(stack, watched.namespace)
        if function is not None and watched.dimensions:
            yield from scheduled(stack, alarm, watched, function)
        elif function is not None and watched.metric.startswith(OWN):
            yield error(
                "dimension", alarm.name, f"{watched.metric} is written with dimensions, and it asks for none",
                "name the instance that it is of", name,
            )  # fmt: skip
        else:
            yield from custom(stack, alarm, watched.namespace, watched.metric, watched.dimensions)
        return
    forms = catalogue().get((watched.namespace, watched.metric))
    if forms is None:
        yield error(
            "metric", alarm.name,
            f"{watched.namespace} publishes no {watched.metric}{similar(watched.namespace, watched.metric)}",
            "name a metric that AWS publishes (alarms/metrics.csv)", name,
        )  # fmt: skip
        return
    held = frozenset(watched.dimensions)
    fitting = [form for form in forms if held in form.dimensions]
    if not fitting:
        sets = " or ".join(sorted("+".join(sorted(each)) for form in forms for each in form.dimensions))
        yield error(
            "dimension", alarm.name,
            f"{watched.metric} is published by {sets}, and it asks for {'+'.join(sorted(held)) or 'no dimension'}",
            "name exactly the dimensions under which AWS publishes it", name,
        )  # fmt: skip
        return
    yield from _server(stack, alarm, watched, fitting)


def _server(stack: StackIndex, alarm: Resource, watched: Watched, forms: list[Metric]) -> Iterator[BrokenStep]:
    """Whether the dimension names a server of this stack, and one that publishes the metric."""
    region, name = stack.region(alarm), alarm.physical
    for dimension, value in watched.dimensions.items():
        if dimension == "CacheNodeId":
            if value != CACHE_NODE:
                yield error(
                    "dimension", alarm.name, f"CacheNodeId is {value}: a cluster's one node is {CACHE_NODE}",
                    f"name {CACHE_NODE}", name,
                )  # fmt: skip
            continue
        known = stack.servers.get(dimension)
        if known is None:
            continue  # a part of a server (ResourceType, Resource) and no server
        server = known.get((region, value))
        if server is None:
            there = ", ".join(sorted(each for where, each in known if where == region)) or "none"
            yield error(
                "dimension", alarm.name, f"{dimension} is {value}, and {region} of this stack has {there}",
                "take the id from the output of the server that is meant", name,
            )  # fmt: skip
            continue
        yield from _published(alarm, watched, forms, server)


def _published(alarm: Resource, watched: Watched, forms: list[Metric], server: Resource) -> Iterator[BrokenStep]:
    here = engine(server)
    of_engine = [form for form in forms if form.engine in ("any", here)]
    if not of_engine:
        yield error(
            "metric", alarm.name, f"{watched.metric} is published by {forms[0].engine}, and {server.name} is {here}",
            f"name a metric of {here}", alarm.physical,
        )  # fmt: skip
    elif not any(has(form.needs, server) for form in of_engine):
        yield error(
            "metric", alarm.name, f"{watched.metric} needs {of_engine[0].needs}, which {server.name} is not or has not",
            "leave this alarm off that server", alarm.physical,
        )  # fmt: skip
