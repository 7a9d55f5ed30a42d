"""The calls that drills make, named as AWS names them; times are UTC, identifiers are RDS's and ElastiCache's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from bootstrap.manifest import Endpoint

Status = Literal["creating", "available", "changing", "deleting", "failed"]
"""AWS has some thirty; these are what a drill tells apart. `changing` is everything that ends in `available` again."""


MadeKind = Literal["instance", "snapshot", "cache", "cache snapshot"]
Made = tuple[MadeKind, str, str]
"""What a drill has made: kind, identifier, `made_by`."""


@dataclass(frozen=True, kw_only=True)
class Instance:
    """An RDS instance."""

    identifier: str
    status: Status
    endpoint: Endpoint | None
    """None until it has one."""
    replica_of: str | None = None
    earliest: datetime | None = None
    """The oldest moment that it can be restored to; None where nothing is kept."""
    latest: datetime | None = None
    """`LatestRestorableTime`: restoring to it works."""
    settings: tuple[tuple[str, str], ...] = ()
    """What a copy must have in common with its source, such as parameter and security groups: name and value."""
    public: bool = False
    """Whether it has an address that the internet reaches: a copy never has, whatever its source has."""


@dataclass(frozen=True, kw_only=True)
class Cache:
    """An ElastiCache replication group."""

    identifier: str
    status: Status
    endpoint: Endpoint | None
    nodes: tuple[Endpoint, ...] = ()
    """Every node, where the users are sent to each by ACL SETUSER; none on ElastiCache."""


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A snapshot of an instance or a cache."""

    identifier: str
    source: str
    status: Status
    taken_at: datetime | None
    size: int | None = None
    """Bytes, where that is known."""
    parts: int = 1
    """Shards of a cache, each of which has a snapshot of its own."""


class Estate(Protocol):
    """Makes, finds and removes copies. Nothing waits: whoever made something looks at its status until it is there.

    Methods raise EstateError with what mends it. What is made bears `made_by` and is found by it again, in whatever
    state a killed run has left it; a source is never changed by anything but `promote_read_replica`.
    """

    def instance(self, identifier: str) -> Instance | None:
        """DescribeDBInstances; None where there is none."""
        ...

    def restorable(self, source: str) -> tuple[datetime, datetime] | None:
        """DescribeDBInstanceAutomatedBackups: the oldest and the newest moment that an instance can be restored to.

        It may be one of another region, whose backups are replicated to this one. None where there are none.
        """
        ...

    def restore_to_point_in_time(
        self, source: str, target: str, at: datetime, *, made_by: str, replicated: bool = False
    ) -> None:
        """RestoreDBInstanceToPointInTime, into the source's groups and class.

        :param replicated: whether it is going to have a read replica, for which RDS wants it to keep backups itself.
        """
        ...

    def restore_from_snapshot(self, snapshot: str, target: str, *, like: str, made_by: str) -> None:
        """RestoreDBInstanceFromDBSnapshot, into the groups and class of `like`."""
        ...

    def create_snapshot(self, source: str, snapshot: str, *, made_by: str) -> None:
        """CreateDBSnapshot."""
        ...

    def snapshots(self, source: str) -> Sequence[Snapshot]:
        """DescribeDBSnapshots, the oldest first."""
        ...

    def create_read_replica(self, source: str, target: str, *, made_by: str) -> None:
        """CreateDBInstanceReadReplica of what a drill has made, into the groups and class of its source."""
        ...

    def lose_instance(self, identifier: str) -> None:
        """Have an instance fail at once, its last commits with it; only what a drill has made.

        Here its processes are killed. RDS has no call that kills an instance of one zone: there it is deleted.
        """
        ...

    def promote_read_replica(self, identifier: str) -> None:
        """PromoteReadReplica."""
        ...

    def delete_instance(self, identifier: str) -> None:
        """DeleteDBInstance without a final snapshot; only of what a drill has made."""
        ...

    def delete_snapshot(self, snapshot: str) -> None:
        """DeleteDBSnapshot; only of what a drill has made."""
        ...

    def cache(self, identifier: str) -> Cache | None:
        """DescribeReplicationGroups; None where there is none."""
        ...

    def create_cache_snapshot(self, source: str, snapshot: str, *, made_by: str) -> None:
        """CreateSnapshot."""
        ...

    def cache_snapshots(self, source: str) -> Sequence[Snapshot]:
        """DescribeSnapshots, the oldest first."""
        ...

    def create_cache(self, snapshot: str, target: str, *, like: str, made_by: str) -> None:
        """CreateReplicationGroup from a snapshot, as `like` is."""
        ...

    def delete_cache(self, identifier: str) -> None:
        """DeleteReplicationGroup; only of what a drill has made."""
        ...

    def delete_cache_snapshot(self, snapshot: str) -> None:
        """DeleteSnapshot; only of what a drill has made."""
        ...

    def made(self) -> Sequence[Made]:
        """What drills have made and is still there: kind, identifier, `made_by`."""
        ...
