"""Which metrics AWS publishes, under exactly which dimensions and how often: what an alarm must match to see any data.

`metrics.csv` lists what this kind of stack has; a `|` parts dimension sets of which each is published, a `+` the
dimensions of one set. Sources:
AWS/RDS https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-metrics.html, .../rds-proxy.monitoring.html
AWS/ElastiCache https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.HostLevel.html,
.../CacheMetrics.Redis.html, .../CacheMetrics.Memcached.html; the sets of its alarms as AWS recommends them:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Best_Practice_Recommended_Alarms_AWS_Services.html
AWS/Lambda https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
AWS/SNS https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html
AWS/SQS https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
AWS/Backup https://docs.aws.amazon.com/aws-backup/latest/devguide/cloudwatch.html
AWS/Events https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html
"""

from __future__ import annotations

import csv
import difflib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from graph import types
from graph.replica import replica_source
from graph.resource import Resource
from graph.types import CACHE, INSTANCE

CACHE_NODE = "0001"
"""The one node of each cluster of a replication group."""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A metric as a service publishes it."""

    namespace: str
    name: str
    engine: str
    """`any`, or the one whose servers publish it."""
    seconds: int
    """Between two data points."""
    dimensions: tuple[frozenset[str], ...]
    """Sets of which each identifies one server."""
    needs: str
    """What a server must be or have to publish it, empty for nothing."""


@cache
def catalogue() -> dict[tuple[str, str], tuple[Metric, ...]]:
    """(namespace, metric) -> the forms in which it is published."""
    found: dict[tuple[str, str], tuple[Metric, ...]] = {}
    with files(__package__).joinpath("metrics.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            metric = Metric(
                namespace=row["namespace"],
                name=row["metric"],
                engine=row["engine"],
                seconds=int(row["seconds"]),
                dimensions=tuple(frozenset(one.split("+")) for one in row["dimensions"].split("|")),
                needs=row["needs"],
            )
            key = (metric.namespace, metric.name)
            found[key] = (*found.get(key, ()), metric)
    return found


def similar(namespace: str, name: str) -> str:
    """A hint at the metric that may be meant."""
    names = [known for space, known in catalogue() if space == namespace]
    near = difflib.get_close_matches(name, names, n=1)
    return f"; {near[0]} is" if near else ""


def engine(server: Resource) -> str:
    """The engine of a server, in the catalogue's words."""
    if server.type == INSTANCE:
        return str(server.inputs.get("engine") or "postgres")
    if server.type == CACHE:
        return "memcached" if server.inputs.get("engine") == "memcached" else "redis"
    return "proxy" if server.type == types.PROXY else "any"


def has(needed: str, server: Resource) -> bool:
    """Whether a server is or has what a metric needs."""
    return not needed or _NEEDS[needed](server)


_NEEDS: dict[str, Callable[[Resource], bool]] = {
    "burstable": lambda s: str(s.inputs.get("instanceClass") or s.inputs.get("nodeType")).split(".")[1][:1] == "t",
    "gp2": lambda s: s.inputs.get("storageType") == "gp2",
    "replica": lambda s: replica_source(s.inputs) is not None,
    "insights": lambda s: bool(s.inputs.get("performanceInsightsEnabled")),
    "log volume": lambda s: bool(s.inputs.get("dedicatedLogVolume")),
    "node replica": lambda s: (s.inputs.get("replicasPerNodeGroup") or 0) + (s.inputs.get("numCacheClusters") or 1) > 1,
}
