"""Faults that each database has counted: deadlocks, damaged pages, conflicts, transactions that were rolled back."""

from __future__ import annotations

from knowledge.thresholds.activity import CHECKSUMS
from observe.observation import Finding, Observation, Rows, judged
from observe.quantities import duration

# The row without a name is what all databases share. checksum_failures is NULL where checksums are off.
_FAULTS = """
SELECT coalesce(datname::text, '(shared)') AS database, deadlocks, checksum_failures,
       extract(epoch FROM clock_timestamp() - checksum_last_failure)::float8 AS failed_seconds, conflicts,
       100 * xact_rollback / nullif(xact_commit + xact_rollback, 0)::float8 AS rolled_back_percent,
       temp_files, temp_bytes, sessions_abandoned + sessions_fatal + sessions_killed AS sessions_broken,
       stats_reset AS since
  FROM pg_stat_database ORDER BY 1
"""


def _judge(rows: Rows) -> tuple[Finding, ...]:
    return tuple(
        judged(
            CHECKSUMS,
            float(str(row["checksum_failures"])),
            f"{row['database']}: {row['checksum_failures']} pages did not match their checksum"
            + (f", the last {duration(float(str(row['failed_seconds'])))} ago" if row["failed_seconds"] else ""),
            object=str(row["database"]),
            mend="keep every backup, then docs/runbooks/postgres-corruption.md",
        )
        for row in rows
        if row["checksum_failures"] is not None
    )


FAULTS = Observation(
    id="faults",
    engine="postgres",
    question="Which faults has each database counted: deadlocks, damaged pages, conflicts, rollbacks, files for sorts?",
    read=lambda _: _FAULTS,
    judge=_judge,
    thresholds=(CHECKSUMS,),
    columns=(
        "database",
        "deadlocks",
        "checksum_failures",
        "conflicts",
        "rolled_back_percent",
        "temp_files",
        "temp_bytes",
        "sessions_broken",
        "since",
    ),
)
