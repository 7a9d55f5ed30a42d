"""The table of instance classes: known rows whole, rules that every row keeps, and what a misspelt name is told."""

from __future__ import annotations

from itertools import pairwise

import pytest

from knowledge.classes import (
    CACHE_CLASSES,
    RDS_CLASSES,
    CacheClass,
    RdsClass,
    UnknownClassError,
    cache_class,
    rds_class,
)

RDS = [
    RdsClass(
        name="db.t4g.micro",
        vcpu=2,
        memory_gib=1,
        network_gbps=5,
        burstable=True,
        cpu_credits=288,
        ebs_baseline_mbps=87,
        ebs_baseline_iops=500,
        ebs_burst=True,
    ),
    RdsClass(
        name="db.m7g.large",
        vcpu=2,
        memory_gib=8,
        network_gbps=12.5,
        burstable=False,
        cpu_credits=0,
        ebs_baseline_mbps=630,
        ebs_baseline_iops=3600,
        ebs_burst=True,
    ),
    RdsClass(
        name="db.m6g.4xlarge",
        vcpu=16,
        memory_gib=64,
        network_gbps=10,
        burstable=False,
        cpu_credits=0,
        ebs_baseline_mbps=4750,
        ebs_baseline_iops=20000,
        ebs_burst=False,
    ),
    RdsClass(
        name="db.m5.16xlarge",
        vcpu=64,
        memory_gib=256,
        network_gbps=20,
        burstable=False,
        cpu_credits=0,
        ebs_baseline_mbps=13600,
        ebs_baseline_iops=60000,
        ebs_burst=False,
    ),
    RdsClass(
        name="db.r8g.48xlarge",
        vcpu=192,
        memory_gib=1536,
        network_gbps=50,
        burstable=False,
        cpu_credits=0,
        ebs_baseline_mbps=40000,
        ebs_baseline_iops=240000,
        ebs_burst=False,
    ),
]
CACHE = [
    CacheClass(
        name="cache.t4g.micro",
        vcpu=2,
        memory_gib=0.5,
        network_gbps=5,
        burstable=True,
        cpu_credits=288,
        maxmemory_bytes=536870912,
        maxclients=20000,
    ),
    CacheClass(
        name="cache.r7g.large",
        vcpu=2,
        memory_gib=13.07,
        network_gbps=12.5,
        burstable=False,
        cpu_credits=0,
        maxmemory_bytes=14037181030,
        maxclients=65000,
    ),
    CacheClass(
        name="cache.t3.small",
        vcpu=2,
        memory_gib=1.37,
        network_gbps=5,
        burstable=True,
        cpu_credits=576,
        maxmemory_bytes=1471026299,
        maxclients=46000,
    ),
    CacheClass(
        name="cache.m4.10xlarge",
        vcpu=40,
        memory_gib=154.64,
        network_gbps=10,
        burstable=False,
        cpu_credits=0,
        maxmemory_bytes=166047614239,
        maxclients=65000,
    ),
    CacheClass(
        name="cache.r6gd.xlarge",
        vcpu=4,
        memory_gib=26.32,
        network_gbps=10,
        burstable=False,
        cpu_credits=0,
        maxmemory_bytes=28261849702,
        maxclients=65000,
    ),
]


@pytest.mark.parametrize("expected", RDS, ids=lambda one: one.name)
def test_rds_rows(expected: RdsClass) -> None:
    assert rds_class(expected.name) == expected


@pytest.mark.parametrize("expected", CACHE, ids=lambda one: one.name)
def test_cache_rows(expected: CacheClass) -> None:
    assert cache_class(expected.name) == expected


def test_families() -> None:
    def families(names: object) -> list[str]:
        return sorted({str(name).split(".")[1] for name in names})  # type: ignore[attr-defined]

    ours = [name for name, each in RDS_CLASSES.items() if each.advised]
    assert families(ours) == ["m6g", "m6i", "m7g", "m7i", "m8g", "r6g", "r6i", "r7g", "r7i", "r8g", "t4g"]
    assert families(RDS_CLASSES.keys() - ours) == ["m5", "r5", "r5b", "t3"]
    advised = [name for name, each in CACHE_CLASSES.items() if each.advised]
    assert families(advised) == ["m6g", "m7g", "r6g", "r7g", "t4g"]
    assert families(CACHE_CLASSES.keys() - advised) == [
        *("c7gn", "c8gn", "m4", "m5", "m8g", "r4", "r5", "r6gd", "r8g", "t2", "t3")
    ]


def test_every_rds_row_keeps_the_family_ratio() -> None:
    ratio = {"m": 4, "r": 8}
    wrong = [
        one.name
        for one in RDS_CLASSES.values()
        if not one.burstable and one.memory_gib != one.vcpu * ratio[one.name.split(".")[1][0]]
    ]
    assert wrong == []


def test_a_larger_size_never_has_less() -> None:
    for table in (RDS_CLASSES, CACHE_CLASSES):
        rows = list(table.values())
        for smaller, larger in pairwise(rows):
            if smaller.name.split(".")[1] == larger.name.split(".")[1]:
                assert smaller.memory_bytes < larger.memory_bytes
                assert smaller.vcpu <= larger.vcpu
                assert smaller.network_gbps <= larger.network_gbps


def test_cache_memory_is_maxmemory_rounded() -> None:
    for one in CACHE_CLASSES.values():
        assert one.memory_gib == pytest.approx(one.maxmemory_bytes / 1024**3, abs=0.011), one.name


def test_credits_go_with_the_t_family() -> None:
    for one in (*RDS_CLASSES.values(), *CACHE_CLASSES.values()):
        assert (one.cpu_credits > 0) is one.burstable is (one.name.split(".")[1][0] == "t")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("db.m7g.larg", "unknown RDS instance class 'db.m7g.larg'; the nearest known one is 'db.m7g.large'"),
        ("m7g.large", "unknown RDS instance class 'm7g.large'; the nearest known one is 'db.m7g.large'"),
        ("cache.r7g.large", "unknown RDS instance class 'cache.r7g.large'; the nearest known one is 'db.r7g.large'"),
        ("db.t2.micro", "unknown RDS instance class 'db.t2.micro'; the nearest known one is 'db.t3.micro'"),
    ],
)
def test_unknown_rds_class(name: str, message: str) -> None:
    with pytest.raises(UnknownClassError) as caught:
        rds_class(name)
    assert str(caught.value) == message


def test_unknown_cache_class() -> None:
    with pytest.raises(UnknownClassError) as caught:
        cache_class("cache.t4g.mirco")
    assert str(caught.value) == (
        "unknown ElastiCache node type 'cache.t4g.mirco'; the nearest known one is 'cache.t4g.micro'"
    )
