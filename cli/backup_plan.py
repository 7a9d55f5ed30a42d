"""Which copies of a stack are made, proved and let go without anybody: where each runs, when, and why there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cli.scheduled import Scheduled

if TYPE_CHECKING:
    from infra.settings.backup_sections import BackupPlan, LogicalSection
    from infra.settings.model import Settings

LOGICAL, DRILLS = "data-tier:backup.logical", "data-tier:backup.drills"


def plan(settings: Settings) -> Iterator[Scheduled]:
    """What a stack's settings deploy: AWS's own copies of each engine, then those that depend on nothing of AWS."""
    yield _point_in_time(settings)
    yield from _recovery_points(settings)
    yield from _snapshots(settings)
    yield from _logical(settings)
    yield _drills(settings)
    yield _watch(settings)


def _point_in_time(settings: Settings) -> Scheduled:
    from knowledge.windows import parse_window, to_utc

    database, what = settings.postgres.backup, "the database, to any moment"
    if not database.retention:
        return Scheduled(what=what, why="set data-tier:postgres.backup.retention")
    if settings.backup and settings.backup.continuous:
        when, runs = f"always; kept {database.retention} days", "AWS Backup"
    else:
        window = to_utc(parse_window(database.window, shortest=30), settings.time_zone)
        when, runs = f"always, and a snapshot each day {window} UTC; kept {database.retention} days", "RDS"
    return Scheduled(what=what, runs=runs, when=when, why="only who keeps the WAL can go to a moment")


def _recovery_points(settings: Settings) -> Iterator[Scheduled]:
    from infra.rules.backups import jobs

    wanted, what = settings.backup, "snapshots of the database"
    if wanted is None:
        yield Scheduled(what=what, why="set data-tier:backup")
        return
    for job in jobs(wanted, settings.time_zone, settings.postgres.backup.retention):
        if not job.continuous:
            yield Scheduled(
                what=f"{what}, {job.rule}",
                runs="AWS Backup",
                when=f"{job.utc}; kept {job.keep} days",
                why="in a vault of its own they outlive the instance",
            )
    yield _restore_test(wanted, settings.time_zone)


def _restore_test(wanted: BackupPlan, zone: str) -> Scheduled:
    from infra.rules.backups import clock, restore_test_start

    what = "a restore of the newest of them, looked into"
    if wanted.restore_test is None:
        return Scheduled(what=what, why="set data-tier:backup.restore_test")
    (start,) = restore_test_start(wanted, zone)
    return Scheduled(
        what=what,
        runs="Lambda",
        when=f"{clock(start, day=True)} UTC",
        why="AWS Backup restores it and starts the function, whose questions to it take minutes",
    )


def _snapshots(settings: Settings) -> Iterator[Scheduled]:
    from knowledge.windows import parse_window, to_utc

    for name, cache in settings.redis.items():
        what, kept = f"snapshots of the cache {name}", cache.snapshot.retention
        if not kept:
            yield Scheduled(what=what, why=f"set data-tier:redis.{name}.snapshot.retention")
            continue
        window = to_utc(parse_window(cache.snapshot.window, shortest=60), settings.time_zone)
        yield Scheduled(
            what=what,
            runs="ElastiCache",
            when=f"each day {window} UTC; kept {kept} days",
            why="AWS Backup has no caches",
        )


def _logical(settings: Settings) -> Iterator[Scheduled]:
    wanted = settings.backup.logical if settings.backup else None
    made, verified, gone = "logical copies of all of it", "their verification at level 2", "which of them go"
    if wanted is None:
        yield Scheduled(what=made, why=f"set {LOGICAL}; by hand: datatier backup create")
        return
    why = "pg_dump is not in a function's bundle, and takes longer than its 15 minutes"
    if settings.redis:
        why += ", as ElastiCache's exports of the caches do; one manifest names both"
    yield Scheduled(what=made, runs="Fargate", when=_daily(wanted, settings.time_zone), why=why)
    why = "pg_restore reads every row, and is not in a function's bundle either"
    yield Scheduled(what=verified, runs="Fargate", when="once a copy is made, in the same task", why=why)
    why = "it would fit a function, but nothing goes unless the new copy was verified: the task's last step"
    when = f"then; all of {wanted.daily} days stay, and the first of each week for {wanted.keep}"
    yield Scheduled(what=gone, runs="Fargate", when=when, why=why)


def _daily(wanted: LogicalSection, zone: str) -> str:
    from infra.rules.backups import clock, copies_start

    return f"each day {clock(copies_start(wanted, zone)[0])} UTC{_own(wanted.at, zone)}"


def _drills(settings: Settings) -> Scheduled:
    from infra.rules.backups import clock, drills_start

    wanted, what = settings.backup.drills if settings.backup else None, "drills"
    if wanted is None:
        return Scheduled(what=what, why=f"set {DRILLS}; by hand: datatier drill pitr")
    at, zone = clock(drills_start(wanted, settings.time_zone), day=True), settings.time_zone
    often = "each week" if wanted.every == "week" else "the first of each quarter"
    return Scheduled(
        what=f"{what}: {', '.join(wanted.run)}",
        runs="Fargate",
        when=f"{often} {at} UTC{_own(wanted.at, zone)}",
        why="a restore takes longer than a function's 15 minutes, and is entered inside the network",
    )


def _own(at: str, zone: str) -> str:
    return f", {at} of {zone}" if zone != "UTC" else ""


def _watch(settings: Settings) -> Scheduled:
    from infra.settings.values import minutes

    what = "how old copies and drills are, as alarms"
    watch = settings.metrics.schedule if settings.metrics else None
    lacks = [
        key
        for key, there in (
            ("data-tier:metrics.schedule", watch),
            (LOGICAL, settings.backup and settings.backup.logical),
        )
        if not there
    ]
    if watch is None or lacks:
        return Scheduled(what=what, why=f"set {' and '.join(lacks)}")
    return Scheduled(
        what=what,
        runs="Lambda",
        when=f"every {minutes(watch)} min",
        why="it lists a place and reads small objects, in seconds",
    )
