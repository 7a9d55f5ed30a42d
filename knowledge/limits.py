"""Numbers that AWS takes, each with the sentence that refuses any other: settings and components ask here alike.

A sentence says what is wrong with a value and not where it is: the caller puts the key or the argument before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain


@dataclass(frozen=True, kw_only=True)
class Ranges:
    """Ranges of whole numbers, both ends included."""

    taken: Sequence[tuple[int, int]]
    """The ranges, rising."""
    by: str
    """Who refuses the rest: `RDS`."""
    unit: str = ""
    """What is counted: `days`."""

    def problem(self, value: int) -> str | None:
        """What is wrong with a value; None when nothing is."""
        if any(least <= value <= most for least, most in self.taken):
            return None
        return f"is {value}; {self.by} takes {self._spans}"

    @property
    def words(self) -> str:
        """What is taken, and by whom."""
        return f"{self._spans} ({self.by})"

    @property
    def _spans(self) -> str:
        ranges = [str(least) if least == most else f"{least} to {most}" for least, most in self.taken]
        allowed = f"{', '.join(ranges[:-1])} or {ranges[-1]}" if len(ranges) > 1 else ranges[0]
        return f"{allowed} {self.unit}".rstrip()

    @property
    def edges(self) -> tuple[int, ...]:
        """First and last number of every range."""
        return tuple(dict.fromkeys(chain.from_iterable(self.taken)))


def _limit(by: str, least: int, most: int, unit: str = "") -> Ranges:
    return Ranges(taken=((least, most),), by=by, unit=unit)


def _choice(by: str, unit: str, *values: int) -> Ranges:
    return Ranges(taken=tuple((each, each) for each in values), by=by, unit=unit)


BACKUP_RETENTION = _limit("RDS", 0, 35, "days")
"""CreateDBInstance, BackupRetentionPeriod."""
REPLICAS = _limit("RDS", 0, 15, "per source")
"""RDS User Guide, USER_ReadRepl."""
PORT = _limit("AWS", 1150, 65535)
"""CreateDBInstance, Port; for the caches ours too, so that one firewall rule reads as the other."""
ALLOCATED_STORAGE = _limit("gp3", 20, 65536, "GiB")
"""RDS User Guide, CHAP_Storage."""
MAX_ALLOCATED_STORAGE = Ranges(taken=((0, 0), *ALLOCATED_STORAGE.taken), by="gp3", unit="GiB")
"""CreateDBInstance, MaxAllocatedStorage; 0 means no autoscaling."""
MONITORING = _choice("RDS", "seconds", 0, 1, 5, 10, 15, 30, 60)
"""CreateDBInstance, MonitoringInterval."""
LOG_RETENTION = _choice(
    "CloudWatch Logs", "days",
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip
"""PutRetentionPolicy, retentionInDays."""
SNAPSHOT_RETENTION = _limit("ElastiCache", 0, 35, "days")
"""CreateReplicationGroup, SnapshotRetentionLimit."""
CACHE_REPLICAS = _limit("ElastiCache", 0, 5, "per primary")
"""CreateReplicationGroup, ReplicasPerNodeGroup."""
SHARDS = _limit("ElastiCache", 1, 500, "shards")
"""CreateReplicationGroup, NumNodeGroups; only in cluster mode."""
DELETION_WINDOW = _limit("KMS", 7, 30, "days")
"""ScheduleKeyDeletion, PendingWindowInDays."""
RECOVERY_WINDOW = Ranges(taken=((0, 0), (7, 30)), by="Secrets Manager", unit="days")
"""DeleteSecret, RecoveryWindowInDays; 0 is ForceDeleteWithoutRecovery."""
ROTATION = _limit("Secrets Manager", 1, 1000, "days")
"""RotationRules, AutomaticallyAfterDays."""
KEPT = _limit("AWS Backup", 1, 36500, "days")
"""AWS Backup Developer Guide, plan-options-and-configuration: 1 day to 100 years."""
KEPT_CONTINUOUSLY = _limit("AWS Backup", 1, 35, "days")
"""AWS Backup Developer Guide, point-in-time-recovery."""
LOCK_GRACE = _limit("AWS Backup", 3, 36500, "days")
"""PutBackupVaultLockConfiguration, ChangeableForDays."""
REPLICATED_BACKUPS = _limit("RDS", 1, 35, "days")
"""StartDBInstanceAutomatedBackupsReplication, BackupRetentionPeriod."""
RESTORE_TEST_HOURS = _limit("AWS Backup", 1, 168, "hours")
"""RestoreTestingSelection, ValidationWindowHours."""
RESTORE_TEST_WINDOW = _limit("AWS Backup", 1, 365, "days")
"""RestoreTestingRecoveryPointSelection, SelectionWindowDays."""
PROXY_CONNECTIONS = _limit("RDS Proxy", 1, 100, "percent of max_connections")
"""ConnectionPoolConfiguration, MaxConnectionsPercent."""
PROXY_IDLE = _limit("RDS Proxy", 0, 100, "percent of max_connections")
"""ConnectionPoolConfiguration, MaxIdleConnectionsPercent: no more than MaxConnectionsPercent."""
PROXY_BORROW = _limit("RDS Proxy", 0, 300, "seconds")
"""ConnectionPoolConfiguration, ConnectionBorrowTimeout."""
PROXY_CLIENT = _limit("RDS Proxy", 60, 28800, "seconds")
"""CreateDBProxy, IdleClientTimeout."""
SESSION = _limit("IAM", 1, 12, "hours")
"""CreateRole, MaxSessionDuration."""
FUNCTION_MEMORY = _limit("the bootstrap", 256, 10240, "MiB")
"""Lambda takes 128 to 10,240 (CreateFunction, MemorySize); with 128 the bootstrap's own code has no room."""
RESERVED_CONCURRENCY = _limit("Lambda", 1, 900, "runs at a time")
"""PutFunctionConcurrency: of an account's 1,000, 100 stay for all other functions."""
METRICS_MINUTES = _limit("the scheduled metrics", 1, 60, "minutes")
"""EventBridge takes whole minutes from 1 on (EventBridge User Guide, rate expressions); beyond an hour an alarm that
waits for three figures would ring half a working day late."""
MAINTENANCE_SECONDS = _limit("scheduled maintenance", 60, 21600, "seconds")
"""Of work in a task on Fargate, which has no such limit; a night has, in which nobody minds."""
MAINTENANCE_FUNCTION_SECONDS = _limit("scheduled maintenance in a function", 60, 840, "seconds")
"""A function ends after 900 seconds (Lambda quotas, "Function timeout"); the rest is for looking first, and for
cancelling and tidying up after a statement that took too long."""
OBJECT_DAYS = _limit("S3", 1, 36500, "days")
"""LifecycleExpiration, Days: any whole number from 1 on; a hundred years are enough."""


def source_problem(retention: int, replicas: int) -> str | None:
    """Why RDS would make no replicas of a source that keeps its backups for so many days (USER_ReadRepl)."""
    if replicas and not retention:
        return "is 0, but a replica needs a source with backups: set at least 1 day, or remove replicas"
    return BACKUP_RETENTION.problem(retention)


def idle_problem(idle: int, connections: int) -> str | None:
    """What is wrong with the share of connections that a proxy keeps open unused; None when nothing is."""
    if (problem := PROXY_IDLE.problem(idle)) or idle <= connections:
        return problem
    return f"is {idle}, more than the {connections} percent of max_connections that the proxy may take"


def lock_problem(least: int, most: int) -> str | None:
    """What is wrong with the days that a vault lock takes; None when nothing is."""
    if problem := KEPT.problem(least) or KEPT.problem(most):
        return problem
    return f"takes {least} days at least, more than {most} at most" if least > most else None


def locked_problem(days: int, least: int, most: int) -> str | None:
    """Why a vault lock of `least` to `most` days would fail the jobs of a rule that keeps `days`."""
    if least <= days <= most:
        return None
    return f"keeps {days} days, and the lock takes {least} to {most}: its jobs would fail"


def grace_problem(grace_seconds: int, every_days: int) -> str | None:
    """What is wrong with the time that an old credential stays valid; None when nothing is."""
    if 0 <= grace_seconds < every_days * 86400:
        return None
    return f"is {grace_seconds} seconds; it must end before the next rotation, {every_days} days later"
