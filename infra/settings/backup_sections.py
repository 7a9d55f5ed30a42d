"""Settings of backups, of the proxy and of the bucket: keys with their types and their own rules."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from bootstrap.rule import matches, whole
from infra.settings.images import Image
from infra.settings.values import Region, Section, Text, asks, limited, moment
from knowledge import buckets, fargate, limits
from knowledge.backups.copies import DAILY_DAYS, FOLDER, KEEP_DAYS
from knowledge.backups.drills import Every, ScheduledDrill

_S3 = r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9._-]+)*/?"
Weekly = Annotated[str, moment(weekly=True)]
Daily = Annotated[str, moment(weekly=False)]
Kept = Annotated[int, limited(limits.KEPT)]


class WeeklyBackup(Section):
    """The full backup of the week."""

    at: Weekly = "Sun 02:00"
    """When, by the stack's standard time."""
    keep: Kept = 30
    """Days that it is kept."""


class DailyBackup(Section):
    """The backup of each other day."""

    at: Daily = "03:00"
    """When, by the stack's standard time."""
    keep: Kept = 7
    """Days that it is kept."""


class LockSection(Section):
    """Vault lock: recovery points go on their day and not before."""

    mode: Literal["governance", "compliance"]
    """`compliance` cannot be undone by anybody after `grace` days."""
    min: Kept
    """Days that a recovery point stays at least."""
    max: Kept
    """Days that one stays at most."""
    grace: Annotated[int, limited(limits.LOCK_GRACE)] = 3
    """Days in which the lock itself can still be taken away."""

    @model_validator(mode="after")
    def _ordered(self) -> LockSection:
        """`min` is not above `max`."""
        if problem := limits.lock_problem(self.min, self.max):
            raise ValueError(f"{problem}.")
        return self


class SecondRegionSection(Section):
    """Where backups are kept too."""

    region: Region
    """The other region."""
    keep: Kept | None = 30
    """Days of the copies of each recovery point; null copies none."""
    point_in_time: Annotated[int, limited(limits.REPLICATED_BACKUPS)] | None = None
    """Days of the automated backups that RDS replicates there, logs and all; absent, none."""

    @model_validator(mode="after")
    def _something(self) -> SecondRegionSection:
        """One of `keep` and `point_in_time` is not null."""
        if self.keep is None and self.point_in_time is None:
            raise ValueError("keeps nothing there: give keep, point_in_time or both.")
        return self


class RestoreTestSection(Section):
    """A weekly restore that is looked into."""

    at: Weekly = "Mon 06:00"
    """When, by the stack's standard time."""
    class_: Text | None = Field(default=None, alias="class")
    """Class of the restored instance; the primary's when absent."""
    hours: Annotated[int, limited(limits.RESTORE_TEST_HOURS)] = 4
    """How long the restored instance stays for the verdict."""


class LogicalSection(Section):
    """Logical copies: database and caches, proved row by row, in a task of ECS on Fargate each day."""

    at: Daily = "04:30"
    """When, by the stack's standard time."""
    keep: Kept = KEEP_DAYS
    """Days that the first copy of each week is kept; the last verified one stays however old it is."""
    daily: Kept = DAILY_DAYS
    """Days that every copy is kept."""
    to: Annotated[str, matches(_S3, "a place such as s3://BUCKET/PREFIX")] | None = None
    """Where they go; absent, to the stack's own bucket (data-tier:bucket)."""
    image: Image
    """Image that `make image` builds, with PostgreSQL's programs in it (`FOR=copies`)."""
    cpu: int = 1024
    """CPU units, 1024 to the vCPU: one for pg_dump, half of one for compression and hashes."""
    memory: int = 2048
    """MiB; a copy takes less than 150 whatever its size."""

    @model_validator(mode="after")
    def _size(self) -> LogicalSection:
        """`cpu` and `memory` are one of the sizes that Fargate has."""
        if problem := fargate.size_problem(self.cpu, self.memory):
            raise ValueError(f"{problem}.")
        return self


class DrillsSection(Section):
    """Drills on a schedule: copies are restored, proved, measured and removed in a task of ECS on Fargate."""

    every: Every = "week"
    """How often: each `week`, or each `quarter` on the first such day of January, April, July and October."""
    at: Weekly = "Mon 05:30"
    """When, by the stack's standard time."""
    run: Annotated[tuple[ScheduledDrill, ...], Field(min_length=1)] = ("pitr",)
    """Which, one after another (`datatier drill`); each costs what its copies cost while they are there."""
    image: Image
    """Image that `make image` builds, with PostgreSQL's programs in it (`FOR=copies`)."""
    cpu: int = 256
    """CPU units, 1024 to the vCPU. The work itself is done by the copies."""
    memory: int = 512
    """MiB."""

    @model_validator(mode="after")
    def _size(self) -> DrillsSection:
        """`cpu` and `memory` are one of the sizes that Fargate has; no drill is named twice."""
        if problem := fargate.size_problem(self.cpu, self.memory):
            raise ValueError(f"{problem}.")
        if len(set(self.run)) < len(self.run):
            raise ValueError("run names a drill twice.")
        return self


class BackupPlan(Section):
    """AWS Backup: recovery points apart from the instance. Times are the stack's, by its standard time."""

    weekly: WeeklyBackup = WeeklyBackup()
    daily: DailyBackup = DailyBackup()
    continuous: bool = False
    """Whether AWS Backup keeps the transaction logs in place of RDS; it then owns `postgres.backup` (ADR 0013)."""
    lock: LockSection | None = None
    second_region: SecondRegionSection | None = None
    restore_test: RestoreTestSection | None = None
    logical: LogicalSection | None = None
    drills: DrillsSection | None = None


class ProxySection(Section):
    """RDS Proxy before the primary."""

    identities: tuple[str, ...] = ()
    """Whom it serves; when empty all who log in with a password, except the migrator and the
    maintainer."""
    iam: bool = False
    """Whether clients log in to it by IAM token."""
    connections: Annotated[int, limited(limits.PROXY_CONNECTIONS)] = 80
    """Percent of max_connections that it may take."""
    idle: Annotated[int, limited(limits.PROXY_IDLE)] = 40
    """Percent of max_connections that it keeps open unused."""
    wait: Annotated[int, limited(limits.PROXY_BORROW)] = 120
    """Seconds that a client waits for a connection."""
    timeout: Annotated[int, limited(limits.PROXY_CLIENT)] = 1800
    """Seconds after which a silent client is cut off."""

    @model_validator(mode="after")
    def _idle_fits(self) -> ProxySection:
        """`idle` is not above `connections`."""
        if problem := limits.idle_problem(self.idle, self.connections):
            raise ValueError(f"idle {problem}.")
        return self


ObjectDays = Annotated[int, limited(limits.OBJECT_DAYS)]


def _apart_problem(folders: dict[str, int]) -> str | None:
    return buckets.nested_problem(folders) or buckets.backups_problem(folders)


_APART = asks(_apart_problem, f"no folder inside another, and not that of backups, `{FOLDER}`")
_ROLE = r"arn:aws[a-z-]*:iam::\d{12}:role/\S+"
Prefix = Annotated[str, matches(buckets.FOLDER, "a folder, such as `exports/`")]


class ObjectLockSection(Section):
    """Object lock of S3: nobody removes a whole backup before its days are over."""

    mode: Literal["governance", "compliance"]
    """`compliance` cannot be lifted by anybody; `governance` by who may bypass it."""
    days: ObjectDays = 30
    """Days from when a backup was made."""


class BucketSection(Section):
    """A bucket for backups, exports and attachments."""

    name: Annotated[str, asks(buckets.name_problem, buckets.NAME_WORDS, {"pattern": whole(buckets.NAME)})] | None = None
    """Absent: the stack's name with account and region, which no other account can have taken."""
    roles: tuple[Annotated[str, matches(_ROLE, "the ARN of a role")], ...] = ()
    """The only roles that read and write objects. Empty: any that IAM allows."""
    expire: Annotated[dict[Prefix, ObjectDays], _APART] = Field(default_factory=dict)
    """Folder -> days after which its objects expire; elsewhere they stay. That of backups has a rule of its own, by
    which the last one that was verified never goes (`datatier backup prune`)."""
    lock: ObjectLockSection | None = None
    """Lock backups. From the beginning: a bucket that is there without it is replaced."""
    former: ObjectDays = 30
    """Days that what was overwritten, deleted or expired can be had back."""
