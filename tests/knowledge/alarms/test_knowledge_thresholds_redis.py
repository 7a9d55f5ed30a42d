"""Alarms of ElastiCache nodes as whole tables of thresholds, by size, eviction policy and topology."""

from __future__ import annotations

import pytest

from knowledge.alarms.catalogue import redis_alarms
from knowledge.alarms.spec import AlarmSpec
from knowledge.classes import cache_class

MIB = 1024**2


def thresholds(alarms: tuple[AlarmSpec, ...]) -> dict[str, float]:
    assert len({one.key for one in alarms}) == len(alarms)
    return {one.key: one.threshold for one in alarms}


NODE = {
    "down": 0,
    "connections-dropped": 0,
    "authentication-failures": 0,
    "command-failures": 0,
    "key-failures": 0,
    "channel-failures": 0,
    "bandwidth-exceeded": 0,
    "traffic-managed": 0,
}
MEMORY = {
    "noeviction": {"memory-critical": 95, "memory-high": 85},
    "volatile-lru": {"memory-critical": 95, "memory-high": 85, "evictions": 0},
    "allkeys-lru": {"memory-full": 95, "evictions-many": 100},
}


@pytest.mark.parametrize("eviction", MEMORY)
def test_node_with_two_cores(eviction: str) -> None:
    made = redis_alarms(cache_class("cache.r7g.large"), eviction=eviction, replicas=1, cluster_mode=False)
    size = {"connections-high": 52000, "swap-used": 50 * MIB, "cpu-high": 45, "replication-lag": 10}
    assert thresholds(made) == NODE | MEMORY[eviction] | size


def test_node_with_eight_cores_alone() -> None:
    made = redis_alarms(cache_class("cache.m7g.2xlarge"), eviction="noeviction", replicas=0, cluster_mode=False)
    size = {"connections-high": 52000, "swap-used": 50 * MIB, "engine-cpu-high": 90}
    assert thresholds(made) == NODE | MEMORY["noeviction"] | size


def test_smallest_node() -> None:
    made = redis_alarms(cache_class("cache.t4g.micro"), eviction="noeviction", replicas=0, cluster_mode=False)
    size = {"connections-high": 16000, "swap-used": 50 * MIB, "cpu-high": 45, "cpu-credits": 57}
    assert thresholds(made) == NODE | MEMORY["noeviction"] | size


def test_advice_fits_the_topology() -> None:
    def steps(cluster_mode: bool) -> str:
        made = redis_alarms(
            cache_class("cache.m7g.large"), eviction="noeviction", replicas=1, cluster_mode=cluster_mode
        )
        return next(one.first_steps[2] for one in made if one.key == "memory-critical")

    assert steps(cluster_mode=False) == "Take a larger node type."
    assert steps(cluster_mode=True) == "Take a larger node type or another shard."
