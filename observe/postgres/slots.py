"""Replication slots: whether somebody reads them, and how much WAL they hold back."""

from __future__ import annotations

from collections.abc import Iterator

from knowledge.thresholds.nodes import SLOT_INACTIVE, SLOT_LOST, SLOT_WAL
from knowledge.thresholds.threshold import Status
from observe.observation import Finding, Observation, Row, Rows, judged
from observe.quantities import duration, size

MIB = 1024**2


def _read(version: int) -> str:
    # inactive_since came with PostgreSQL 17, as did slots that are copies of the primary's (`synced`), which nobody
    # reads on a replica by design.
    since, own = (
        ("extract(epoch FROM clock_timestamp() - s.inactive_since)::float8", "NOT s.synced")
        if version >= 170000
        else ("NULL::float8", "true")
    )
    return f"""
SELECT s.slot_name::text AS slot, s.slot_type AS kind, s.active, {since} AS inactive_seconds, s.wal_status,
       greatest(pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()
                                     ELSE pg_current_wal_lsn() END, s.restart_lsn), 0)::bigint AS held_bytes,
       (SELECT setting::bigint FROM pg_settings WHERE name = 'max_slot_wal_keep_size') AS keep_mib
FROM pg_replication_slots s WHERE {own} AND NOT s.temporary ORDER BY 1
"""


def _judge(rows: Rows) -> tuple[Finding, ...]:
    return tuple(finding for row in rows for finding in _slot(row))


def _slot(row: Row) -> Iterator[Finding]:
    name = str(row["slot"])
    mend = f"SELECT pg_drop_replication_slot('{name.replace(chr(39), chr(39) * 2)}')"
    if row["wal_status"] in ("lost", "unreserved"):
        said = f"slot {name}: the WAL that its reader needs is {row['wal_status']}"
        yield judged(SLOT_LOST, 1, said, object=name, mend=mend)
        return
    yield _wal(row, name, mend)
    if row["active"]:
        return
    since = row["inactive_seconds"]
    if since is None:
        said = f"slot {name} has no reader; since when is not kept before PostgreSQL 17"
        yield Finding(
            check=SLOT_INACTIVE.id, status=Status.WARN, message=said, object=name, threshold=SLOT_INACTIVE, mend=mend
        )
    else:
        seconds = float(str(since))
        said = f"slot {name} has had no reader for {duration(seconds)}"
        yield judged(SLOT_INACTIVE, seconds, said, object=name, mend=mend)


def _wal(row: Row, name: str, mend: str) -> Finding:
    held, keep = int(str(row["held_bytes"] or 0)), int(str(row["keep_mib"])) * MIB
    said = f"slot {name} ({row['kind']}) holds back {size(held)} of WAL"
    if keep <= 0:
        said += ", without a limit: max_slot_wal_keep_size is -1"
        return Finding(check=SLOT_WAL.id, status=Status.OK, message=said, object=name)
    return judged(SLOT_WAL, 100 * held / keep, f"{said}, of {size(keep)} that it may", object=name, mend=mend)


SLOTS = Observation(
    id="slots",
    engine="postgres",
    question="Is every replication slot read, and how much WAL do they hold back?",
    read=_read,
    judge=_judge,
    thresholds=(SLOT_LOST, SLOT_WAL, SLOT_INACTIVE),
    columns=("slot", "kind", "active", "inactive_seconds", "wal_status", "held_bytes"),
)
