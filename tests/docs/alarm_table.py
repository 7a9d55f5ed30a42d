"""The alarm table of each runbook, rendered from the sizing code for the servers of the `prod` profile."""

from __future__ import annotations

from collections.abc import Iterator

from components.sizing.classes import GIB, cache_class, rds_class
from components.sizing.postgres import max_connections
from components.sizing.thresholds import AlarmSpec, postgres_alarms, redis_alarms

BYTES = {
    "FreeStorageSpace",
    "FreeableMemory",
    "OldestReplicationSlotLag",
    "SwapUsage",
    "TransactionLogsDiskUsage",
}
SECONDS = {"ReadLatency", "WriteLatency", "ReplicaLag", "ReplicationLag"}
PERCENT = {
    "CPUUtilization",
    "DatabaseMemoryUsagePercentage",
    "EBSByteBalance%",
    "EBSIOBalance%",
    "EngineCPUUtilization",
}


def tables() -> dict[str, str]:
    """Runbook (file name) -> its table."""
    rows: dict[str, dict[str, str]] = {}
    for server, alarm in _examples():
        # The first server that has an alarm speaks for it: prod's own where it has one.
        rows.setdefault(alarm.runbook.rpartition("/")[2], {}).setdefault(alarm.key, _row(server, alarm))
    return {page: "\n".join([*HEAD, *lines.values()]) for page, lines in rows.items()}


HEAD = ("| Alarm | Rings when | On | Why this number | What it means |", "| --- | --- | --- | --- | --- |")


def _examples() -> Iterator[tuple[str, AlarmSpec]]:
    for name in ("db.r7g.large", "db.t4g.medium"):
        cls = rds_class(name)
        for replica in (False, True):
            alarms = postgres_alarms(
                cls,
                max_connections=max_connections(cls.memory_bytes),
                allocated_gib=100,
                max_allocated_gib=1000,
                replica=replica,
                lag_critical_seconds=1,
            )
            yield from ((f"{name}, 100 of 1000 GiB", alarm) for alarm in alarms)
    for name, eviction in (
        ("cache.r7g.large", "volatile-lru"),
        ("cache.r7g.large", "allkeys-lru"),
        ("cache.r7g.xlarge", "volatile-lru"),
        ("cache.t4g.micro", "volatile-lru"),
    ):
        nodes = redis_alarms(cache_class(name), eviction=eviction, replicas=2, cluster_mode=False)
        yield from ((f"{name}, {eviction}", alarm) for alarm in nodes)


def _row(server: str, alarm: AlarmSpec) -> str:
    cells = (f"`{alarm.key}` {alarm.severity}", _rule(alarm), server, alarm.source, alarm.meaning)
    return f"| {' | '.join(cells)} |"


def _rule(alarm: AlarmSpec) -> str:
    sign = ">" if alarm.comparison == "GreaterThanThreshold" else "<"
    minutes = alarm.period // 60
    if alarm.datapoints == alarm.evaluation_periods:
        span = f"for {minutes * alarm.evaluation_periods} min"
    else:
        span = f"in {alarm.datapoints} of {alarm.evaluation_periods} periods of {minutes} min"
    silence = ", or silent" if alarm.missing == "breaching" else ""
    return f"{alarm.statistic} `{alarm.metric}` {sign} {_amount(alarm)} {span}{silence}"


def _amount(alarm: AlarmSpec) -> str:
    if alarm.metric in BYTES:
        unit, size = ("GiB", GIB) if alarm.threshold >= GIB else ("MiB", 1024**2)
        return f"{alarm.threshold / size:.3g} {unit}"
    if alarm.metric in SECONDS:
        return f"{alarm.threshold:g} s"
    return f"{alarm.threshold:,.10g}{' %' if alarm.metric in PERCENT else ''}"
