"""Take away any one grant, subscription, dimension, action or event source of a real stack: each is missed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from recorded import STACKS, changed, declared, inputs, policy, stack_of

from alarms.composites import suppressor
from alarms.delivery import check
from alarms.finding import BrokenStep
from alarms.policies import many
from alarms.publishers import publishers
from alarms.stack import StackIndex
from graph.resource import Resource
from graph.types import COMPOSITE_ALARM, EVENT_SUBSCRIPTION, KEY, METRIC_ALARM, SUBSCRIPTION, TOPIC_POLICY


def pieces(statement: dict[str, object]) -> Iterator[tuple[str, dict[str, object] | None]]:
    """A statement less one thing: itself, one of its services, one of its actions."""
    yield "", None
    principal = statement["Principal"]
    services = many(principal.get("Service")) if isinstance(principal, dict) else []
    if len(services) > 1:
        for service in services:
            yield f" {service}", {**statement, "Principal": {"Service": [one for one in services if one != service]}}
    actions = many(statement["Action"])
    if len(actions) > 1 and statement["Sid"] != "Owner":
        for action in actions:
            yield f" {action}", {**statement, "Action": [one for one in actions if one != action]}


def lessened(holder: Resource) -> Iterator[tuple[str, dict[str, object], Resource]]:
    """The resource with one grant of its policy less, each in turn."""
    for number, statement in enumerate(json.loads(holder.inputs["policy"])["Statement"]):
        for what, left in pieces(statement) if statement["Effect"] == "Allow" else ():

            def put(
                statements: list[dict[str, object]], at: int = number, new: dict[str, object] | None = left
            ) -> None:
                statements[at : at + 1] = [new] if new else []

            made = policy(put)(holder)
            assert made is not None
            yield f"{holder.name} {statement['Sid']}{what}", statement, made


def services(statement: dict[str, object]) -> set[str]:
    """Who is named: services, `account` for its root, and ElastiCache where it is only reached by `*`."""
    principal = statement["Principal"]
    assert isinstance(principal, dict)
    if "Service" in principal:
        return set(many(principal["Service"]))
    return {"elasticache.amazonaws.com" if principal["AWS"] == "*" else "account"}


def new(before: tuple[BrokenStep, ...], resources: list[Resource]) -> list[BrokenStep]:
    return [each for each in check(stack_of(resources)) if each not in before]


def into(stack: str) -> dict[str, set[str]]:
    """Topic -> the services that publish to it; backups are prod's."""
    backup = {"info": {"backup.amazonaws.com"}, "warning": {"events.amazonaws.com"}} if stack == "prod" else {}
    return {
        "critical": {"cloudwatch.amazonaws.com"},
        "warning": {"cloudwatch.amazonaws.com", "events.rds.amazonaws.com"} | backup.get("warning", set()),
        "info": {"events.rds.amazonaws.com"} | backup.get("info", set()),
        "cache-events": {"elasticache.amazonaws.com"},
    }


@pytest.mark.parametrize("stack", STACKS)
def test_every_grant_of_a_topic_policy(stack: str) -> None:
    resources = declared(stack)
    whole = stack_of(resources)
    speaking: dict[str, set[str]] = {}
    for publisher in publishers(whole):
        speaking.setdefault(publisher.topic, {"account"}).add(publisher.service)
    wrong: list[tuple[str, bool, list[BrokenStep]]] = []
    heard: dict[str, set[str]] = {}
    for holder in whole.of(TOPIC_POLICY):
        for what, statement, made in lessened(holder):
            needed = bool(services(statement) & speaking[holder.inputs["arn"]])
            if needed:
                heard.setdefault(holder.name, set()).update(services(statement))
            found = new((), changed(resources, holder.name, lambda _, made=made: made))
            if [each.step for each in found] != (["topic policy"] if needed else []):
                wrong.append((what, needed, found))
    assert wrong == []
    assert heard == {f"notifications-{topic}-policy": {"account", *let_in} for topic, let_in in into(stack).items()}


@pytest.mark.parametrize("stack", STACKS)
def test_every_grant_of_the_topics_key(stack: str) -> None:
    resources = declared(stack)
    whole = stack_of(resources)
    speaking = {each.service for each in publishers(whole) if whole.topics[each.topic].inputs.get("kmsMasterKeyId")}
    used = {str(topic.inputs.get("kmsMasterKeyId")) for topic in whole.topics.values()}
    keys = [key for key in whole.of(KEY) if key.arn in used]
    assert len(keys) == 1
    wrong, heard = [], set()
    for what, statement, made in lessened(keys[0]):
        before = services(statement)
        after = [services(one) for one in json.loads(made.inputs["policy"])["Statement"]]
        # of a statement with several services, the one that was taken out
        lost = before - set.union(*after) if len(before) > 1 and what.endswith("amazonaws.com") else before
        needed = bool(lost & (speaking | {"account"}))
        found = new((), changed(resources, keys[0].name, lambda _, made=made: made))
        heard |= lost & (speaking | {"account"}) if len(lost) == 1 else set()
        if {each.step for each in found} != ({"key policy"} if needed else set()):
            wrong.append((what, needed, found))
    assert wrong == []
    encrypted = {service for topic, let_in in into(stack).items() if topic != "cache-events" for service in let_in}
    assert heard == {"account", *encrypted}


@pytest.mark.parametrize("stack", STACKS)
def test_every_subscription(stack: str) -> None:
    resources = declared(stack)
    held = [each for each in resources if each.type == SUBSCRIPTION]
    assert len(held) == 4
    for each in held:
        found = new((), changed(resources, each.name, lambda _: None))
        topic = next(t.name for t in resources if t.outputs.get("arn") == each.inputs["topic"])
        assert [(one.step, one.resource) for one in found] == [("subscription", topic)]


def alone(whole: StackIndex, alarm: Resource) -> list[Resource]:
    """The stack with this alarm only."""
    return [each for each in whole.resources if each.type not in (METRIC_ALARM, COMPOSITE_ALARM) or each is alarm]


def reductions(alarm: Resource) -> Iterator[tuple[str, Resource]]:
    """An alarm with one dimension or one action less, each in turn."""
    held = alarm.inputs.get("dimensions") or {}
    for name in held:
        yield (
            "dimension",
            replace(alarm, inputs={**alarm.inputs, "dimensions": {k: held[k] for k in held if k != name}}),
        )
    for number, query in enumerate(alarm.inputs.get("metricQueries") or ()):
        dimensions = (query.get("metric") or {}).get("dimensions") or {}
        if "DB_PERF_INSIGHTS" in str(query.get("expression")):
            queries = list(alarm.inputs["metricQueries"])
            queries[number] = {**query, "expression": re.sub("'db-[^']*'", "''", query["expression"])}
            yield "dimension", replace(alarm, inputs={**alarm.inputs, "metricQueries": queries})
        for name in dimensions:
            metric = {**query["metric"], "dimensions": {k: dimensions[k] for k in dimensions if k != name}}
            queries = list(alarm.inputs["metricQueries"])
            queries[number] = {**query, "metric": metric}
            yield "dimension", replace(alarm, inputs={**alarm.inputs, "metricQueries": queries})
    for state in ("alarmActions", "okActions"):
        actions = alarm.inputs.get(state) or []
        for number in range(len(actions)):
            yield "action", replace(alarm, inputs={**alarm.inputs, state: actions[:number] + actions[number + 1 :]})


@pytest.mark.parametrize("stack", STACKS)
def test_every_dimension_and_action_of_a_metric_alarm(stack: str) -> None:
    whole = stack_of(declared(stack))
    tried, missed = 0, []
    for alarm in whole.of(METRIC_ALARM):
        resources = alone(whole, alarm)
        before = check(stack_of(resources))
        for step, less in reductions(alarm):
            tried += 1
            found = new(before, [less if each is alarm else each for each in resources])
            if not any((one.step, one.resource) == (step, alarm.name) for one in found):
                missed.append((alarm.name, step))
    assert missed == []
    assert tried >= 3 * len(whole.of(METRIC_ALARM))


@pytest.mark.parametrize("stack", STACKS)
def test_every_action_of_a_page(stack: str) -> None:
    resources = declared(stack)
    pages = [each for each in resources if each.type == COMPOSITE_ALARM]
    assert pages
    for page in pages:
        for step, less in reductions(page):
            found = new((), changed(resources, page.name, lambda _, less=less: less))
            assert [(one.step, one.resource) for one in found] == [(step, page.name)]


@pytest.mark.parametrize("stack", ["staging", "prod", "local"])
def test_every_action_of_an_alarm_that_silences_pages(stack: str) -> None:
    resources = declared(stack)
    quiet = {suppressor(each) for each in resources if each.type == COMPOSITE_ALARM} - {""}
    held = [each for each in resources if each.type == METRIC_ALARM and each.physical in quiet]
    assert len(held) == len(quiet) > 0
    for each in held:
        for step, less in reductions(each):
            found = new((), changed(resources, each.name, lambda _, less=less: less))
            assert [(one.step, one.resource) for one in found] == [(step, each.name)]


@pytest.mark.parametrize("stack", STACKS)
def test_every_source_of_an_event_subscription(stack: str) -> None:
    resources = declared(stack)
    held = [each for each in resources if each.type == EVENT_SUBSCRIPTION]
    assert {each.inputs["sourceType"] for each in held if each.inputs.get("sourceIds")} == {
        "db-instance",
        "db-parameter-group",
    }
    for each in held:
        sources = each.inputs.get("sourceIds") or []
        for lost in sources if len(sources) > 1 else ():
            left = inputs(sourceIds=[one for one in sources if one != lost])
            found = new((), changed(resources, each.name, left))
            assert [(one.step, one.resource) for one in found] == [("event source", each.name)]
