"""What the servers of a stack have room for: by what is declared of them on AWS, or by this computer's disk."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from capacity.room import CacheRoom, DatabaseRoom
from knowledge.classes import GIB
from knowledge.redis.parameters import USUAL_RESERVE

if TYPE_CHECKING:
    from bootstrap.manifest import Manifest
    from infra.instances import DatabaseInstance, Instances, ReplicationGroup


def on_aws(instances: Instances, region: str) -> tuple[tuple[DatabaseRoom, ...], tuple[CacheRoom, ...]]:
    """Of what the stack's file declares; `region` is that of servers which name none.

    A cache is one node, as its endpoint is what is looked at, and its nodes in CloudWatch are read as one.
    """
    databases = tuple(_database(each, region) for each in instances.databases)
    return databases, tuple(_cache(each, region) for each in instances.caches.values())


def here(
    manifest: Manifest, instances: Instances | None, folder: Path
) -> tuple[tuple[DatabaseRoom, ...], tuple[CacheRoom, ...]]:
    """Of a tier on this computer, whose data are in `folder`: servers grow until its disk is full."""
    free = shutil.disk_usage(folder).free
    postgres = manifest.postgres
    databases = tuple(
        DatabaseRoom(node=each.name, disk_free_bytes=free) for each in (postgres.primary, *postgres.replicas)
    )
    return databases, tuple(_nodes(manifest, instances))


def _database(instance: DatabaseInstance, region: str) -> DatabaseRoom:
    size, volume, most = instance.size, instance.volume, instance.max_allocated_storage
    freeable = next((each.threshold for each in instance.alarms if each.key == "memory-low"), None)
    return DatabaseRoom(
        node=instance.name,
        identifier=instance.identifier,
        region=instance.region or region,
        memory_bytes=size.memory_bytes,
        freeable_least_bytes=None if freeable is None else int(freeable),
        allocated_bytes=volume.allocated * GIB,
        max_allocated_bytes=most * GIB if most > volume.allocated else None,
        iops=volume.reachable_iops(size),
        throughput_bytes=volume.reachable_throughput(size),
    )


def _cache(group: ReplicationGroup, region: str) -> CacheRoom:
    reserved = {each.name: each.value for each in group.parameters}.get("reserved-memory-percent", USUAL_RESERVE)
    return CacheRoom(
        node=group.name,
        identifier=group.identifier,
        region=group.region or region,
        maxmemory_bytes=group.size.maxmemory_bytes * (100 - int(reserved)) // 100,
        maxclients=group.size.maxclients,
        evicts=_evicts(group),
    )


def _nodes(manifest: Manifest, instances: Instances | None) -> Iterator[CacheRoom]:
    for name, cache in manifest.caches.items():
        group = instances.caches.get(name) if instances else None
        for node in cache.nodes:
            yield CacheRoom(node=f"{name}/{node.name}", evicts=group is not None and _evicts(group))


def _evicts(group: ReplicationGroup) -> bool:
    return group.eviction.startswith("allkeys-")
