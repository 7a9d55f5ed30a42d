"""What `datatier status` says of a tier's automated backups, and of what drills have left; writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import psycopg

from local.backups.archive import Archive, Window
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
    spans: Sequence[tuple[str, str | None]]
    """What can be restored to, from when to when, without the holes that WAL which was let go has left.

    None as the end is now: what is not archived yet, a restore has archived first.
    """
    gap: bool
    """Whether WAL was let go, so that times after `latest` cannot be restored to until there is a new base backup."""
    trouble: str | None
    """Why nothing is archived now; None where it is."""


def backups_of(kept: Archive, found: PostgresServer) -> dict[str, object]:
    """`Backups` of a primary as data."""
    answers, trouble = _asked(found)
    windows = kept.windows(found.binaries)
    shown = spans(windows, flushed=answers and trouble is None)
    latest = max((each.latest for each in windows if each.latest), default=None)
    return asdict(
        Backups(
            bytes=kept.bytes,
            earliest=shown[0][0] if shown else None,
            latest=latest.isoformat() if latest and shown else None,
            spans=shown,
            gap=bool(windows) and windows[-1].gap,
            trouble=trouble,
        )
    )


def spans(windows: Sequence[Window], *, flushed: bool) -> list[tuple[str, str | None]]:
    """`Backups.spans` of windows, the oldest first.

    :param flushed: whether a restore can have archived what is not archived yet.
    """
    shown: dict[str | None, str] = {}
    for each in windows:
        if flushed and not each.gap:
            shown.setdefault(None, each.base.ended.isoformat())
        elif each.whole and each.latest:
            shown.setdefault(each.latest.isoformat(), each.base.ended.isoformat())
    return [(begin, end) for end, begin in shown.items()]


def _asked(found: PostgresServer) -> tuple[bool, str | None]:
    """Whether it answers, and why it does not archive."""
    try:
        with found.connect(seconds=2) as connection:
            row = connection.execute(FAILS).fetchone()
    except psycopg.Error:
        return False, None  # that it does not answer is said elsewhere
    return True, f"{row[0]} cannot be archived: `datatier logs {found.name} --grep archive` says why" if row else None
