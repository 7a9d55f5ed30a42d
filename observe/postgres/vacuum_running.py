"""The vacuums that run, in all databases of the server, and how far they are."""

from __future__ import annotations

from observe.observation import PG_MONITOR, Observation


def _read(version: int) -> str:
    # 17 keeps dead rows in a radix tree and counts bytes instead of rows (pg_stat_progress_vacuum's columns renamed).
    memory = (
        "p.dead_tuple_bytes / nullif(p.max_dead_tuple_bytes, 0)::float8"
        if version >= 170000
        else "p.num_dead_tuples / nullif(p.max_dead_tuples, 0)::float8"
    )
    return f"""
SELECT p.pid, p.datname::text AS database,
       CASE WHEN p.datname = current_database() THEN format('%I.%I', n.nspname, c.relname)
            ELSE p.relid::text END AS "table",
       CASE WHEN a.query LIKE 'autovacuum:%(to prevent wraparound)' THEN 'against wraparound'
            WHEN a.backend_type = 'autovacuum worker' THEN 'autovacuum' ELSE 'by hand' END AS kind,
       p.phase, 100 * p.heap_blks_scanned / nullif(p.heap_blks_total, 0)::float8 AS scanned_percent,
       p.index_vacuum_count AS index_passes, 100 * {memory} AS memory_percent,
       extract(epoch FROM clock_timestamp() - a.xact_start)::float8 AS running_seconds
FROM pg_stat_progress_vacuum p LEFT JOIN pg_stat_activity a ON a.pid = p.pid
LEFT JOIN pg_class c ON c.oid = p.relid LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
ORDER BY running_seconds DESC NULLS LAST, p.pid
"""


VACUUM_RUNNING = Observation(
    id="vacuum-running",
    engine="postgres",
    question="Which vacuums run, and how far are they?",
    read=_read,
    judge=lambda _: (),
    columns=(
        "pid",
        "database",
        "table",
        "kind",
        "phase",
        "scanned_percent",
        "index_passes",
        "memory_percent",
        "running_seconds",
    ),
    needs=(PG_MONITOR,),
    on_replica=False,
)
