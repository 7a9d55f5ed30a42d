"""What each server has room for, by its class, its volume and its parameters, or by the computer that it runs on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class DatabaseRoom:
    """One database server. None, in any of it: not known, and then nothing is said of it."""

    node: str
    """Name within the stack: `primary`, or a replica's."""
    identifier: str = ""
    """DB instance identifier; empty where no instance of RDS is behind it."""
    region: str = ""
    memory_bytes: int | None = None
    freeable_least_bytes: int | None = None
    """Below it the alarm on FreeableMemory rings."""
    allocated_bytes: int | None = None
    """Size of the volume."""
    max_allocated_bytes: int | None = None
    """Where storage autoscaling ends; None where it is off."""
    iops: float | None = None
    throughput_bytes: float | None = None
    """By second. Both are the lesser of the volume's and the class's."""
    disk_free_bytes: int | None = None
    """Where the server is on this computer: what its disk has left for everything."""


@dataclass(frozen=True, kw_only=True)
class CacheRoom:
    """One node of a cache."""

    node: str
    """`CACHE/NODE`, or `CACHE` for ElastiCache's endpoint."""
    identifier: str = ""
    """Cache cluster id of the node; empty where ElastiCache is not behind it."""
    region: str = ""
    maxmemory_bytes: int | None = None
    """Where only the class says it; a node's own word goes before it."""
    maxclients: int | None = None
    evicts: bool = False
    """Whether the policy may evict every key: then a full cache is by design."""
