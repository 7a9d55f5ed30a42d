"""Each alarm of an ElastiCache node as the exporter's metrics have it, or why they cannot."""

from __future__ import annotations

from boards.expression import Expression, Increase, Metric, Where
from boards.rules.recorded import CLIENTS, MAIN_THREAD, MEMORY
from boards.rules.watched import Watched
from knowledge.alarms.redis_thresholds import MEMORY_CRITICAL, MEMORY_HIGH

_HOST = "of the host, which ElastiCache shows to CloudWatch alone"


def _under(of: Expression, policy: str) -> Where:
    """Only nodes with such a maxmemory-policy: an allkeys cache is full by design."""
    return Where(of, Metric("redis_instance_info", (("maxmemory_policy", "=~", policy),)))


def _full(percent: float, policy: str) -> dict[str, str]:
    return {
        "redis_memory_used_bytes": f"{percent * 10:g}x600",
        "redis_memory_max_bytes": "1000x600",
        f'redis_instance_info{{maxmemory_policy="{policy}"}}': "1x600",
    }


def _evicted(counted: str, policy: str) -> dict[str, str]:
    return {
        "redis_evicted_keys_total": counted,
        f'redis_instance_info{{maxmemory_policy="{policy}"}}': "1x600",
    }


def _clients(count: int) -> dict[str, str]:
    return {"redis_connected_clients": f"{count}x600", "redis_max_clients": "100x600"}


def _busy(share: float) -> dict[str, str]:
    """Seconds of processor at each of promtool's steps, a quarter of a minute."""
    return {
        "redis_cpu_sys_main_thread_seconds_total": f"0+{share * 5:g}x600",
        "redis_cpu_user_main_thread_seconds_total": f"0+{share * 10:g}x600",
    }


def _denied(what: str) -> Watched:
    counter = f"redis_acl_access_denied_{what}_total"
    return Watched(
        value=Increase(Metric(counter), 300),
        rings={counter: "0+1x600"},
        # One mistake is none: it counts in one period of three.
        rests={counter: "0x20 1x600"},
    )


_NOT_ALLKEYS, _ALLKEYS, _VOLATILE = "noeviction|volatile-.*", "allkeys-.*", "volatile-.*"
_LAG = 'redis_connected_slave_lag_seconds{slave_ip="10.0.0.7", slave_port="6379", slave_state="online"}'

REDIS: dict[str, Watched | str] = {
    "down": Watched(
        value=Metric("redis_up"),
        sign="==",
        rings={"redis_up": "0x600"},
        rests={"redis_up": "1x600"},
    ),
    "memory-critical": Watched(
        value=_under(MEMORY, _NOT_ALLKEYS),
        limit=MEMORY_CRITICAL / 100,
        rings=_full(95.1, "volatile-lru"),
        rests=_full(95, "volatile-lru"),
    ),
    "memory-high": Watched(
        value=_under(MEMORY, _NOT_ALLKEYS),
        limit=MEMORY_HIGH / 100,
        rings=_full(85.1, "noeviction"),
        rests=_full(99, "allkeys-lru"),
    ),
    "memory-full": Watched(
        value=_under(MEMORY, _ALLKEYS),
        limit=MEMORY_CRITICAL / 100,
        rings=_full(95.1, "allkeys-lfu"),
        rests=_full(95, "allkeys-lfu"),
    ),
    "replication-lag": Watched(
        value=Metric("redis_connected_slave_lag_seconds"),
        limit=10,
        rings={_LAG: "11x600"},
        rests={_LAG: "10x600"},
        labels={"slave_ip": "10.0.0.7", "slave_port": "6379", "slave_state": "online"},
    ),
    "engine-cpu-high": Watched(value=MAIN_THREAD, limit=0.9, rings=_busy(0.95), rests=_busy(0.85)),
    "cpu-high": f"{_HOST}; engine-cpu-high watches the thread that it stands for on small nodes",
    "evictions": Watched(
        value=_under(Increase(Metric("redis_evicted_keys_total"), 60), _VOLATILE),
        rings=_evicted("0+1x600", "volatile-lru"),
        rests=_evicted("0+1x600", "allkeys-lru"),
    ),
    "evictions-many": Watched(
        value=_under(Increase(Metric("redis_evicted_keys_total"), 600), _ALLKEYS),
        limit=100,
        rings=_evicted("0+3x600", "allkeys-lru"),
        rests=_evicted("0+2x600", "allkeys-lru"),
    ),
    "connections-high": Watched(value=CLIENTS, limit=0.8, rings=_clients(81), rests=_clients(80)),
    "connections-dropped": Watched(
        # ElastiCache publishes no count of rejected connections, so its alarm looks at the host; here is the count.
        value=Increase(Metric("redis_rejected_connections_total"), 60),
        rings={"redis_rejected_connections_total": "0+1x600"},
        rests={"redis_rejected_connections_total": "7x600"},
    ),
    "bandwidth-exceeded": _HOST,
    "authentication-failures": _denied("auth"),
    "command-failures": _denied("cmd"),
    "key-failures": _denied("key"),
    "channel-failures": _denied("channel"),
    "swap-used": _HOST,
    "traffic-managed": _HOST,
    "cpu-credits": _HOST,
}
"""Alarm -> what is watched in its place, or why nothing is."""
