"""How much of what is read was already in shared_buffers: by database, table and index."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from knowledge.thresholds.postgres_storage import CACHE_HIT, CACHE_READS, RELATION_CACHE_HIT
from knowledge.thresholds.threshold import Status, Threshold
from observe.observation import Finding, Observation, Row, Rows, judged
from observe.postgres.relations import OURS, root
from observe.postgres.since import SINCE

_SHARE = "100 * hits / nullif(hits + reads, 0)::float8 AS hit_percent"
_DATABASES = """
SELECT datname::text AS database, blks_hit AS hits, blks_read AS reads,
       100 * blks_hit / nullif(blks_hit + blks_read, 0)::float8 AS hit_percent,
       greatest(stats_reset, (SELECT stats_reset FROM pg_stat_bgwriter)) AS since
FROM pg_stat_database WHERE datname IS NOT NULL ORDER BY blks_read DESC, 1
"""
_TABLES = f"""
SELECT c.oid::bigint AS relid, format('%I.%I', n.nspname, c.relname) AS "table", hits, reads, {_SHARE}, {SINCE} AS since
FROM (SELECT {root("s.relid")} AS oid, sum(heap_blks_hit + coalesce(toast_blks_hit, 0))::bigint AS hits,
             sum(heap_blks_read + coalesce(toast_blks_read, 0))::bigint AS reads
      FROM pg_statio_user_tables s GROUP BY 1) t
JOIN pg_class c USING (oid) JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {OURS} ORDER BY reads DESC, 2
"""
_INDEXES = f"""
SELECT i.indrelid::bigint AS relid, format('%I.%I', n.nspname, c.relname) AS index, hits, reads, {_SHARE},
       {SINCE} AS since
FROM (SELECT {root("s.indexrelid")} AS oid, sum(idx_blks_hit)::bigint AS hits, sum(idx_blks_read)::bigint AS reads
      FROM pg_statio_user_indexes s GROUP BY 1) t
JOIN pg_class c USING (oid) JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_index i ON i.indexrelid = c.oid
WHERE {OURS} ORDER BY reads DESC, 2
"""


def missed(name: str, threshold: Threshold, from_reads: int = CACHE_READS) -> Callable[[Rows], tuple[Finding, ...]]:
    """Judge the rows by the column `name`, those with enough reads."""

    def found(rows: Rows) -> Iterator[Finding]:
        for row in rows:
            if int(str(row["hits"])) + int(str(row["reads"])) >= from_reads:
                finding = _finding(row, name, threshold)
                if finding.status is not Status.OK:
                    yield finding

    return lambda rows: tuple(found(rows))


def _finding(row: Row, name: str, threshold: Threshold) -> Finding:
    share, since = float(str(row["hit_percent"])), row["since"]
    message = (
        f"{share:.2f} % of the blocks of {name} {row[name]} were found in shared_buffers since {since:%Y-%m-%d %H:%M}"
    )
    return judged(threshold, share, message, object=str(row[name]), mend="datatier queries slow")


_SHOWN = ("hit_percent", "hits", "reads", "since")
CACHE_HIT_TABLES = Observation(
    id="cache-hit-tables",
    engine="postgres",
    question="Of which tables is most read from outside shared_buffers?",
    read=lambda _: _TABLES,
    judge=missed("table", RELATION_CACHE_HIT),
    thresholds=(RELATION_CACHE_HIT,),
    columns=("table", *_SHOWN),
)
CACHE_HIT_INDEXES = Observation(
    id="cache-hit-indexes",
    engine="postgres",
    question="Of which indexes is most read from outside shared_buffers?",
    read=lambda _: _INDEXES,
    judge=missed("index", RELATION_CACHE_HIT),
    thresholds=(RELATION_CACHE_HIT,),
    columns=("index", *_SHOWN),
)
CACHE_HIT_DATABASES = Observation(
    id="cache-hit",
    engine="postgres",
    question="How much of what is read was already in shared_buffers?",
    read=lambda _: _DATABASES,
    judge=missed("database", CACHE_HIT),
    thresholds=(CACHE_HIT,),
    columns=("database", *_SHOWN),
    also=(CACHE_HIT_TABLES, CACHE_HIT_INDEXES),
)
