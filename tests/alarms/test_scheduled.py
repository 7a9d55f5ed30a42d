"""The metrics that a stack's own function writes: each alarm on them is traced to what starts the function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from clinic_project import CLINIC
from recorded import PLACE, RECIPIENTS, changed, inputs
from recorded_program import recorded

from alarms.delivery import check
from alarms.stack import StackIndex
from graph.resource import Resource
from graph.types import METRIC_ALARM
from infra.load import load_stack
from preview.findings.alarms import indexed

CONFIG: dict[str, Any] = {
    "data-tier:name": "shop",
    "data-tier:notify": RECIPIENTS,
    "data-tier:metrics": {"schedule": "15m"},
    "data-tier:rotation": {"every": "7d"},
    "data-tier:postgres": {"insights": "off"},
}
FUNCTION, RULE, TARGET, MAY = "metrics-function", "metrics-schedule", "metrics-target", "metrics-events"
STACK = [
    "metrics-silent", "metrics-refused", "migration-dirty", "schema-differences", "access-differences",
    "rotation-pending", "secret-old",
]  # fmt: skip
PRIMARY = ["slot-inactive", "index-invalid", "sequence-used", "vacuum-behind"]
WITHOUT_INSIGHTS = ["sessions-blocked", "idle-in-transaction"]


@pytest.fixture(scope="module")
def shop() -> tuple[Resource, ...]:
    return indexed(
        recorded("prod", load_stack(CLINIC, "prod").config | CONFIG, region=PLACE.region), PLACE.region
    ).resources


def own(resources: tuple[Resource, ...]) -> dict[str, Resource]:
    found = {each.physical: each for each in resources if each.type == METRIC_ALARM}
    return {
        name: each
        for name, each in found.items()
        if (each.inputs.get("metricName") or "").startswith("datatier_") and each.inputs["namespace"].count("/") == 1
    }


def test_the_alarms_that_come_alive(shop: tuple[Resource, ...]) -> None:
    found = own(shop)
    assert sorted(found) == sorted(
        [f"shop-prod-stack-{key}" for key in STACK]
        + [f"shop-prod-primary-{key}" for key in [*PRIMARY, *WITHOUT_INSIGHTS]]
        + [f"shop-prod-{replica}-{key}" for replica in ("standby", "reporting") for key in WITHOUT_INSIGHTS]
        + [f"shop-prod-{cache}-keyspace-without-ttl" for cache in ("main", "queue")]
    )
    assert {each.inputs["period"] for each in found.values()} == {900}
    assert {each.inputs["namespace"] for each in found.values()} == {"data-tier/shop-prod"}
    old = found["shop-prod-stack-secret-old"].inputs
    assert (old["threshold"], old["dimensions"]) == (8 * 86400, {"instance": "shop-prod"})
    idle = found["shop-prod-standby-idle-in-transaction"].inputs
    assert idle["dimensions"] == {"instance": "shop-prod/standby", "check": "idle-in-transaction"}


def test_without_a_schedule_there_is_none() -> None:
    assert own(recorded("prod", load_stack(CLINIC, "prod").config, region=PLACE.region).resources) == {}


def test_nothing_of_them_is_lost(shop: tuple[Resource, ...]) -> None:
    assert check(StackIndex(shop, PLACE)) == ()


def gone(name: str) -> Callable[[list[Resource]], list[Resource]]:
    return lambda all_: changed(all_, name, lambda _: None)


def edit(name: str, **new: Any) -> Callable[[list[Resource]], list[Resource]]:
    return lambda all_: changed(all_, name, inputs(**new))


def elsewhere(each: Resource) -> Resource:
    return replace(each, inputs={**each.inputs, "sourceArn": PLACE.arn("events", "rule/other")})


BREAKAGES: dict[str, tuple[Callable[[list[Resource]], list[Resource]], str, str]] = {
    "no target": (gone(TARGET), FUNCTION, "nothing starts it"),
    "no rule": (gone(RULE), FUNCTION, "nothing starts it"),
    "another rule's permission": (lambda all_: changed(all_, MAY, elsewhere), FUNCTION, "may not start it"),
    "no permission": (gone(MAY), FUNCTION, "may not start it"),
    "disabled": (edit(RULE, state="DISABLED"), RULE, "the rule is disabled"),
    "seldom": (edit(RULE, scheduleExpression="rate(1 hour)"), "alarms-stack-migration-dirty", "every 3600 s"),
    "a rule that follows events": (
        edit(RULE, scheduleExpression=None, eventPattern="{}"), FUNCTION, "nothing starts it",
    ),
    "another namespace": (
        edit(FUNCTION, environment={"variables": {"DATATIER_NAMESPACE": "data-tier/other"}}),
        "alarms-stack-migration-dirty",
        "publishes datatier_migration_dirty",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BREAKAGES)
def test_a_breakage_is_found(shop: tuple[Resource, ...], name: str) -> None:
    broken, where, what = BREAKAGES[name]
    found = check(StackIndex(broken(list(shop)), PLACE))
    assert {each.severity for each in found} == {"error"}
    assert any(each.resource == where and what in each.what for each in found), found
    silenced = {alarm for each in found for alarm in each.alarms}
    assert silenced == set(own(shop))


@pytest.fixture(scope="module", params=["maintenance-function", "maintenance-task"])
def maintained(request: pytest.FixtureRequest) -> tuple[str, tuple[Resource, ...]]:
    """A stack that is maintained in a function, and in a task; with the name of that."""
    image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop:1.2"
    of_task = {"data-tier:maintenance": {"budget": "1h", "image": image}}
    config = load_stack(CLINIC, "prod").config | CONFIG | (of_task if request.param == "maintenance-task" else {})
    return request.param, indexed(recorded("prod", config, region=PLACE.region), PLACE.region).resources


@pytest.mark.parametrize(
    ("broken", "what"),
    [
        (None, ""),
        (gone("maintenance-target"), "nothing starts it"),
        (edit("maintenance-schedule", state="DISABLED"), "the rule is disabled"),
    ],
    ids=["whole", "no target", "disabled"],
)
def test_maintenance_in_a_function_and_in_a_task_is_traced_to_its_schedule(
    maintained: tuple[str, tuple[Resource, ...]], broken: Callable[[list[Resource]], list[Resource]] | None, what: str
) -> None:
    name, resources = maintained
    found = check(StackIndex(broken(list(resources)) if broken else resources, PLACE))
    where = "maintenance-schedule" if "rule" in what else name
    assert [(each.resource, what in each.what, each.alarms) for each in found] == (
        [(where, True, ("shop-prod-stack-maintenance-failed",))] if broken else []
    )
