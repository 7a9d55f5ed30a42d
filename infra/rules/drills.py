"""What drills on a schedule need of the other settings."""

from __future__ import annotations

from bootstrap.rule import says
from infra.rules.broken import Broken
from infra.settings.model import Settings
from knowledge.backups.drills import INSTANCES_MADE, prefix_problem


@says(
    {
        "backup.drills": (
            "needs a `bucket`, or `backup.logical`, for the reports, servers that the stack has made itself, and "
            "a short enough name of the stack"
        ),
        "backup.drills.run": (
            "`pitr`, `deletion` and `primary` need `postgres.backup.retention` of 1 or more, `redis` a cache"
        ),
    }
)
def rules(settings: Settings, prefix: str) -> Broken:
    """What every one of them would fail by."""
    wanted = settings.backup.drills if settings.backup else None
    if wanted is None:
        return
    if settings.bucket is None and (settings.backup is None or settings.backup.logical is None):
        yield "drills", "has no bucket for its reports: declare data-tier:bucket, or data-tier:backup.logical."
    if problem := prefix_problem(prefix):
        yield "drills", f"cannot name its copies: the prefix {problem} characters. Give the stack a shorter name."
    if settings.postgres.existing or any(each.existing for each in settings.redis.values()):
        yield (
            "drills",
            "is for servers that the stack has made: copies of others go into groups of others, which the task may not "
            "use. Run `datatier drill` as whoever may, and leave this out.",
        )
    by_log = [each for each in wanted.run if "RestoreDBInstanceToPointInTime" in INSTANCES_MADE[each]]
    if by_log and not settings.postgres.backup.retention:
        yield "drills.run", f"{by_log[0]} needs automated backups: set postgres.backup.retention to 1 or more."
    if "redis" in wanted.run and not settings.redis:
        yield "drills.run", "has redis, and the stack has no cache: leave it out."
