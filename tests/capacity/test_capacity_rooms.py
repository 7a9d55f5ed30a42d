"""What a declared stack, or this computer, has room for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from bootstrap.manifest import CacheTarget, Endpoint, Manifest, PostgresTarget
from capacity.room import CacheRoom, DatabaseRoom
from cli import capacity_rooms
from infra.instances import Instances, instances
from infra.load import load_settings

GIB = 1024**3


def stack(parameters: Mapping[str, object] | None = None) -> Instances:
    """A stack that is not called as its profile is; `parameters` are its cache's."""
    config = {
        "data-tier:name": "shop",
        "data-tier:profile": "dev",
        "data-tier:postgres": {
            "class": "db.m7g.large",
            "storage": {"allocated": 50, "max": 200},
            "replicas": {"reports": {"max_storage": 300}},
        },
        "data-tier:redis": {
            "basket": {"class": "cache.m7g.large", "eviction": "allkeys-lru", "parameters": parameters or {}}
        },
    }
    return instances("live", load_settings(config, stack="live", source="test"), "eu-west-1")


def test_on_aws_it_is_what_is_declared() -> None:
    databases, caches = capacity_rooms.on_aws(stack(), "eu-west-1")
    primary, reports = databases
    assert primary == DatabaseRoom(
        node="primary",
        identifier=stack().primary.identifier,
        region="eu-west-1",
        memory_bytes=8 * GIB,
        freeable_least_bytes=2 * GIB,  # 25 %, where its alarm rings
        allocated_bytes=50 * GIB,
        max_allocated_bytes=200 * GIB,
        iops=3000,
        throughput_bytes=630_000_000 // 8,  # of the class, less than the volume's 125 MiB/s
    )
    assert (reports.node, reports.max_allocated_bytes) == ("reports", 300 * GIB)
    (basket,) = [each for each in caches if each.node == "basket"]
    assert basket == CacheRoom(
        node="basket",
        identifier=stack().caches["basket"].identifier,
        region="eu-west-1",
        maxmemory_bytes=stack().caches["basket"].size.maxmemory_bytes * 3 // 4,  # a quarter is reserved
        maxclients=65_000,
        evicts=True,
    )


@pytest.mark.parametrize(
    ("parameters", "percent"),
    # The engine reserves a quarter of itself (ElastiCache User Guide, redis-memory-management).
    [({}, 75), ({"*": "default"}, 75), ({"*": "default", "reserved-memory-percent": 50}, 50)],
    ids=str,
)
def test_what_a_cache_reserves_is_no_room(parameters: dict[str, object], percent: int) -> None:
    found = stack(parameters)
    _, (basket,) = capacity_rooms.on_aws(found, "eu-west-1")
    assert basket.maxmemory_bytes == found.caches["basket"].size.maxmemory_bytes * percent // 100


@pytest.mark.parametrize(("declared", "evicts"), [(stack(), True), (None, False)])
def test_on_this_computer_it_is_what_the_disk_has_left(
    declared: Instances | None, evicts: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def usage(folder: Path) -> tuple[int, int, int]:
        assert folder == tmp_path
        return capacity_rooms.shutil._ntuple_diskusage(100, 93, 7)

    monkeypatch.setattr(capacity_rooms.shutil, "disk_usage", usage)
    place = Endpoint(name="primary", host="127.0.0.1", port=1)
    node = Endpoint(name="basket-1", host="127.0.0.1", port=2)
    manifest = Manifest(
        stack="live",
        prefix="shop-live",
        region="eu-west-1",
        postgres=PostgresTarget(primary=place, database="shop", master_secret="master"),
        caches={"basket": CacheTarget(endpoint=node, nodes=(node,))},
        access={},
    )
    assert capacity_rooms.here(manifest, declared, tmp_path) == (
        (DatabaseRoom(node="primary", disk_free_bytes=7),),
        (CacheRoom(node="basket/basket-1", evicts=evicts),),
    )
