"""What is found among what is declared: the file of the import, the state after it, and the verdicts."""

from __future__ import annotations

import json
from typing import Any

from tiers import tier

from adopt.import_file import import_file
from adopt.imported import imported
from adopt.live.resource import LiveResource
from adopt.match import Match, matches
from adopt.report import Entry
from adopt.verdicts import entries
from graph.deployment import Deployment
from graph.resource import Resource
from graph.saved import read
from graph.types import INSTANCE, PARAMETER_GROUP

STACK = "urn:pulumi:live::data-tier::"
TOP, BELOW = "data-tier:index:Postgres", "data-tier:index:Postgres$data-tier:index:Replica"


def component(type_: str, name: str, parent: str = "") -> Resource:
    chain = f"{parent.split('::')[2]}${type_}" if parent else type_
    return Resource(type=type_, name=name, inputs={}, urn=f"{STACK}{chain}::{name}", parent=parent)


POSTGRES = component(TOP, "postgres")
REPLICA = component("data-tier:index:Replica", "postgres-reports", POSTGRES.urn)
WATCH = component("data-tier:index:Alarms", "alarms")


def instance(name: str, parent: Resource, **inputs: Any) -> Resource:
    urn = f"{STACK}{parent.urn.split('::')[2]}${INSTANCE}::{name}"
    # An import has the snapshot of a deletion skipped (graph/provider/rds.py).
    return Resource(type=INSTANCE, name=name, inputs={"skipFinalSnapshot": True, **inputs}, urn=urn, parent=parent.urn)


PRIMARY = instance("postgres", POSTGRES, identifier="orders", instanceClass="db.m7g.large", kmsKeyId="arn:new")
READS = instance(
    "postgres-reports", REPLICA, identifier="orders-reports", region="eu-central-1", skipFinalSnapshot=True
)
OTHER = instance("postgres-other", REPLICA, identifier="other")
DECLARED = Deployment(
    "live",
    resources=[POSTGRES, PRIMARY, REPLICA, READS, OTHER, WATCH],
    components={each.urn for each in (POSTGRES, REPLICA, WATCH)},
)


def there(name: str, region: str = "eu-west-1", **inputs: Any) -> LiveResource:
    return LiveResource(type=INSTANCE, id=f"db-{name}", name=name, region=region, inputs={"identifier": name, **inputs})


LIVE = (
    there("orders", instanceClass="db.m7g.large", kmsKeyId="arn:old"),
    there("orders-reports", region="eu-central-1"),
    there("other", region="eu-central-1"),
    LiveResource(type=PARAMETER_GROUP, id="orders", name="orders", region="eu-west-1", inputs={"name": "orders"}),
)
FOUND = tuple(matches(DECLARED, LIVE, "eu-west-1"))


def test_one_is_found_by_type_region_and_name() -> None:
    assert [(each.declared.name, each.live.id) for each in FOUND] == [
        ("postgres", "db-orders"),
        ("postgres-reports", "db-orders-reports"),
    ]


def test_the_import_has_the_components_above_what_it_brings_and_no_others() -> None:
    assert import_file(DECLARED, FOUND, {"aws": "7.1.0"}) == {
        "resources": [
            {"type": TOP, "name": f"{TOP}::postgres", "logicalName": "postgres", "component": True},
            {
                "type": "data-tier:index:Replica",
                "name": f"{BELOW}::postgres-reports",
                "logicalName": "postgres-reports",
                "parent": f"{TOP}::postgres",
                "component": True,
            },
            {
                "type": INSTANCE,
                "name": f"{TOP}${INSTANCE}::postgres",
                "logicalName": "postgres",
                "parent": f"{TOP}::postgres",
                "id": "db-orders",
                "version": "7.1.0",
            },
            {
                "type": INSTANCE,
                "name": f"{BELOW}${INSTANCE}::postgres-reports",
                "logicalName": "postgres-reports",
                "parent": f"{BELOW}::postgres-reports",
                "id": "db-orders-reports",
                "version": "7.1.0",
            },
        ]
    }


def test_the_state_after_it_is_read_as_a_saved_deployment() -> None:
    saved = read(json.dumps(imported(DECLARED, FOUND)))
    assert [(each.name, each.above, each.id) for each in saved] == [
        ("postgres", "", ""),
        ("postgres-reports", "postgres", ""),
        ("postgres", "postgres", "db-orders"),
        ("postgres-reports", "postgres-reports", "db-orders-reports"),
    ]


def test_each_resource_has_a_verdict_and_a_replaced_one_the_line_that_keeps_it() -> None:
    found = verdicts(FOUND)
    assert [(each.name, each.verdict, each.id, each.keep) for each in found] == [
        ("postgres", "replaced", "db-orders", "data-tier:postgres.existing.key: arn:old"),
        ("postgres-other", "new", "", ""),
        ("postgres-reports", "taken", "db-orders-reports", ""),
    ]
    assert [(each.key, each.effect) for each in found[0].impacts] == [("kmsKeyId", "data at risk")]


def verdicts(found: tuple[Match, ...]) -> tuple[Entry, ...]:
    return entries(tier(), DECLARED, read(json.dumps(imported(DECLARED, found))), found)
