"""From a stack's resources to what is billed for them. Pure.

Usage types and attributes are those that AWS's price list has: AWS's own "CloudWatch billing and cost" page for
CloudWatch's, and for the others those by which infracost (internal/resources/aws) finds its prices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from cost.product import HOURS, Product
from graph import types
from graph.replica import replica_source
from graph.resource import Resource
from graph.saved import SavedError
from knowledge.classes import UnknownClassError, rds_class
from knowledge.storage import PROVISIONED, base_iops, base_throughput

_ONE = Decimal(1)
_ANOMALY = ("LessThanLowerOrGreaterThanUpperThreshold", "LessThanLowerThreshold", "GreaterThanUpperThreshold")


@dataclass(frozen=True, kw_only=True)
class Billed:
    """One line of a month's bill."""

    resource: Resource
    what: str
    product: Product
    quantity: Decimal
    """A month, in the product's unit."""


@dataclass(frozen=True, kw_only=True)
class _Stack:
    region: str
    by_identifier: Mapping[str, Resource]
    """Database instances."""

    def region_of(self, resource: Resource) -> str:
        return str(resource.inputs.get("region") or self.region)

    def source(self, resource: Resource) -> Resource | None:
        """Whose read replica it is."""
        return self.by_identifier.get(replica_source(resource.inputs) or "")


BY_USE: dict[str, str] = {
    types.FUNCTION: "Lambda, by its runs",
    types.LOG_GROUP: "logs, by what is written",
    types.BUCKET: "S3, by what is stored",
    types.VAULT: "backups, by what is stored",
    types.TOPIC: "notifications, by what is sent",
    types.TASK_DEFINITION: "tasks on Fargate, by their runs",
    types.DASHBOARD: "dashboards: the first three of an account are free",
}
"""Types that cost by how much they are used: what a stack declares does not say it."""


def billed(resources: Sequence[Resource], region: str) -> Iterator[Billed]:
    """What is billed for them by the month. `region` is that of the resources that name none."""
    databases = {str(each.inputs.get("identifier")): each for each in resources if each.type == types.INSTANCE}
    stack = _Stack(region=region, by_identifier=databases)
    for each in resources:
        if (biller := _BILLERS.get(each.type)) is not None:
            yield from biller(stack, each)


def _database(stack: _Stack, resource: Resource) -> Iterator[Billed]:
    held, region = resource.inputs, stack.region_of(resource)
    instance_class, twice = _text(resource, "instanceClass"), bool(held.get("multiAz"))
    option = "Multi-AZ" if twice else "Single-AZ"
    usage = f"{'Multi-AZUsage' if twice else 'InstanceUsage'}:{instance_class}"
    engine = (("databaseEngine", "PostgreSQL"), ("deploymentOption", option), ("instanceType", instance_class))
    yield Billed(
        resource=resource,
        what=f"{instance_class} {option}",
        product=Product(service="AmazonRDS", region=region, usage=usage, attributes=engine),
        quantity=Decimal(HOURS),
    )
    source = stack.source(resource)
    size = _number(resource, "allocatedStorage") or (_number(source, "allocatedStorage") if source else Decimal(0))
    kind = str(held.get("storageType") or "gp3")
    for usage, what, quantity in _volume(resource, kind, size):
        if quantity > 0:
            yield Billed(
                resource=resource,
                what=f"{quantity} {what} {option}",
                product=Product(
                    service="AmazonRDS",
                    region=region,
                    usage=f"RDS:{'Multi-AZ-' if twice else ''}{usage}",
                    attributes=(("deploymentOption", option),),
                ),
                quantity=quantity,
            )


def _volume(resource: Resource, kind: str, size: Decimal) -> Iterator[tuple[str, str, Decimal]]:
    """Usage, what it is and how much of it, of a volume of so many GiB.

    The price list calls io1 only PIOPS, and has the two usages of io2 the other way about.
    """
    iops = _number(resource, "iops")
    if kind == "gp2":
        yield "GP2-Storage", "GiB gp2", size
    elif kind in PROVISIONED:
        storage, speed = {"io1": ("PIOPS-Storage", "PIOPS"), "io2": ("PIOPS-Storage-IO2", "IO2-PIOPS")}[kind]
        yield storage, f"GiB {kind}", size
        yield speed, f"IOPS of {kind}", iops
    else:
        yield "GP3-Storage", "GiB gp3", size
        yield "GP3-PIOPS", "IOPS above what gp3 has", iops - base_iops(int(size))
        more = _number(resource, "storageThroughput") - base_throughput(int(size))
        yield "GP3-Throughput", "MiB/s above what gp3 has", more


def _cache(stack: _Stack, resource: Resource) -> Iterator[Billed]:
    shards = int(_number(resource, "numNodeGroups"))
    replicas = int(_number(resource, "replicasPerNodeGroup"))
    nodes = int(_number(resource, "numCacheClusters")) or max(shards, 1) * (1 + replicas)
    engine, node_type = _text(resource, "engine").capitalize(), _text(resource, "nodeType")
    yield Billed(
        resource=resource,
        what=f"{nodes} {node_type} {engine}",
        product=Product(
            service="AmazonElastiCache",
            region=stack.region_of(resource),
            usage=f"NodeUsage:{node_type}",
            attributes=(("cacheEngine", engine), ("instanceType", node_type)),
        ),
        quantity=Decimal(nodes * HOURS),
    )


def _endpoint(stack: _Stack, resource: Resource) -> Iterator[Billed]:
    if resource.inputs.get("vpcEndpointType") != "Interface":
        return  # a gateway costs nothing
    zones = len(resource.inputs.get("subnetIds") or ()) or 1
    product = Product(service="AmazonVPC", region=stack.region_of(resource), usage="VpcEndpoint-Hours")
    yield Billed(
        resource=resource,
        what=f"endpoint in {zones} zones",
        product=product,
        quantity=Decimal(zones * HOURS),
    )


def _alarm(stack: _Stack, resource: Resource) -> Iterator[Billed]:
    held = resource.inputs
    queries = [each for each in held.get("metricQueries") or () if each.get("metric")]
    metrics = max(len(queries), 1)
    if held.get("comparisonOperator") in _ANOMALY:
        metrics *= 3
    periods = [held.get("period"), *(each["metric"].get("period") for each in queries)]
    fine = any(isinstance(each, int | float) and each < 60 for each in periods)
    usage = "CW:HighResAlarmMonitorUsage" if fine else "CW:AlarmMonitorUsage"
    product = Product(service="AmazonCloudWatch", region=stack.region_of(resource), usage=usage)
    yield Billed(resource=resource, what="alarm metrics", product=product, quantity=Decimal(metrics))


def _proxy(stack: _Stack, resource: Resource) -> Iterator[Billed]:
    primary = next((each for each in stack.by_identifier.values() if stack.source(each) is None), None)
    if primary is None:
        return
    try:
        vcpu = rds_class(_text(primary, "instanceClass")).vcpu
    except UnknownClassError:
        return
    product = Product(
        service="AmazonRDS",
        region=stack.region_of(resource),
        usage="RDS:ProxyUsage",
        attributes=(("databaseEngine", "PostgreSQL"),),
    )
    # RDS's price page: at least two vCPUs.
    yield Billed(
        resource=resource,
        what=f"proxy for {vcpu} vCPUs",
        product=product,
        quantity=Decimal(max(vcpu, 2) * HOURS),
    )


def _each(
    service: str, usage: str, what: str, *, hourly: bool = False
) -> Callable[[_Stack, Resource], Iterator[Billed]]:
    def lines(stack: _Stack, resource: Resource) -> Iterator[Billed]:
        product = Product(service=service, region=stack.region_of(resource), usage=usage)
        quantity = Decimal(HOURS) if hourly else _ONE
        yield Billed(resource=resource, what=what, product=product, quantity=quantity)

    return lines


_BILLERS: dict[str, Callable[[_Stack, Resource], Iterator[Billed]]] = {
    types.INSTANCE: _database,
    types.CACHE: _cache,
    types.ENDPOINT: _endpoint,
    types.METRIC_ALARM: _alarm,
    types.PROXY: _proxy,
    types.COMPOSITE_ALARM: _each("AmazonCloudWatch", "CW:CompositeAlarmMonitorUsage", "composite alarm"),
    types.NAT_GATEWAY: _each("AmazonEC2", "NatGateway-Hours", "NAT gateway", hourly=True),
    types.KEY: _each("awskms", "KMS-Keys", "key"),
    types.SECRET: _each("AWSSecretsManager", "AWSSecretsManager-Secrets", "secret"),
}


def _number(resource: Resource, key: str) -> Decimal:
    """An input as a number; 0 where it is absent. Raise SavedError for text, which only a saved deployment can hold."""
    value: Any = resource.inputs.get(key) or 0
    try:
        return Decimal(str(value))
    except ArithmeticError:
        raise SavedError(f"{resource.name}: {key} is not a number: {value}") from None


def _text(resource: Resource, key: str) -> str:
    """An input that a resource of its type always has. Raise SavedError."""
    if not (value := resource.inputs.get(key)):
        raise SavedError(f"{resource.name} has no {key}")
    return str(value)
