"""What holds vacuum back: it removes and freezes nothing that the oldest of these may still see."""

from __future__ import annotations

from knowledge.thresholds.postgres_storage import VACUUM_HELD_SECONDS, VACUUM_HELD_TRANSACTIONS
from knowledge.thresholds.threshold import Status, Threshold
from observe.observation import PG_MONITOR, Finding, Observation, Row, Rows, judged
from observe.quantities import duration


def _read(version: int) -> str:
    # A transaction holds back with its snapshot (backend_xmin) or, as a writer, with its own id. Vacuums leave each
    # other out (PROC_IN_VACUUM of src/include/storage/proc.h). A slot's age has a time only since 17 and inactive.
    inactive = "extract(epoch FROM now() - s.inactive_since)::float8" if version >= 170000 else "NULL::float8"
    return f"""
WITH holder AS (
  SELECT 'transaction' AS kind, a.pid::text AS id, a.usename::text AS "user", a.datname::text AS database,
         greatest(age(a.backend_xmin), age(a.backend_xid)) AS transactions,
         extract(epoch FROM clock_timestamp() - a.xact_start)::float8 AS open_seconds, true AS active,
         false AS catalogs_only
  FROM pg_stat_activity a
  WHERE (a.backend_xmin IS NOT NULL OR a.backend_xid IS NOT NULL) AND a.pid <> pg_backend_pid()
    AND coalesce(a.backend_type, '') <> 'walsender' AND a.pid NOT IN (SELECT pid FROM pg_stat_progress_vacuum)
  UNION ALL
  SELECT 'replica', coalesce(nullif(r.application_name, ''), r.pid::text), r.usename::text, NULL, age(r.backend_xmin),
         NULL, true, false
  FROM pg_stat_replication r WHERE r.backend_xmin IS NOT NULL
  UNION ALL
  SELECT 'slot', s.slot_name::text, NULL, s.database::text, greatest(age(s.xmin), age(s.catalog_xmin)),
         {inactive}, s.active, s.xmin IS NULL
  FROM pg_replication_slots s WHERE s.xmin IS NOT NULL OR s.catalog_xmin IS NOT NULL
  UNION ALL
  SELECT 'prepared', x.gid, x.owner::text, x.database::text, age(x.transaction),
         extract(epoch FROM now() - x.prepared)::float8, true, false
  FROM pg_prepared_xacts x
)
SELECT * FROM holder ORDER BY transactions DESC, open_seconds DESC NULLS LAST, kind, id
"""


def held(
    rows: Rows, transactions: Threshold = VACUUM_HELD_TRANSACTIONS, seconds: Threshold = VACUUM_HELD_SECONDS
) -> tuple[Finding, ...]:
    """Those that hold back too much, or for too long."""
    return tuple(found for row in rows if (found := _finding(row, transactions, seconds)).status is not Status.OK)


def _finding(row: Row, transactions: Threshold, seconds: Threshold) -> Finding:
    age = int(str(row["transactions"]))
    open_for = None if row["open_seconds"] is None else float(str(row["open_seconds"]))
    name, message = f"{row['kind']} {row['id']}", sentence(row)
    by_age = judged(transactions, age, message, object=name, mend=mend(row))
    if open_for is None or by_age.status is not Status.OK:
        return by_age
    return judged(seconds, open_for, message, object=name, mend=mend(row))


def sentence(row: Row) -> str:
    """Who holds back by how much."""
    whose = " ".join(f"{word} {row[key]}" for word, key in (("of", "user"), ("in", "database")) if row[key])
    age = int(str(row["transactions"]))
    held_by = f"{row['kind']} {row['id']} {whose}".strip() + f" holds vacuum back by {age:,} transactions"
    return held_by if row["open_seconds"] is None else f"{held_by}, for {duration(float(str(row['open_seconds'])))}"


def mend(row: Row) -> str:
    """What ends it."""
    quoted = str(row["id"]).replace("'", "''")
    match row["kind"]:
        case "transaction":
            return f"datatier queries kill {row['id']}"
        case "prepared":
            return f"ROLLBACK PREPARED '{quoted}'"
        case "slot":
            return f"SELECT pg_drop_replication_slot('{quoted}')"
        case _:
            # hot_standby_feedback: the oldest query of the replica.
            return "datatier queries long"


VACUUM_HORIZON = Observation(
    id="vacuum-horizon",
    engine="postgres",
    question="What holds vacuum back?",
    read=_read,
    judge=held,
    thresholds=(VACUUM_HELD_TRANSACTIONS, VACUUM_HELD_SECONDS),
    columns=("kind", "id", "user", "database", "transactions", "open_seconds", "active"),
    needs=(PG_MONITOR,),
    on_replica=False,
)
