"""How far a server is in the WAL, and what that says of replicas once the primary's position is known too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from knowledge.thresholds.nodes import REPLICA_LAG, REPLICATION, replica_lag
from knowledge.thresholds.threshold import Threshold
from observe.observation import Cell, Finding, Observation, Row, Rows, judged
from observe.quantities import duration, size

# A primary sends what it has flushed. Without pg_read_all_stats pg_stat_wal_receiver and pg_stat_replication show
# processes and nothing else of them: enough to count (PostgreSQL, pg_stat_wal_receiver).
_READ = """
SELECT pg_is_in_recovery() AS in_recovery,
       CASE WHEN pg_is_in_recovery() THEN NULL
            ELSE pg_wal_lsn_diff(pg_current_wal_flush_lsn(), '0/0') END::bigint AS written,
       pg_wal_lsn_diff(pg_last_wal_receive_lsn(), '0/0')::bigint AS received,
       CASE WHEN pg_is_in_recovery() THEN pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0') END::bigint AS replayed,
       CASE WHEN pg_is_in_recovery() THEN pg_is_wal_replay_paused() END AS paused,
       extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float8 AS replayed_seconds,
       EXISTS (SELECT FROM pg_stat_wal_receiver) AS receives,
       (SELECT count(*)::int FROM pg_stat_replication) AS senders
"""


def _judge(_: Rows) -> tuple[Finding, ...]:
    """Nothing: it takes the other servers' positions too (`lags`)."""
    return ()


def replayed_all(row: Row, written: int | None) -> bool:
    """Whether a replica has replayed what it had received, and what the primary had written, by an earlier look."""
    return _number(row["replayed"]) >= max(_number(row["received"]), written or 0)


def written_by(rows: Rows | None) -> int | None:
    """Where a primary is in the WAL; None of a replica, and of one that did not answer."""
    return int(str(rows[0]["written"])) if rows and rows[0]["written"] is not None else None


def _number(cell: Cell) -> int:
    return int(str(cell or 0))


def lags(rows: Mapping[str, Rows | None], limit: float | None = None) -> dict[str, tuple[Finding, ...]]:
    """What the positions say of each server in recovery, by its name; None for a server that did not answer.

    An idle primary is no lag (ADR 0011): only what was written and is not replayed counts. `limit` is the stack's own,
    in seconds.
    """
    found = {name: read[0] for name, read in rows.items() if read}
    written = max((at for read in rows.values() if (at := written_by(read)) is not None), default=None)
    return {
        name: tuple(_of_replica(row, written, replica_lag(limit))) for name, row in found.items() if row["in_recovery"]
    }


def _of_replica(row: Row, written: int | None, threshold: Threshold) -> Iterator[Finding]:
    waiting = max(max(_number(row["received"]), written or 0) - _number(row["replayed"]), 0)
    if not row["receives"]:
        said = f"it receives nothing from its primary; {size(waiting)} are missing" if written else _NOTHING
        yield judged(REPLICATION, 1, said, mend="datatier logs, or the replica's log in RDS: why its receiver ended")
    elif row["paused"]:
        said = f"replay is paused; {size(waiting)} wait"
        yield judged(REPLICATION, 1, said, mend="SELECT pg_wal_replay_resume()")
    else:
        yield judged(REPLICATION, 0, "it receives from its primary")
    seconds = float(str(row["replayed_seconds"] or 0)) if waiting else 0.0
    said = f"{size(waiting)} behind, {duration(seconds)}" if waiting else "it has replayed all that it knows of"
    if written is None:
        said += "; how far the primary is was not seen"
    yield judged(threshold, seconds, said, mend="datatier queries replication")


_NOTHING = "it receives nothing from its primary"

LAG = Observation(
    id="lag",
    engine="postgres",
    question="How far is the server in the WAL?",
    read=lambda _: _READ,
    judge=_judge,
    thresholds=(REPLICATION, REPLICA_LAG),
)
