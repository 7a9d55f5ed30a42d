"""What a stack's file declares of its servers, as far as a recommendation changes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from knowledge.storage import Volume


@dataclass(frozen=True, kw_only=True)
class DeclaredDatabase:
    """An RDS instance: the primary, or a replica."""

    node: str
    """`primary`, or the replica's name."""
    instance_class: str
    volume: Volume
    """Its storage; a replica's is its primary's."""
    max_allocated: int
    """GiB that storage autoscaling may reach; 0 where it is off."""
    max_connections: int | None = None
    """Where a parameter says it; None: the class does."""
    replica: bool = False
    own_class: bool = False
    """Whether a replica names a class; else it has its primary's."""
    own_max: bool = False
    """Likewise the maximum of its storage."""


@dataclass(frozen=True, kw_only=True)
class DeclaredCache:
    """A cache: an ElastiCache replication group."""

    name: str
    node_type: str
    replicas: int
    """Of each primary."""
    shards: int
    """0 without cluster mode."""


@dataclass(frozen=True, kw_only=True)
class Declared:
    """The servers of a stack, by the names that limits have for them."""

    databases: Mapping[str, DeclaredDatabase] = field(default_factory=dict)
    caches: Mapping[str, DeclaredCache] = field(default_factory=dict)

    @property
    def primary(self) -> DeclaredDatabase | None:
        """The one that is written to; None where nothing is declared."""
        return next((each for each in self.databases.values() if not each.replica), None)
