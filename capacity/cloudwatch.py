"""The history that CloudWatch has: fifteen months by the hour, without anybody having sampled it.

RDS User Guide, "Amazon CloudWatch metrics for Amazon RDS"; ElastiCache User Guide, "Metrics for Valkey and Redis OSS";
CloudWatch User Guide, "Metrics retention": an hour's data stay 455 days.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bootstrap.aws import aws_client
from capacity import names
from capacity.refused import refusal
from capacity.report import Source
from capacity.room import CacheRoom, DatabaseRoom
from capacity.series import Series

DAYS = 400
"""Days that are asked for."""
_DAY, _HOUR = 86_400, 3_600
_QUERIES = 500
"""Queries of one call (GetMetricData, MetricDataQueries)."""
_RIGHT = "cloudwatch:GetMetricData and elasticache:DescribeReplicationGroups"


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One metric, and the series that it becomes a part of."""

    name: str
    """CloudWatch's."""
    series: str
    """As in `capacity.names`; values of several metrics at one moment are added up."""
    statistic: str
    period: int = _DAY
    """Seconds. What fills up is asked for by the day; of a load an hour's average is what wears on."""


DATABASE = (
    Metric(name="FreeStorageSpace", series=names.STORAGE, statistic="Minimum"),
    Metric(name="DatabaseConnections", series=names.CONNECTIONS, statistic="Maximum"),
    Metric(name="FreeableMemory", series=names.FREEABLE, statistic="Minimum"),
    Metric(name="MaximumUsedTransactionIDs", series=names.TRANSACTION_IDS, statistic="Maximum"),
    Metric(name="ReadIOPS", series=names.IOPS, statistic="Average", period=_HOUR),
    Metric(name="WriteIOPS", series=names.IOPS, statistic="Average", period=_HOUR),
    Metric(name="ReadThroughput", series=names.THROUGHPUT, statistic="Average", period=_HOUR),
    Metric(name="WriteThroughput", series=names.THROUGHPUT, statistic="Average", period=_HOUR),
    Metric(name="CPUUtilization", series=names.CPU, statistic="Average", period=_HOUR),
)
CACHE = (
    Metric(name="BytesUsedForCache", series=names.MEMORY, statistic="Maximum"),
    Metric(name="CurrConnections", series=names.CLIENTS, statistic="Maximum"),
    Metric(name="EngineCPUUtilization", series=names.CPU, statistic="Average", period=_HOUR),
)
Values = dict[datetime.datetime, float]


def history(
    databases: Iterable[DatabaseRoom], caches: Iterable[CacheRoom], now: datetime.datetime
) -> tuple[tuple[Series, ...], tuple[Source, ...]]:
    """What CloudWatch has of every server that it knows, and of each whether it could be had."""
    series: list[Series] = []
    sources: list[Source] = []
    rooms: tuple[DatabaseRoom | CacheRoom, ...] = (*databases, *caches)
    for room in rooms:
        if not room.identifier:
            continue
        said = ""
        try:
            found = tuple(_database(room, now) if isinstance(room, DatabaseRoom) else _cache(room, now))
            if not found:
                said = f"CloudWatch has nothing of {room.identifier}: it is new, or in another region"
        except Exception as error:
            refused = refusal(error, "CloudWatch's history could not be had", _RIGHT)
            if refused is None:
                raise
            found, said = (), refused
        series += found
        sources.append(source("CloudWatch", room.node, found, said))
    return tuple(series), tuple(sources)


def source(kind: str, node: str, found: Sequence[Series], said: str) -> Source:
    """What there is to say about the series of one node."""
    times = [edge for each in found if each.times for edge in (each.times[0], each.times[-1])]
    return Source(
        node=node,
        kind=kind,
        series=len(found),
        since=min(times).date() if times else None,
        until=max(times).date() if times else None,
        said=said,
    )


def _database(room: DatabaseRoom, now: datetime.datetime) -> Iterator[Series]:
    asked = [(metric, {"DBInstanceIdentifier": room.identifier}) for metric in DATABASE]
    found = _summed(_asked(room.region, "AWS/RDS", asked, now))
    for name, values in found.items():
        if name != names.STORAGE:
            yield _series(name, room.node, values)
        elif room.allocated_bytes is not None:
            yield _series(name, room.node, {when: room.allocated_bytes - free for when, free in values.items()})


def _cache(room: CacheRoom, now: datetime.datetime) -> Iterator[Series]:
    """Of several nodes the one that is highest: it is the first to run out."""
    groups = aws_client("elasticache", room.region, None).describe_replication_groups(
        ReplicationGroupId=room.identifier
    )
    nodes = [each for group in groups["ReplicationGroups"] for each in group.get("MemberClusters", ())]
    asked = [(metric, {"CacheClusterId": node}) for node in nodes for metric in CACHE]
    highest: defaultdict[str, Values] = defaultdict(dict)
    for (metric, _), values in _asked(room.region, "AWS/ElastiCache", asked, now):
        of = highest[metric.series]
        for when, value in values.items():
            of[when] = max(value, of.get(when, value))
    for name, values in highest.items():
        yield _series(name, room.node, values)


_Asked = tuple[Metric, Mapping[str, str]]


def _asked(
    region: str, namespace: str, asked: Sequence[_Asked], now: datetime.datetime
) -> Iterator[tuple[_Asked, Values]]:
    """Each metric with its values; those without any are left out."""
    client = aws_client("cloudwatch", region, None)
    end = now.replace(minute=0, second=0, microsecond=0)
    start = end.replace(hour=0) - datetime.timedelta(days=DAYS)
    for first in range(0, len(asked), _QUERIES):
        some = asked[first : first + _QUERIES]
        queries = [_query(f"m{index}", namespace, *each) for index, each in enumerate(some)]
        found: dict[str, Values] = {}
        for page in client.get_paginator("get_metric_data").paginate(
            MetricDataQueries=queries, StartTime=start, EndTime=end, ScanBy="TimestampAscending"
        ):
            for result in page["MetricDataResults"]:
                found.setdefault(result["Id"], {}).update(zip(result["Timestamps"], result["Values"], strict=True))
        for index, each in enumerate(some):
            if values := found.get(f"m{index}"):
                yield each, values


def _query(number: str, namespace: str, metric: Metric, dimensions: Mapping[str, str]) -> dict[str, Any]:
    return {
        "Id": number,
        "MetricStat": {
            "Metric": {
                "Namespace": namespace,
                "MetricName": metric.name,
                "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
            },
            "Period": metric.period,
            "Stat": metric.statistic,
        },
        "ReturnData": True,
    }


def _summed(found: Iterable[tuple[_Asked, Values]]) -> dict[str, Values]:
    """Series by name; a moment that one of its metrics lacks is left out, as half of a sum would look like less."""
    parts: defaultdict[str, list[Values]] = defaultdict(list)
    for (metric, _), values in found:
        parts[metric.series].append(values)
    return {
        name: {when: sum(each[when] for each in some) for when in sorted(set(some[0]).intersection(*some[1:]))}
        for name, some in parts.items()
    }


def _series(name: str, node: str, values: Values) -> Series:
    times = sorted(values)
    return Series(name=name, node=node, unit=names.unit_of(name), times=times, values=[values[each] for each in times])
