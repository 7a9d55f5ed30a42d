"""Drills on a schedule: which can run by themselves, how often, and what they ask RDS and ElastiCache for."""

from __future__ import annotations

from typing import Literal, get_args

from knowledge.names import LONGEST_CACHE

ScheduledDrill = Literal["pitr", "snapshot", "deletion", "primary", "redis"]
"""`region` is not among them: where its copy goes in the second region is in no stack's settings."""
SCHEDULED: tuple[ScheduledDrill, ...] = get_args(ScheduledDrill)
Every = Literal["week", "quarter"]
LONGEST_DAYS = {"week": 7, "quarter": 98}
"""Most days between two drills. A quarter's is on its first such weekday: 1 July to 7 October."""
LATE_DAYS = 7
"""Days after which one that has not come is missed."""
FOLDER = "drills/"
"""Where reports lie in a place for backups."""
LONGEST_PREFIX = LONGEST_CACHE - len("-drill-0a1b2c-snapshot")
"""Characters of a stack's prefix that all names of copies have room for; a longer one is cut in them."""

INSTANCES_READ = ("DescribeDBInstanceAutomatedBackups", "DescribeDBInstances", "DescribeDBSnapshots")
INSTANCES_MADE: dict[ScheduledDrill, tuple[str, ...]] = {
    "pitr": ("RestoreDBInstanceToPointInTime",),
    "snapshot": ("CreateDBSnapshot", "RestoreDBInstanceFromDBSnapshot"),
    "deletion": ("RestoreDBInstanceToPointInTime",),
    "primary": ("CreateDBInstanceReadReplica", "RestoreDBInstanceToPointInTime"),
    "redis": (),
}
"""What a drill makes of RDS, and of what: the primary, its backups, or an earlier copy."""
INSTANCES_CHANGED: dict[ScheduledDrill, tuple[str, ...]] = {
    **dict.fromkeys(SCHEDULED, ("DeleteDBInstance", "DeleteDBSnapshot")),
    "primary": ("DeleteDBInstance", "DeleteDBSnapshot", "PromoteReadReplica"),
}
"""What it does to copies alone; every drill removes what earlier ones have left, of whatever kind."""
CACHES_READ = ("DescribeReplicationGroups", "DescribeSnapshots")
"""On everything: both are listed to find what drills have made."""
CACHES_TOLD = ("DescribeCacheClusters", "ListTagsForResource")
CACHES_MADE = ("AddTagsToResource", "CreateReplicationGroup", "CreateSnapshot")
CACHES_CHANGED = ("DeleteReplicationGroup", "DeleteSnapshot")


def prefix_problem(prefix: str) -> str | None:
    """What is wrong with a stack's prefix; None when nothing is. The rights of the task are by whole prefixes."""
    if len(prefix) <= LONGEST_PREFIX:
        return None
    return f"{prefix!r} has {len(prefix)} characters; copies are called by all of it up to {LONGEST_PREFIX}"


def overdue_seconds(every: Every) -> int:
    """Seconds after which the last drill of a stack is too old."""
    return 86_400 * (LONGEST_DAYS[every] + LATE_DAYS)
