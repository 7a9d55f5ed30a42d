"""Thresholds of what a Redis or Valkey node reports about itself."""

from __future__ import annotations

from dataclasses import replace

from knowledge.alarms.catalogue import REDIS
from knowledge.alarms.redis_thresholds import (
    CONNECTIONS_HIGH,
    EVICTIONS_HIGH,
    MEMORY_CRITICAL,
    MEMORY_HIGH,
    REPLICATION_LAG_SECONDS,
)
from knowledge.thresholds.postgres import RESPONSE as POSTGRES_RESPONSE
from knowledge.thresholds.threshold import Threshold, of_alarms

MEMORY = of_alarms(
    "memory", REDIS, unit="%", warn=("memory-high", MEMORY_HIGH), critical=("memory-critical", MEMORY_CRITICAL)
)
MEMORY_EVICTING = of_alarms("memory", REDIS, unit="%", warn=("memory-full", MEMORY_CRITICAL))
"""Where every key may be evicted, a cache fills up by design."""
CLIENTS = of_alarms("clients", REDIS, unit="%", warn=("connections-high", 100 * CONNECTIONS_HIGH))
REPLICATION = of_alarms("replication", REDIS, unit="s", critical=("replication-lag", REPLICATION_LAG_SECONDS))
FAILED_LOGINS = of_alarms("failed-logins", REDIS, unit="", warn=("authentication-failures", 0))
EVICTIONS = of_alarms("evictions", REDIS, unit="", warn=("evictions", 0))
EVICTIONS_MANY = of_alarms("evictions", REDIS, unit="in ten minutes", warn=("evictions-many", EVICTIONS_HIGH))
REJECTED = Threshold(
    id="rejected-connections",
    warn=0,
    critical=None,
    unit="",
    source="none is expected: Pigsty's alert rings at the first",
    meaning="Clients were turned away because maxclients were connected.",
    first_steps=("List clients by name, user and age.", "Restart the client whose pool leaks."),
    runbook="docs/runbooks/redis-connections.md",
)
HIT_RATIO = Threshold(
    id="hit-ratio",
    warn=80,
    critical=None,
    unit="%",
    below=True,
    source="CacheHitRate in the ElastiCache User Guide (Metrics for Valkey and Redis OSS): below about 0.8 many keys "
    "are evicted, expired or not there",
    meaning="Much of what is asked for is not in the cache: it is too small, or TTLs are too short.",
    first_steps=("See which key space takes most memory.", "See which TTLs are shorter than what is asked again."),
    runbook="docs/runbooks/redis-memory.md",
)
MIB = 1024**2
CLIENT_BUFFER = Threshold(
    id="client-buffer",
    warn=8 * MIB,
    critical=32 * MIB,
    unit="bytes",
    source="what Redis allows a subscriber by default (client-output-buffer-limit pubsub): 8 MiB for a minute, 32 MiB "
    "at once",
    meaning="A client does not read its answers: they fill the memory that is meant for data.",
    first_steps=("Restart that client.", "Have it ask for less at once: SCAN in place of KEYS, a range of a list."),
    runbook="docs/runbooks/redis-memory.md",
)
COMMAND_CALLS = 100
"""Calls from which on a percentile says something."""
SLOW_COMMAND = Threshold(
    id="slow-commands",
    warn=10,
    critical=100,
    unit="ms",
    source="slowlog-log-slower-than is 10 ms by default; while a command runs, all other clients wait",
    meaning="A command takes so long that everybody else notices.",
    first_steps=("Find who sends it: `datatier queries clients`.", "Read less at once: SCAN, HSCAN, a range."),
    runbook="docs/runbooks/redis-load.md",
)
FRAGMENTED_FROM_BYTES = 10 * MIB
"""Less is nobody's trouble (MEMORY DOCTOR, getMemoryDoctorReport of object.c)."""
_DOCTOR = f"MEMORY DOCTOR (getMemoryDoctorReport of object.c): {{}}, and {FRAGMENTED_FROM_BYTES // MIB} MiB"
FRAGMENTATION = Threshold(
    id="fragmentation",
    warn=40,
    critical=None,
    unit="%",
    source=_DOCTOR.format("1.4 times what is in use"),
    meaning="The node takes much more memory of its machine than what it holds.",
    first_steps=("Restart the node, or fail over to a replica: only that gives it back with this allocator.",),
    runbook="docs/runbooks/redis-memory.md",
)
FREED_KEPT = Threshold(
    id="freed-kept",
    warn=10,
    critical=None,
    unit="%",
    source=_DOCTOR.format("1.1 times what the allocator uses is resident"),
    meaning="The allocator keeps pages that hold nothing: the machine cannot use them.",
    first_steps=("Have them given back at a quiet hour: MEMORY PURGE, for which everybody waits.",),
    runbook="docs/runbooks/redis-memory.md",
)
SCATTERED = Threshold(
    id="scattered",
    warn=10,
    critical=None,
    unit="%",
    source=_DOCTOR.format("1.1 times what is allocated is in the allocator's pages"),
    meaning="Values lie scattered over pages that are mostly empty: pages can be neither filled nor given back.",
    first_steps=("Switch active defragmentation on: `activedefrag: yes` among the cache's parameters.",),
    runbook="docs/runbooks/redis-memory.md",
)
RESPONSE = replace(
    POSTGRES_RESPONSE,
    meaning="The node answers, but slowly: one command blocks the others, or processor or network are overloaded.",
    first_steps=("See what is slow: `datatier queries slowlog`.", "Look at CPU and network of the node."),
    runbook="docs/runbooks/redis-load.md",
)
