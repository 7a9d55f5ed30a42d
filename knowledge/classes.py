"""Instance classes of RDS and ElastiCache: cores, memory, network and disk bandwidth of each (`classes.json`)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.resources import files
from types import MappingProxyType

GIB = 1024**3


_NOT_ADVISED = (
    *(f"cache.{each}." for each in ("m4", "m5", "r4", "r5", "t2", "t3", "r6gd", *("m8g", "r8g"), *("c7gn", "c8gn"))),
    *(f"db.{each}." for each in ("m5", "r5", "r5b", "t3")),
)
"""Families of which a later one has as much for less; data tiering, which a cache is made with or never has; those of
Valkey alone; and those for networks that few need."""


class UnknownClassError(ValueError):
    """The class is not in the table: misspelt, of an old generation, or newer than the table."""


@dataclass(frozen=True, kw_only=True)
class InstanceClass:
    """What RDS instance classes and ElastiCache node types have in common: cores, memory, network, credits."""

    name: str
    vcpu: int
    memory_gib: float
    """Memory as AWS lists it: of a node type the same as its `maxmemory_bytes`, rounded."""
    network_gbps: float
    """What AWS lists; for classes listed as "up to", the burst."""
    burstable: bool
    """Runs on CPU credits (T family)."""
    cpu_credits: int
    """The most CPU credits it can hold; 0 where it has none."""

    @property
    def advised(self) -> bool:
        """Whether it is one to move to: a server that runs an earlier one keeps it."""
        return not self.name.startswith(_NOT_ADVISED)


@dataclass(frozen=True, kw_only=True)
class RdsClass(InstanceClass):
    """An RDS instance class, with its EBS limits."""

    ebs_baseline_mbps: int
    ebs_baseline_iops: int
    ebs_burst: bool
    """Can go above its EBS baseline for a while, so the EBSIOBalance% and EBSByteBalance% metrics exist."""

    @property
    def memory_bytes(self) -> int:
        return int(self.memory_gib * GIB)


@dataclass(frozen=True, kw_only=True)
class CacheClass(InstanceClass):
    """An ElastiCache node type: its `maxmemory` and connections."""

    maxmemory_bytes: int
    """`maxmemory` of the node before `reserved-memory-percent` is taken off."""
    maxclients: int
    """Connections the node accepts; ElastiCache does not let it be changed."""

    @property
    def memory_bytes(self) -> int:
        return self.maxmemory_bytes

    @property
    def tiered(self) -> bool:
        """Whether it has a disk for what is seldom used (data tiering), which is always on (CreateReplicationGroup,
        DataTieringEnabled)."""
        return self.name.startswith("cache.r6gd.")


_DATA = json.loads(files(__package__).joinpath("classes.json").read_text("utf-8"))


def _rows(service: str) -> Iterable[dict[str, object]]:
    columns = _DATA[service]["columns"]
    return (dict(zip(columns, row, strict=True)) for row in _DATA[service]["rows"])


RDS_CLASSES = MappingProxyType({str(row["name"]): RdsClass(**row) for row in _rows("rds")})  # type: ignore[arg-type]
CACHE_CLASSES = MappingProxyType({str(row["name"]): CacheClass(**row) for row in _rows("cache")})  # type: ignore[arg-type]


def rds_class(name: str) -> RdsClass:
    """Raise `UnknownClassError`, naming the nearest class, if the table has no such class."""
    if problem := rds_problem(name):
        raise UnknownClassError(problem)
    return RDS_CLASSES[name]


def cache_class(name: str) -> CacheClass:
    """Raise `UnknownClassError`, naming the nearest class, if the table has no such class."""
    if problem := cache_problem(name):
        raise UnknownClassError(problem)
    return CACHE_CLASSES[name]


def rds_problem(name: str) -> str | None:
    """What is wrong with an instance class; None when nothing is."""
    return None if name in RDS_CLASSES else _unknown(name, "RDS instance class", "db", RDS_CLASSES)


def cache_problem(name: str) -> str | None:
    """What is wrong with a node type; None when nothing is."""
    return None if name in CACHE_CLASSES else _unknown(name, "ElastiCache node type", "cache", CACHE_CLASSES)


def nearest_cache_class(name: str) -> str:
    """The node type in the table whose name is nearest."""
    return _nearest(name, "cache", CACHE_CLASSES)


def _nearest(name: str, prefix: str, known: Iterable[str]) -> str:
    """Which name was probably meant; `m7g.large` and `cache.m7g.large` mean `db.m7g.large` where RDS is asked."""
    parts = name.lower().split(".")
    guess = ".".join([prefix, *parts[-2:]])
    return get_close_matches(guess, list(known), n=1, cutoff=0)[0]


def _unknown(name: str, kind: str, prefix: str, known: Iterable[str]) -> str:
    return f"unknown {kind} {name!r}; the nearest known one is {_nearest(name, prefix, known)!r}"
