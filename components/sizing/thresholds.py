"""CloudWatch alarms of an RDS instance and of an ElastiCache node, thresholds computed from class, size and limits.

Words, periods and treatment of missing data are in `postgres_alarms.toml` and `redis_alarms.toml`. What a class or a
cache does not have (CPU credits, EBS bursts, evictions under `noeviction`) gets no alarm: one that can never ring, or
always does, is worse than none.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from typing import Any

from components.sizing.classes import GIB, CacheClass, RdsClass

MIB = 1024**2
MILLION = 10**6
LATENCY_SECONDS = 0.02
GP3_LARGE_GIB = 400
"""From here RDS stripes gp3 over four volumes: 12000 IOPS instead of 3000.
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html"""


class Comparison(StrEnum):
    """On which side of the threshold a datapoint breaches."""

    ABOVE = "GreaterThanThreshold"
    """Above it."""
    BELOW = "LessThanThreshold"
    """Below it."""


class MissingData(StrEnum):
    """What CloudWatch makes of a period without a datapoint."""

    BREACHING = "breaching"
    """Silence is the fault."""
    NOT_BREACHING = "notBreaching"
    """Silence is health: the metric exists only while something happens."""
    MISSING = "missing"
    """The alarm has insufficient data."""
    IGNORE = "ignore"
    """The alarm stays as it is."""


class Severity(StrEnum):
    """How soon somebody has to look."""

    CRITICAL = "critical"
    """Now: somebody is woken."""
    WARNING = "warning"
    """Within the working day."""
    INFO = "info"
    """Good to know."""


@dataclass(frozen=True, kw_only=True)
class AlarmSpec:
    """One alarm on one metric of one server; the server itself is added where the alarm is made."""

    key: str
    """Name within the server, e.g. `storage-low`."""
    metric: str
    """CloudWatch metric."""
    namespace: str
    """CloudWatch namespace, e.g. `AWS/RDS`."""
    statistic: str
    """`Average`, `Maximum`, ... or a percentile such as `p90`."""
    comparison: Comparison
    """On which side of the threshold it breaches."""
    threshold: float
    """Threshold, in the metric's own unit."""
    period: int
    """Seconds."""
    evaluation_periods: int
    """How many periods are looked at."""
    datapoints: int
    """How many of those periods must breach."""
    missing: MissingData
    """What a period without data counts as."""
    severity: Severity
    """How soon somebody has to look."""
    meaning: str
    """What is wrong when it rings, one sentence."""
    first_steps: Sequence[str]
    """What to do first, in order."""
    runbook: str
    """Path in the repository."""
    source: str
    """Where the threshold comes from."""

    @property
    def description(self) -> str:
        """What the alarm says of itself; CloudWatch takes 1024 characters."""
        steps = " ".join(f"{number}. {step}" for number, step in enumerate(self.first_steps, start=1))
        return f"{self.meaning} First: {steps} Runbook: {self.runbook}. Threshold: {self.source}."


def postgres_alarms(
    cls: RdsClass,
    *,
    max_connections: int,
    allocated_gib: int,
    max_allocated_gib: int,
    replica: bool,
    lag_critical_seconds: float,
    iops: int | None = None,
) -> tuple[AlarmSpec, ...]:
    """Return the alarms of one instance.

    :param max_allocated_gib: storage autoscaling's maximum; 0, or no more than allocated, where it is off.
    :param iops: what the volume was given, where that is more than gp3's own.
    """
    allocated = allocated_gib * GIB
    low, shrinking = _storage(allocated_gib * GIB, max_allocated_gib * GIB)
    volume_iops = iops or (12000 if allocated_gib >= GP3_LARGE_GIB else 3000)
    thresholds: dict[str, float] = {
        "down": 0,
        "storage-low": low,
        "storage-shrinking": shrinking,
        "connections-critical": 0.9 * max_connections,
        "connections-high": 0.8 * max_connections,
        "cpu-high": 90,
        "load-high": cls.vcpu,
        "memory-low": cls.memory_bytes * (0.25 if cls.memory_gib > 2 else 0.1),
        "swap-used": min(256 * MIB, cls.memory_bytes // 10),
        "read-latency": LATENCY_SECONDS,
        "write-latency": LATENCY_SECONDS,
        "disk-queue": min(volume_iops, cls.ebs_baseline_iops) * LATENCY_SECONDS,
    }
    if replica:
        thresholds |= {"replication-stopped": 0, "replica-lag": lag_critical_seconds}
    else:
        thresholds |= {
            "transaction-ids-critical": 1000 * MILLION,
            "transaction-ids-high": 500 * MILLION,
            "slot-wal-critical": allocated // 5,
            "slot-wal-high": allocated // 10,
            "wal-disk-usage": allocated // 5,
        }
    if cls.ebs_burst:
        thresholds |= {"ebs-io-balance": 10, "ebs-byte-balance": 10}
    if cls.burstable:
        thresholds["cpu-credits"] = cls.cpu_credits // 5
    return _specs("AWS/RDS", _POSTGRES, thresholds, "a larger class")


def _storage(allocated: int, maximum: int) -> tuple[int, int]:
    """Return the critical and the warning limit of free bytes.

    RDS grows a volume at 10 % free, so with autoscaling only less than that means trouble: half of it, or 1 % of the
    maximum that the volume may have grown to, but never so much that an ordinary growth rings.
    """
    if maximum <= allocated:
        return allocated // 10, allocated // 5
    return min(max(allocated // 20, maximum // 100), allocated * 8 // 100), allocated // 10


def redis_alarms(cls: CacheClass, *, eviction: str, replicas: int, cluster_mode: bool) -> tuple[AlarmSpec, ...]:
    """Return the alarms of one node; `replicas` is per shard, and any node may become its shard's primary."""
    thresholds: dict[str, float] = {
        "down": 0,
        "connections-high": 0.8 * cls.maxclients,
        "connections-dropped": 0,
        "authentication-failures": 0,
        "command-failures": 0,
        "key-failures": 0,
        "swap-used": min(50 * MIB, cls.maxmemory_bytes // 10),
        "traffic-managed": 0,
    }
    if eviction.startswith("allkeys-"):
        thresholds |= {"memory-full": 95, "evictions-many": 100}
    else:
        thresholds |= {"memory-critical": 95, "memory-high": 85}
    if eviction.startswith("volatile-"):
        thresholds["evictions"] = 0
    if cls.vcpu >= 4:
        thresholds["engine-cpu-high"] = 90
    else:
        thresholds["cpu-high"] = 90 / cls.vcpu
    if replicas:
        thresholds["replication-lag"] = 10
    if cls.burstable:
        thresholds["cpu-credits"] = cls.cpu_credits // 5
    larger = "a larger node type or another shard" if cluster_mode else "a larger node type"
    return _specs("AWS/ElastiCache", _REDIS, thresholds, larger)


def _read(name: str) -> dict[str, dict[str, Any]]:
    return tomllib.loads(files(__package__).joinpath(name).read_text("utf-8"))


_POSTGRES = _read("postgres_alarms.toml")
_REDIS = _read("redis_alarms.toml")


def _specs(
    namespace: str, words: Mapping[str, Any], thresholds: Mapping[str, float], larger: str
) -> tuple[AlarmSpec, ...]:
    """Join numbers and words, in the order of the catalogue; `larger` is what the server can grow to."""
    return tuple(_spec(key, namespace, words[key], thresholds[key], larger) for key in words if key in thresholds)


def _spec(key: str, namespace: str, words: Mapping[str, Any], threshold: float, larger: str) -> AlarmSpec:
    period, evaluation_periods, datapoints = words["evaluation"]
    return AlarmSpec(
        key=key,
        metric=words["metric"],
        namespace=namespace,
        statistic=words["statistic"],
        comparison=Comparison(words["comparison"]),
        threshold=float(threshold),
        period=period,
        evaluation_periods=evaluation_periods,
        datapoints=datapoints,
        missing=MissingData(words["missing"]),
        severity=Severity(words["severity"]),
        meaning=words["meaning"],
        first_steps=tuple(step.replace("{larger}", larger) for step in words["first_steps"]),
        runbook=f"docs/runbooks/{words['runbook']}.md",
        source=words["source"],
    )
