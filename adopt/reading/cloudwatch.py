"""CloudWatch: the alarms on the servers, and those of names that the stack would take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from adopt.estate import Described
from adopt.reading import calls
from adopt.reading.ask import Asking

DIMENSIONS = frozenset({"DBInstanceIdentifier", "CacheClusterId", "ReplicationGroupId"})
"""By which an alarm is on a server (CloudWatch metrics of Amazon RDS and of ElastiCache)."""


def alarms(ask: Asking, region: str, prefix: str) -> tuple[Described, ...]:
    """Every alarm on a metric, and the composite ones that begin with the prefix."""
    single = ask.soon(ask.all, calls.ALARMS, region, AlarmTypes=["MetricAlarm"], MaxRecords=100)
    composite = ask.soon(
        ask.all, calls.COMPOSITES, region, AlarmTypes=["CompositeAlarm"], AlarmNamePrefix=f"{prefix}-", MaxRecords=100
    )
    return (*single.result(), *composite.result())


def of_servers(alarms: Iterable[Described], servers: set[str], prefix: str) -> tuple[Described, ...]:
    """Alarms on one of the servers, or of a name that the stack would take."""
    return tuple(each for each in alarms if _named(each, prefix) or _watched(each) & servers)


def _named(alarm: Described, prefix: str) -> bool:
    return str(alarm["AlarmName"]).startswith(f"{prefix}-")


def _watched(alarm: Described) -> set[str]:
    """Servers in an alarm's dimensions: of its metric, or of those that its expression is over."""
    over = (each.get("MetricStat", {}).get("Metric", {}).get("Dimensions") or () for each in alarm.get("Metrics") or ())
    dimensions = [*(alarm.get("Dimensions") or ()), *(dimension for each in over for dimension in each)]
    return {str(each["Value"]) for each in dimensions if each["Name"] in DIMENSIONS}


def told(alarms: Iterable[Described]) -> Iterator[str]:
    """ARNs of the topics that alarms tell."""
    for alarm in alarms:
        for key in ("AlarmActions", "OKActions", "InsufficientDataActions"):
            yield from (str(each) for each in alarm.get(key) or () if ":sns:" in str(each))
