"""When AWS Backup's jobs begin, in UTC, and what speaks against it: rules between the plan and the instance."""

from __future__ import annotations

from dataclasses import dataclass

from bootstrap.rule import says
from infra.rules.broken import Broken
from infra.settings.backup_sections import BackupPlan, DrillsSection, LogicalSection
from infra.settings.model import Settings
from knowledge import limits
from knowledge.backups.copies import FOLDER
from knowledge.backups.jobs import NEAR
from knowledge.backups.regions import DESTINATIONS
from knowledge.classes import rds_problem
from knowledge.windows import DAYS, parse_moment, parse_window, standard_offset

DAY, WEEK = 24 * 60, 7 * 24 * 60


@dataclass(frozen=True, kw_only=True)
class Job:
    """Jobs of one rule of the plan."""

    rule: str
    starts: tuple[int, ...]
    """Minutes after Monday 00:00 UTC."""
    keep: int
    continuous: bool = False

    @property
    def cron(self) -> str:
        """As AWS Backup writes it."""
        return cron(self.starts)

    @property
    def utc(self) -> str:
        """Days and time of the job as text, such as `Sun 02:00 UTC`."""
        days = ", ".join(DAYS[start // DAY].capitalize() for start in self.starts)
        return f"{days} {clock(self.starts[0])} UTC"


def jobs(plan: BackupPlan, zone: str, point_in_time_days: int) -> tuple[Job, ...]:
    """The rules of the plan: the week's, that of each other day, and the logs where AWS Backup keeps them.

    By standard time, as RDS's windows are (`knowledge.windows`): a rule in local time would run into them in summer,
    and one between two and three is left out on the Sunday when summer time begins.
    """
    week = parse_moment(plan.weekly.at).start
    day = parse_moment(plan.daily.at).start
    others = tuple(day + number * DAY for number in range(7) if number != week // DAY)
    found = [
        Job(rule="weekly", starts=utc((week,), zone), keep=plan.weekly.keep),
        Job(rule="daily", starts=utc(others, zone), keep=plan.daily.keep),
    ]
    if plan.continuous:
        every = utc(tuple(day + number * DAY for number in range(7)), zone)
        found.append(Job(rule="continuous", starts=every, keep=point_in_time_days, continuous=True))
    return tuple(found)


def restore_test_start(plan: BackupPlan, zone: str) -> tuple[int, ...]:
    """When the restore test begins; nothing without one."""
    return utc((parse_moment(plan.restore_test.at).start,), zone) if plan.restore_test else ()


def copies_start(wanted: LogicalSection, zone: str) -> tuple[int, ...]:
    """When a logical copy begins, each day."""
    at = parse_moment(wanted.at).start
    return utc(tuple(at + number * DAY for number in range(7)), zone)


def drills_start(wanted: DrillsSection, zone: str) -> int:
    """Minute of the week, in UTC, at which drills begin."""
    (start,) = utc((parse_moment(wanted.at).start,), zone)
    return start


def drills_cron(wanted: DrillsSection, zone: str) -> str:
    """AWS's cron expression of it; of a quarter the first such day (EventBridge User Guide, cron expressions, `#`)."""
    start = drills_start(wanted, zone)
    if wanted.every == "week":
        return cron((start,))
    hour, minute = divmod(start % DAY, 60)
    # Its days of the week begin with SUN, which is 1.
    return f"cron({minute} {hour} ? 1,4,7,10 {(start // DAY + 1) % 7 + 1}#1 *)"


def cron(starts: tuple[int, ...]) -> str:
    """AWS's cron expression of moments that share their time of day."""
    hour, minute = divmod(starts[0] % DAY, 60)
    days = ",".join(DAYS[start // DAY].upper() for start in starts)
    return f"cron({minute} {hour} ? * {days} *)"


def largest_gap(found: tuple[Job, ...]) -> int:
    """Most minutes between two snapshots of a week."""
    starts = sorted(start for job in found if not job.continuous for start in job.starts)
    return max((after - before) % WEEK or WEEK for before, after in zip(starts, [*starts[1:], starts[0]], strict=True))


_APART = (
    "not in `postgres.backup.window` or `postgres.maintenance`, nor within an hour before them, unless `continuous`"
)
_NEEDS_BACKUPS = "needs `postgres.backup.retention` of 1 or more"


@says(
    {
        "backup.continuous": _NEEDS_BACKUPS,
        "backup.restore_test.class": "a class that RDS has for PostgreSQL",
    }
)
def rules(settings: Settings, region: str | None) -> Broken:
    """What AWS would refuse, or fail on night after night; `region` of the stack, where it is known."""
    plan, database = settings.backup, settings.postgres
    if plan is None:
        return
    if plan.continuous and not database.backup.retention:
        yield "continuous", "needs postgres.backup.retention of 1 day or more: that is what it keeps."
    if not plan.continuous:  # else AWS Backup moves the windows itself
        yield from _near(settings, plan)
    yield from _locked(settings, plan)
    own = plan.restore_test.class_ if plan.restore_test else None
    if own and (problem := rds_problem(own)):
        yield "restore_test.class", f"{problem}."
    if plan.second_region:
        yield from _second_region(settings, region)
    if plan.logical:
        yield from _logical(settings, plan.logical)


@says(
    {
        "backup.logical.to": "needed where the stack has no `bucket`; not in a folder of the bucket that expires",
    }
)
def _logical(settings: Settings, wanted: LogicalSection) -> Broken:
    if wanted.to is None and settings.bucket is None:
        yield "logical.to", "has no bucket to go to: declare data-tier:bucket, or name one, s3://BUCKET/PREFIX."
    if settings.bucket is None:
        return
    name, _, folder = (wanted.to or f"s3:///{FOLDER}").removeprefix("s3://").partition("/")
    if name not in ("", settings.bucket.name):
        return
    folder = f"{folder.rstrip('/')}/"
    for other in settings.bucket.expire:
        if folder.startswith(other) or other.startswith(folder):
            yield (
                "logical.to",
                f"is in {other} of the bucket, where objects expire by age, the last verified copy too: take it out of "
                "data-tier:bucket.expire, or name another folder.",
            )


@says(
    {
        "backup.weekly.at": _APART,
        "backup.daily.at": _APART,
    }
)
def _near(settings: Settings, plan: BackupPlan) -> Broken:
    windows = {
        "backup.window": parse_window(settings.postgres.backup.window, shortest=30),
        "maintenance": parse_window(settings.postgres.maintenance, shortest=30),
    }
    for job, key, at in (
        (0, "weekly.at", plan.weekly.at),
        (1, "daily.at", plan.daily.at),
    ):
        # Local time on both sides: the offset is the same.
        starts = jobs(plan, "UTC", 1)[job].starts
        for name, window in windows.items():
            spans = window.spans()
            if any((start + after) % WEEK in spans for start in starts for after in range(NEAR + 1)):
                yield (
                    key,
                    f"{at} lies in postgres.{name} ({_written(settings, name)}) or within an hour before it, where "
                    "AWS Backup begins no job of RDS: move one of them.",
                )


def _written(settings: Settings, name: str) -> str:
    database = settings.postgres
    return database.backup.window if name == "backup.window" else database.maintenance


@says(
    {
        "backup.weekly.keep": "within the `lock`",
        "backup.daily.keep": "within the `lock`",
        "backup.continuous": "`postgres.backup.retention` within the `lock`",
        "backup.second_region.keep": "within the `lock`",
        "backup.lock.mode": "`compliance` needs `protect: true`",
    }
)
def _locked(settings: Settings, plan: BackupPlan) -> Broken:
    lock = plan.lock
    if lock is None:
        return
    kept = {"weekly.keep": plan.weekly.keep, "daily.keep": plan.daily.keep}
    if plan.continuous:
        kept["continuous"] = settings.postgres.backup.retention
    if plan.second_region and plan.second_region.keep is not None:
        kept["second_region.keep"] = plan.second_region.keep
    for key, days in kept.items():
        if problem := limits.locked_problem(days, lock.min, lock.max):
            yield key, f"{problem}."
    if lock.mode == "compliance" and not settings.protect:
        yield "lock.mode", "compliance cannot be undone: not for a stack that is not protected. Use governance."


@says(
    {
        "backup.second_region.region": "not the stack's own",
        "backup.second_region.point_in_time": f"{_NEEDS_BACKUPS}, and regions between which RDS replicates them",
    }
)
def _second_region(settings: Settings, region: str | None) -> Broken:
    plan = settings.backup
    second = plan.second_region if plan else None
    if second is None or plan is None:
        return
    if second.region == region:
        yield "second_region.region", f"is {region}, the stack's own."
    if second.point_in_time is None:
        return
    if not settings.postgres.backup.retention:
        yield "second_region.point_in_time", "needs automated backups: set postgres.backup.retention to 1 or more."
    if region in DESTINATIONS and second.region not in (region, *DESTINATIONS[region]):
        yield (
            "second_region.point_in_time",
            f"RDS does not replicate automated backups from {region} to {second.region}; it does to "
            f"{', '.join(DESTINATIONS[region])}. Or set it to null: copies go anywhere.",
        )


def utc(starts: tuple[int, ...], zone: str) -> tuple[int, ...]:
    """Minutes of the week by a zone's standard time, in UTC."""
    return tuple(sorted((start - standard_offset(zone)) % WEEK for start in starts))


def clock(minute: int, *, day: bool = False) -> str:
    """A minute of the week as text: `02:00`, or `Sun 02:00`."""
    name = f"{DAYS[minute // DAY].capitalize()} " if day else ""
    return f"{name}{minute % DAY // 60:02}:{minute % 60:02}"
