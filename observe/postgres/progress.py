"""Long commands that say how far they are: indexes, CLUSTER and VACUUM FULL, ANALYZE, COPY, base backups."""

from __future__ import annotations

from observe.observation import READ_ALL_STATS, Observation

# A table is named where it is one of the connected database. Vacuums are in `vacuum-running`.
_PROGRESS = """
WITH p AS (
  SELECT pid, datname, relid, command, phase, 100 * coalesce(tuples_done / nullif(tuples_total, 0)::float8,
         blocks_done / nullif(blocks_total, 0)::float8) AS done_percent FROM pg_stat_progress_create_index
  UNION ALL
  SELECT pid, datname, relid, command, phase, 100 * heap_blks_scanned / nullif(heap_blks_total, 0)::float8
    FROM pg_stat_progress_cluster
  UNION ALL
  SELECT pid, datname, relid, 'ANALYZE', phase, 100 * sample_blks_scanned / nullif(sample_blks_total, 0)::float8
    FROM pg_stat_progress_analyze
  UNION ALL
  SELECT pid, datname, relid, command, type, 100 * bytes_processed / nullif(bytes_total, 0)::float8
    FROM pg_stat_progress_copy
  UNION ALL
  SELECT pid, NULL, NULL, 'BASE BACKUP', phase, 100 * backup_streamed / nullif(backup_total, 0)::float8
    FROM pg_stat_progress_basebackup
)
SELECT p.pid, a.usename::text AS "user", p.datname::text AS database, p.command,
       CASE WHEN p.datname = current_database() THEN format('%I.%I', n.nspname, c.relname)
            ELSE nullif(p.relid, 0)::text END AS "table",
       p.phase, p.done_percent, extract(epoch FROM clock_timestamp() - a.query_start)::float8 AS running_seconds
  FROM p LEFT JOIN pg_stat_activity a USING (pid)
  LEFT JOIN pg_class c ON c.oid = p.relid LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
 ORDER BY running_seconds DESC NULLS LAST, p.pid
"""

PROGRESS = Observation(
    id="progress",
    engine="postgres",
    question="How far are commands that say so?",
    read=lambda _: _PROGRESS,
    judge=lambda _: (),
    columns=("pid", "user", "database", "command", "table", "phase", "done_percent", "running_seconds"),
    needs=(READ_ALL_STATS,),
)
