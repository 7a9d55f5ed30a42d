"""What a stack is billed for, and the arithmetic, on prices that are made up for these tests and nobody's."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from made_up_prices import made_up

from cost.billed import billed
from cost.estimate import CostChange, changes, estimate
from cost.product import Product
from graph import types
from graph.resource import Resource
from graph.saved import SavedError

REGION = "eu-west-1"


def resource(type_: str, name: str = "it", parent: str = "", **inputs: Any) -> Resource:
    return Resource(type=type_, name=name, parent=parent, inputs=inputs)


def database(name: str = "primary", **inputs: Any) -> Resource:
    held = {"identifier": name, "instanceClass": "db.r7g.large", "allocatedStorage": 100, **inputs}
    return resource(types.INSTANCE, name, "postgres", **held)


def lines(*resources: Resource) -> list[tuple[str, str, str, Mapping[str, str], Decimal]]:
    return [
        (each.product.service, each.product.region, each.product.usage, dict(each.product.attributes), each.quantity)
        for each in billed(resources, REGION)
    ]


SINGLE = {"databaseEngine": "PostgreSQL", "deploymentOption": "Single-AZ", "instanceType": "db.r7g.large"}
MULTI = {**SINGLE, "deploymentOption": "Multi-AZ"}


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        pytest.param(
            [database()],
            [
                ("AmazonRDS", REGION, "InstanceUsage:db.r7g.large", SINGLE, 730),
                ("AmazonRDS", REGION, "RDS:GP3-Storage", {"deploymentOption": "Single-AZ"}, 100),
            ],
            id="one instance",
        ),
        pytest.param(
            [
                database("old", storageType="gp2"),
                database("io1", storageType="io1", iops=3000),
                database("io2", storageType="io2", iops=4000, multiAz=True),
            ],
            [
                ("AmazonRDS", REGION, "InstanceUsage:db.r7g.large", SINGLE, 730),
                ("AmazonRDS", REGION, "RDS:GP2-Storage", {"deploymentOption": "Single-AZ"}, 100),
                ("AmazonRDS", REGION, "InstanceUsage:db.r7g.large", SINGLE, 730),
                ("AmazonRDS", REGION, "RDS:PIOPS-Storage", {"deploymentOption": "Single-AZ"}, 100),
                ("AmazonRDS", REGION, "RDS:PIOPS", {"deploymentOption": "Single-AZ"}, 3000),
                ("AmazonRDS", REGION, "Multi-AZUsage:db.r7g.large", MULTI, 730),
                ("AmazonRDS", REGION, "RDS:Multi-AZ-PIOPS-Storage-IO2", {"deploymentOption": "Multi-AZ"}, 100),
                ("AmazonRDS", REGION, "RDS:Multi-AZ-IO2-PIOPS", {"deploymentOption": "Multi-AZ"}, 4000),
            ],
            id="every type of storage",
        ),
        pytest.param(
            [database(multiAz=True, allocatedStorage=400, iops=20000, storageThroughput=600)],
            [
                ("AmazonRDS", REGION, "Multi-AZUsage:db.r7g.large", MULTI, 730),
                ("AmazonRDS", REGION, "RDS:Multi-AZ-GP3-Storage", {"deploymentOption": "Multi-AZ"}, 400),
                ("AmazonRDS", REGION, "RDS:Multi-AZ-GP3-PIOPS", {"deploymentOption": "Multi-AZ"}, 8000),
                ("AmazonRDS", REGION, "RDS:Multi-AZ-GP3-Throughput", {"deploymentOption": "Multi-AZ"}, 100),
            ],
            id="IOPS and throughput count above what gp3 has",
        ),
        pytest.param(
            [database(), database("replica", allocatedStorage=None, replicateSourceDb="primary", region="eu-north-1")],
            [
                ("AmazonRDS", REGION, "InstanceUsage:db.r7g.large", SINGLE, 730),
                ("AmazonRDS", REGION, "RDS:GP3-Storage", {"deploymentOption": "Single-AZ"}, 100),
                ("AmazonRDS", "eu-north-1", "InstanceUsage:db.r7g.large", SINGLE, 730),
                ("AmazonRDS", "eu-north-1", "RDS:GP3-Storage", {"deploymentOption": "Single-AZ"}, 100),
            ],
            id="a replica has as much storage as its source, at the prices of its own region",
        ),
        pytest.param(
            [resource(types.CACHE, engine="valkey", nodeType="cache.t4g.small", numCacheClusters=3)],
            [("AmazonElastiCache", REGION, "NodeUsage:cache.t4g.small",
              {"cacheEngine": "Valkey", "instanceType": "cache.t4g.small"}, 3 * 730)],
            id="each node",
        ),
        pytest.param(
            [resource(types.CACHE, engine="redis", nodeType="cache.t4g.small", numNodeGroups=3,
                      replicasPerNodeGroup=2)],
            [("AmazonElastiCache", REGION, "NodeUsage:cache.t4g.small",
              {"cacheEngine": "Redis", "instanceType": "cache.t4g.small"}, 9 * 730)],
            id="shards and their replicas",
        ),
        pytest.param(
            [resource(types.ENDPOINT, vpcEndpointType="Interface", subnetIds=["a", "b", "c"])],
            [("AmazonVPC", REGION, "VpcEndpoint-Hours", {}, 3 * 730)],
            id="an endpoint in each zone",
        ),
        pytest.param([resource(types.ENDPOINT, vpcEndpointType="Gateway")], [], id="a gateway costs nothing"),
        pytest.param(
            [
                resource(types.METRIC_ALARM, "plain", period=60),
                resource(types.METRIC_ALARM, "fine", period=10),
                resource(types.METRIC_ALARM, "band", comparisonOperator="GreaterThanUpperThreshold",
                         metricQueries=[{"metric": {"period": 60}}, {"expression": "ANOMALY_DETECTION_BAND(m)"}]),
                resource(types.METRIC_ALARM, "sum", metricQueries=[{"metric": {"period": 60}},
                         {"metric": {"period": 60}}, {"expression": "a + b"}]),
                resource(types.COMPOSITE_ALARM),
            ],
            [
                ("AmazonCloudWatch", REGION, "CW:AlarmMonitorUsage", {}, 1),
                ("AmazonCloudWatch", REGION, "CW:HighResAlarmMonitorUsage", {}, 1),
                ("AmazonCloudWatch", REGION, "CW:AlarmMonitorUsage", {}, 3),
                ("AmazonCloudWatch", REGION, "CW:AlarmMonitorUsage", {}, 2),
                ("AmazonCloudWatch", REGION, "CW:CompositeAlarmMonitorUsage", {}, 1),
            ],
            id="alarms by the metrics they watch",
        ),
        pytest.param(
            [database(instanceClass="db.t4g.micro"), resource(types.PROXY)],
            [
                ("AmazonRDS", REGION, "InstanceUsage:db.t4g.micro", {**SINGLE, "instanceType": "db.t4g.micro"}, 730),
                ("AmazonRDS", REGION, "RDS:GP3-Storage", {"deploymentOption": "Single-AZ"}, 100),
                ("AmazonRDS", REGION, "RDS:ProxyUsage", {"databaseEngine": "PostgreSQL"}, 2 * 730),
            ],
            id="a proxy by its database's vCPUs",
        ),
        pytest.param(
            [resource(types.SECRET), resource(types.KEY), resource(types.NAT_GATEWAY), resource(types.ROLE)],
            [
                ("AWSSecretsManager", REGION, "AWSSecretsManager-Secrets", {}, 1),
                ("awskms", REGION, "KMS-Keys", {}, 1),
                ("AmazonEC2", REGION, "NatGateway-Hours", {}, 730),
            ],
            id="what costs by the month, and what costs nothing",
        ),
    ],
)  # fmt: skip
def test_what_is_billed(resources: list[Resource], expected: list[Any]) -> None:
    assert lines(*resources) == expected


@pytest.mark.parametrize(
    ("held", "says"),
    [
        (database(allocatedStorage="a lot"), "primary: allocatedStorage is not a number: a lot"),
        (database(instanceClass=None), "primary has no instanceClass"),
    ],
)
def test_a_saved_deployment_that_is_none(held: Resource, says: str) -> None:
    with pytest.raises(SavedError, match=says):
        list(billed([held], REGION))


def stack(*resources: Resource) -> list[Resource]:
    components = {each.parent for each in resources if each.parent}
    return [*(resource(f"data-tier:index:{name.title()}", name) for name in components), *resources]


def test_a_month_by_component_with_what_has_no_price_named() -> None:
    resources = stack(
        database(),
        resource(types.SECRET, "a", "credentials"),
        resource(types.SECRET, "b", "credentials"),
        resource(types.KEY, "k", "keys"),
        resource(types.FUNCTION, "f", "keys"),
    )
    prices = {each.product: made_up(each.product, "0.5") for each in billed(resources, REGION) if each.what != "key"}
    made = estimate(resources, REGION, prices)
    assert [(each.component, each.what, each.count, each.usd) for each in made.lines] == [
        ("credentials", "secret", 2, Decimal("1.0")),
        ("keys", "key", 1, None),
        ("postgres", "db.r7g.large Single-AZ", 1, Decimal("365.0")),
        ("postgres", "100 GiB gp3 Single-AZ", 1, Decimal("50.0")),
    ]
    assert made.usd == Decimal("416.0")
    assert [each.what for each in made.unknown] == ["key"]
    assert made.by_use == ("Lambda, by its runs",)


def test_what_a_change_adds() -> None:
    before, after = stack(database()), stack(database(multiAz=True), resource(types.SECRET, "a", "credentials"))
    prices = {each.product: made_up(each.product, "1") for each in billed([*before, *after], REGION)}
    for product in prices:
        if product.usage.startswith("Multi-AZUsage"):
            prices[product] = made_up(product, "2")
    found = changes(estimate(before, REGION, prices), estimate(after, REGION, prices))
    assert found == (
        CostChange(component="postgres", before=Decimal(830), after=Decimal(1560)),
        CostChange(component="credentials", before=Decimal(0), after=Decimal(1)),
    )
    assert [each.adds for each in found] == [730, 1]
    assert changes(estimate(after, REGION, prices), estimate(after, REGION, prices)) == ()


@pytest.mark.parametrize(
    ("quantity", "usd"), [("0", "0"), ("10", "1.0"), ("100", "10.0"), ("150", "12.50"), ("1100", "")]
)
def test_prices_by_quantity(quantity: str, usd: str) -> None:
    price = made_up(Product(service="s", region=REGION, usage="u"), "0.1", "0.05", "0.025", begin=("0", "100", "600"))
    expected = Decimal(usd or "47.5")
    assert price.of(Decimal(quantity)) == expected


@pytest.mark.parametrize(
    ("usagetype", "is_it"),
    [
        ("RDS:GP3-Storage", True),
        ("EUC1-RDS:GP3-Storage", True),
        ("EU-RDS:Multi-AZ-GP3-Storage", False),
        ("RDS:GP3-Storage-Mirror", False),
        ("", False),
    ],
)
def test_a_usage_type_has_its_regions_name_before_it(usagetype: str, is_it: bool) -> None:
    assert Product(service="AmazonRDS", region=REGION, usage="RDS:GP3-Storage").is_usage(usagetype) is is_it
