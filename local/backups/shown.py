"""What `datatier status` says of a tier's automated backups, and of what drills have left; writes nothing."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import psycopg

from local.backups.archive import Archive
from local.postgres.server import PostgresServer

FAILS = """
SELECT last_failed_wal FROM pg_stat_archiver
WHERE last_failed_time > coalesce(last_archived_time, '-infinity') OR (failed_count > 0 AND last_archived_time IS NULL)
"""


@dataclass(frozen=True, kw_only=True)
class Backups:
    """Of one primary."""

    bytes: int
    earliest: str | None
    """ISO 8601, as are all times here; None where nothing can be restored to yet."""
    latest: str | None
    """Just before the last commit that is archived; `LatestRestorableTime` has the rest archived first."""
    gap: bool
    """Whether WAL was let go, so that times after `latest` cannot be restored to until there is a new base backup."""
    trouble: str | None
    """Why nothing is archived now; None where it is."""


def backups_of(kept: Archive, found: PostgresServer) -> dict[str, object]:
    """`Backups` of a primary as data."""
    flushed = found.daemon.alive  # what is not archived yet, a restore has archived first
    windows = [each for each in kept.windows(found.binaries) if each.whole or (flushed and not each.gap)]
    latest = max((each.latest for each in windows if each.latest), default=None)
    return asdict(
        Backups(
            bytes=kept.bytes,
            earliest=windows[0].base.ended.isoformat() if windows else None,
            latest=latest.isoformat() if latest else None,
            gap=bool(windows) and windows[-1].gap,
            trouble=_trouble(found),
        )
    )


def _trouble(found: PostgresServer) -> str | None:
    try:
        with found.connect(seconds=2) as connection:
            row = connection.execute(FAILS).fetchone()
    except psycopg.Error:
        return None  # that it does not answer is said elsewhere
    return f"{row[0]} cannot be archived: `datatier logs {found.name} --grep archive` says why" if row else None
