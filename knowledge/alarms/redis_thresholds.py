"""Thresholds of one ElastiCache node, computed from its type, its eviction policy and its topology."""

from __future__ import annotations

from knowledge.alarms.spec import Limit
from knowledge.classes import CacheClass

MIB = 1024**2
MEMORY_CRITICAL, MEMORY_HIGH = 95, 85
"""Percent of the memory for data."""
CONNECTIONS_HIGH = 0.8
"""Share of maxclients."""
EVICTIONS_HIGH = 100
"""In ten minutes, of a cache that may evict every key."""
REPLICATION_LAG_SECONDS = 10
"""min-replicas-max-lag: from then on the engine itself no longer counts a replica as present."""
NONE = Limit(value=0, how="the same for every node: none is expected")


def limits(cls: CacheClass, *, eviction: str, replicas: int) -> dict[str, Limit]:
    """Limits of one node; `replicas` is per shard, and any node may become its shard's primary."""
    made = {
        "down": Limit(value=0, how="the same for every node: no figure is below zero, so only silence rings"),
        "connections-high": Limit(
            value=CONNECTIONS_HIGH * cls.maxclients,
            how=f"{100 * CONNECTIONS_HIGH:g} % of maxclients, {cls.maxclients} on {cls.name}",
        ),
        "connections-dropped": NONE,
        "bandwidth-exceeded": NONE,
        "authentication-failures": NONE,
        "command-failures": NONE,
        "key-failures": NONE,
        "channel-failures": NONE,
        "swap-used": Limit(
            value=min(50 * MIB, cls.maxmemory_bytes // 10),
            how=f"50 MiB, or a tenth of the {cls.memory_gib:g} GiB of {cls.name} where that is less",
        ),
        "traffic-managed": NONE,
    }
    if eviction.startswith("allkeys-"):
        made |= {
            "memory-full": Limit(value=MEMORY_CRITICAL, how=f"as a warning: {eviction} fills up by design"),
            "evictions-many": Limit(value=EVICTIONS_HIGH, how="the same for every node, in each ten minutes"),
        }
    else:
        made |= {
            "memory-critical": Limit(value=MEMORY_CRITICAL, how=f"the same for every node whose policy is {eviction}"),
            "memory-high": Limit(value=MEMORY_HIGH, how=f"the same for every node whose policy is {eviction}"),
        }
    if eviction.startswith("volatile-"):
        made["evictions"] = NONE
    if cls.vcpu >= 4:
        made["engine-cpu-high"] = Limit(value=90, how=f"the same for every node of four cores or more, as {cls.name}")
    else:
        made["cpu-high"] = Limit(value=90 / cls.vcpu, how=f"90 % divided by the {cls.vcpu} cores of {cls.name}")
    if replicas:
        made["replication-lag"] = Limit(
            value=REPLICATION_LAG_SECONDS, how=f"min-replicas-max-lag, {REPLICATION_LAG_SECONDS} s on every node"
        )
    if cls.burstable:
        made["cpu-credits"] = Limit(
            value=cls.cpu_credits // 5, how=f"a fifth of the {cls.cpu_credits} credits that {cls.name} can hold"
        )
    return made
