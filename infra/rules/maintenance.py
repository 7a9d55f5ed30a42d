"""When maintenance runs, in UTC, and what else wants the database at that hour: rules between the sections."""

from __future__ import annotations

from bootstrap.rule import says
from infra.rules.backups import WEEK, copies_start, utc
from infra.rules.broken import Broken
from infra.settings.maintenance_section import MaintenanceSection
from infra.settings.model import Settings
from knowledge.backups.copies import MAKING_MINUTES
from knowledge.windows import Window, parse_moment, parse_window


def start(wanted: MaintenanceSection, zone: str) -> tuple[int, ...]:
    """Minutes after Monday 00:00 UTC at which it begins."""
    return utc((parse_moment(wanted.at).start,), zone)


@says(
    {
        "maintenance.at": (
            "for its `budget` it runs into none of `postgres.backup.window`, `postgres.maintenance` and the copy "
            "of `backup.logical`"
        ),
    }
)
def rules(settings: Settings) -> Broken:
    """What else happens to the database while it is maintained."""
    wanted, database = settings.maintenance, settings.postgres
    if wanted is None:
        return
    spans = Window(parse_moment(wanted.at).start, wanted.budget_minutes, weekly=True).spans()
    said = f"{wanted.at} for {wanted.budget} runs into "
    windows = {"backup.window": database.backup.window, "maintenance": database.maintenance}
    for key, text in windows.items():
        # A restart leaves half-made indexes behind; a backup of an instance without a standby stops its I/O.
        if parse_window(text, shortest=30).spans() & spans:
            yield "at", f"{said}postgres.{key} ({text}), in which RDS has the instance to itself: move one of them."
    logical = settings.backup.logical if settings.backup else None
    if logical is None:
        return
    # By one clock: both are of the stack's standard time.
    making = {(begins + after) % WEEK for begins in copies_start(logical, "UTC") for after in range(MAKING_MINUTES)}
    if making & spans:
        yield (
            "at",
            f"{said}the logical copy of {logical.at} (backup.logical, up to {MAKING_MINUTES} minutes): its snapshot "
            "holds rows back from VACUUM, and REINDEX CONCURRENTLY waits for it. Move one of them.",
        )
