"""What PostgreSQL may claim of an instance's memory when every connection is in use: the model that sizing keeps to.

    shared_buffers + wal_buffers
  + max_connections x work_mem                    every connection in one sort or hash
  + max_parallel_workers x work_mem               their helpers
  + autovacuum_max_workers x autovacuum_work_mem  every worker in a large table (-1 means maintenance_work_mem)
  + maintenance_work_mem                          one index build or manual VACUUM
  + 2 MiB for each of those processes             what a fresh backend holds by itself:
                                                  https://blog.anarazel.de/2020/10/07/measuring-the-memory-overhead-of-a-postgres-connection/
  + 8 % of the class                              operating system and RDS agents: db.m7g.large has 832/901 of its
                                                  memory for PostgreSQL, measured by mitodl/ol-infrastructure

A statement may use work_mem more than once (several sorts, hash_mem_multiplier), and most connections use none: one for
each is the usual middle. It is not a hard limit that the server enforces.
"""

from __future__ import annotations

from collections.abc import Mapping

KIB, MIB, GIB = 1024, 1024**2, 1024**3
PAGE = 8 * KIB
BACKEND = 2 * MIB
SYSTEM_SHARE = 0.08


def claimed_memory(values: Mapping[str, str], memory_bytes: int) -> int:
    """Bytes that the parameters may claim, by the model above; `values` are in the engine's units."""
    number = {name: int(values[name]) for name in NEEDED}
    wal_buffers = number["wal_buffers"] if number["wal_buffers"] >= 0 else min(number["shared_buffers"] // 32, 2048)
    autovacuum = number["autovacuum_work_mem"]
    maintenance = number["maintenance_work_mem"]
    workers = number["max_connections"] + number["max_parallel_workers"]
    return (
        (number["shared_buffers"] + wal_buffers) * PAGE
        + workers * number["work_mem"] * KIB
        + number["autovacuum_max_workers"] * (autovacuum if autovacuum >= 0 else maintenance) * KIB
        + maintenance * KIB
        + (workers + number["autovacuum_max_workers"]) * BACKEND
        + int(memory_bytes * SYSTEM_SHARE)
    )


NEEDED = (
    "shared_buffers",
    "wal_buffers",
    "work_mem",
    "max_connections",
    "max_parallel_workers",
    "autovacuum_max_workers",
    "autovacuum_work_mem",
    "maintenance_work_mem",
)
"""Parameters that the model reckons with."""
