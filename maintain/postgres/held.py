"""Whether VACUUM can do anything now: who may still see what it would remove, and who is at it already."""

from __future__ import annotations

from knowledge.thresholds.postgres_storage import VACUUM_HELD_TRANSACTIONS
from knowledge.thresholds.threshold import Status
from maintain.facts import DatabaseFacts
from maintain.postgres.rights import CATALOGS
from observe.observation import Row
from observe.postgres.vacuum_horizon import VACUUM_HORIZON
from observe.postgres.vacuum_running import VACUUM_RUNNING
from observe.quantities import duration, percent


def dead_rows(facts: DatabaseFacts, row: Row) -> Row | None:
    """Who may still see all dead rows that are left in a table (a row of `vacuum`): None where some can be removed.

    A vacuum that came after the oldest transaction began has removed what could be: the rest died later. A replica,
    or a slot that is in use, follows what happens: it counts only when it is far behind.
    """
    vacuumed = row["vacuumed_seconds"]
    if vacuumed is None:
        return None
    return next(
        (each for each in _holders(facts, row["table"]) if _open(each) > float(str(vacuumed))),
        None,
    )


def freezing(facts: DatabaseFacts, row: Row) -> Row | None:
    """Who keeps the ids of a table (a row of `wraparound-tables`) from becoming younger by a worthwhile number."""
    age, worth = int(str(row["transactions"])), VACUUM_HELD_TRANSACTIONS.warn or 0
    holders = _holders(facts, row["table"])
    return next((each for each in holders if age - int(str(each["transactions"])) < worth), None)


def running(facts: DatabaseFacts, table: str) -> str:
    """The vacuum that is at a table now; empty where there is none."""
    for row in facts.rows(VACUUM_RUNNING.id):
        if row["table"] == table and row["database"] == facts.database:
            since, read = (float(str(row[key] or 0)) for key in ("running_seconds", "scanned_percent"))
            return f"a vacuum ({row['kind']}) has been at it for {duration(since)}, {percent(read)} read"
    return ""


def _holders(facts: DatabaseFacts, table: object) -> list[Row]:
    """Those of this database; the oldest first. A logical slot holds back the catalogs alone."""
    catalog = str(table).partition(".")[0] in CATALOGS
    rows = (row for row in facts.rows(VACUUM_HORIZON.id) if row["database"] in (None, facts.database))
    return [row for row in rows if catalog or not row["catalogs_only"]]


def follows(row: Row) -> bool:
    """Whether who holds back (a row of `vacuum-horizon`) is a replica, or a slot in use, that is not far behind.

    It tells the primary every wal_receiver_status_interval, 10 s as a rule, how far it is (hot_standby_feedback).
    """
    near = VACUUM_HELD_TRANSACTIONS.judge(int(str(row["transactions"]))) is Status.OK
    return row["open_seconds"] is None and bool(row["active"]) and near


def _open(row: Row) -> float:
    if row["open_seconds"] is not None:
        return float(str(row["open_seconds"]))
    # Before 17 it is not known since when a slot has not been in use.
    return 0.0 if follows(row) else float("inf")
