"""Whether vacuum gets through: what piled up in each table since it last came, against what calls autovacuum."""

from __future__ import annotations

from collections.abc import Iterator

from knowledge.thresholds.postgres_storage import (
    AUTOVACUUM_OFF,
    DEAD_ROWS,
    NEVER_ANALYZED,
    NEVER_VACUUMED,
    STALE_STATISTICS,
    VACUUM_FROM_ROWS,
)
from knowledge.thresholds.threshold import Status
from observe.observation import Finding, Observation, Row, Rows, judged
from observe.postgres.relations import BYTES, LOCKED, SYSTEM, root
from observe.postgres.vacuum_horizon import VACUUM_HORIZON
from observe.postgres.vacuum_running import VACUUM_RUNNING
from observe.quantities import size


def _option(name: str, kind: str) -> str:
    """A table's own setting, or else the server's."""
    return f"coalesce((o.options ->> '{name}')::{kind}, current_setting('{name}')::{kind})"


def _read(version: int) -> str:
    # 18 caps the threshold, and a cap of -1 is none; it also asks for inserts against the share of pages that is not
    # frozen, which is left out here: autovacuum then comes earlier than said (PostgreSQL, Automatic Vacuuming).
    # A TOAST table without settings of its own has those of its table (autovacuum.c, table_recheck_autovac).
    # A partitioned table is not vacuumed: its partitions are. Nor does autovacuum analyze it, and what has changed in
    # it is counted nowhere (PostgreSQL, ANALYZE): it is what its partitions count, and for each that autovacuum has
    # analyzed since what called it.
    cap = _option("autovacuum_vacuum_max_threshold", "int") if version >= 180000 else "-1"
    return f"""
WITH {LOCKED},
heap AS (
  SELECT c.oid, coalesce(m.oid, c.oid) AS relid, m.oid IS NOT NULL AS toast, greatest(c.reltuples, 0) AS tuples,
         CASE WHEN c.reltuples < 0 AND c.relkind <> 't' THEN {BYTES} END AS unknown_bytes,
         (SELECT coalesce(jsonb_object_agg(option_name, option_value), '{{}}')
          FROM pg_options_to_table(coalesce(c.reloptions, m.reloptions))) AS options
  FROM pg_class c LEFT JOIN pg_class m ON m.reltoastrelid = c.oid
  WHERE c.relkind IN ('r', 'm', 't') AND c.relpersistence <> 't'
),
due AS (
  SELECT o.*, coalesce((o.options ->> 'autovacuum_enabled')::bool, true) AS enabled,
         {_option("autovacuum_vacuum_threshold", "int")}
           + {_option("autovacuum_vacuum_scale_factor", "float8")} * o.tuples AS dead, {cap} AS cap,
         {_option("autovacuum_vacuum_insert_threshold", "int")} AS insert_base,
         {_option("autovacuum_vacuum_insert_scale_factor", "float8")} * o.tuples AS insert_share,
         {_option("autovacuum_analyze_threshold", "int")}
           + {_option("autovacuum_analyze_scale_factor", "float8")} * o.tuples AS changed
  FROM heap o
),
parent AS MATERIALIZED (
  SELECT c.oid, greatest(st.last_analyze, st.last_autoanalyze) AS analyzed
  FROM pg_class c LEFT JOIN pg_stat_all_tables st ON st.relid = c.oid
  WHERE c.relkind = 'p' AND NOT c.relispartition AND c.relpersistence <> 't'
),
tree AS (
  SELECT p.oid, p.analyzed, sum(st.n_live_tup)::bigint AS live, sum(st.n_mod_since_analyze)::bigint AS modified,
         sum(greatest(d.tuples, st.n_live_tup)) AS tuples,
         sum(d.changed) FILTER (WHERE st.last_autoanalyze > p.analyzed) AS analyzed_since
  FROM parent p JOIN due d ON {root("d.oid")} = p.oid JOIN pg_stat_all_tables st ON st.relid = d.oid
  GROUP BY 1, 2
)
SELECT d.relid::bigint AS relid, format('%I.%I', n.nspname, c.relname) AS "table", d.toast, st.n_live_tup AS live,
       st.n_dead_tup AS dead, round(CASE WHEN d.cap >= 0 THEN least(d.dead, d.cap) ELSE d.dead END)::bigint AS dead_due,
       st.n_ins_since_vacuum AS inserted,
       CASE WHEN d.insert_base >= 0 THEN round(d.insert_base + d.insert_share)::bigint END AS inserted_due,
       st.n_mod_since_analyze AS changed, round(d.changed)::bigint AS changed_due,
       d.enabled AS autovacuum, current_setting('autovacuum')::bool AS daemon, false AS partitioned, d.unknown_bytes,
       NULL::bigint AS modified, st.n_dead_tup / greatest(d.dead, 1) AS urgency,
       extract(epoch FROM now() - greatest(st.last_vacuum, st.last_autovacuum))::float8 AS vacuumed_seconds,
       extract(epoch FROM now() - greatest(st.last_analyze, st.last_autoanalyze))::float8 AS analyzed_seconds
FROM due d JOIN pg_class c ON c.oid = d.relid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_stat_all_tables st ON st.relid = d.oid
WHERE n.nspname NOT IN {SYSTEM} AND (NOT d.toast OR st.n_dead_tup > 0)
UNION ALL
SELECT t.oid::bigint, format('%I.%I', n.nspname, c.relname), false, t.live, 0, 0, 0, NULL,
       CASE WHEN t.analyzed IS NULL THEN t.tuples ELSE t.modified + coalesce(t.analyzed_since, 0) END::bigint,
       round(current_setting('autovacuum_analyze_threshold')::int
             + current_setting('autovacuum_analyze_scale_factor')::float8 * t.tuples)::bigint,
       false, current_setting('autovacuum')::bool, true, NULL, t.modified, 0, NULL,
       extract(epoch FROM now() - t.analyzed)::float8
FROM tree t JOIN pg_class c ON c.oid = t.oid JOIN pg_namespace n ON n.oid = c.relnamespace
ORDER BY urgency DESC, 2, toast
"""


def _judge(rows: Rows) -> tuple[Finding, ...]:
    worst = (next((each for each in _of_table(row) if each.status is not Status.OK), None) for row in rows)
    return tuple(filter(None, worst))


def _of_table(row: Row) -> Iterator[Finding]:
    """In an order in which what mends one mends the later ones, too."""
    table = str(row["table"])
    name = f"TOAST of {table}" if row["toast"] else table
    never = row["vacuumed_seconds"] is None
    if _number(row, "dead") >= VACUUM_FROM_ROWS:
        yield _dead(row, table, name, ", no vacuum of it is recorded" if never else "")
    if row["toast"]:
        return
    vacuum, analyze = f"VACUUM (ANALYZE) {table}", f"ANALYZE {table}"
    inserted, changed = _number(row, "inserted"), _number(row, "changed")
    if row["unknown_bytes"] is not None and changed < VACUUM_FROM_ROWS:
        bytes_ = _number(row, "unknown_bytes")
        said = f"{name} ({size(bytes_)}) has neither been vacuumed nor analyzed: the planner guesses what is in it"
        yield judged(NEVER_ANALYZED, bytes_, said, object=name, mend=vacuum)
    if never and row["inserted_due"] is not None and inserted >= VACUUM_FROM_ROWS:
        due = _number(row, "inserted_due")
        said = f"no vacuum of {name} is recorded, though {inserted:,} rows were inserted: autovacuum comes at {due:,}"
        yield judged(NEVER_VACUUMED, _percent(inserted, due), said, object=name, mend=vacuum)
    if changed >= VACUUM_FROM_ROWS:
        due = _number(row, "changed_due")
        said = f"{changed:,} rows of {name} have changed since it was analyzed: autovacuum does that at {due:,}"
        if row["partitioned"]:
            have = "were never" if row["analyzed_seconds"] is None else "have changed since it was"
            said = f"{changed:,} rows of {name} {have} analyzed as a whole: autovacuum does that of partitions alone"
        yield judged(STALE_STATISTICS, _percent(changed, due), said, object=name, mend=analyze)


def stale(row: Row, changed: str = "changed") -> bool:
    """Whether so many rows have changed that the planner's statistics are of another table."""
    count = _number(row, changed)
    percent = _percent(count, _number(row, "changed_due"))
    return count >= VACUUM_FROM_ROWS and STALE_STATISTICS.judge(percent) is not Status.OK


def _dead(row: Row, table: str, name: str, when: str) -> Finding:
    vacuum, dead, due = f"VACUUM (ANALYZE) {table}", _number(row, "dead"), _number(row, "dead_due")
    said, share = f"{name} has {dead:,} dead rows{when}: autovacuum ", _percent(dead, due)
    if not row["daemon"]:
        return judged(AUTOVACUUM_OFF, share, f"{said}is switched off for the server", object=name, mend=vacuum)
    if not row["autovacuum"]:
        option = "toast.autovacuum_enabled, autovacuum_enabled" if row["toast"] else "autovacuum_enabled"
        reset = f"ALTER TABLE {table} RESET ({option}); {vacuum}"
        return judged(AUTOVACUUM_OFF, share, f"{said}is switched off for it", object=name, mend=reset)
    return judged(DEAD_ROWS, share, f"{said}comes at {due:,}", object=name, mend=vacuum)


def _number(row: Row, column: str) -> int:
    return int(str(row[column]))


def _percent(count: int, due: int) -> float:
    return 100 * count / max(due, 1)


VACUUM = Observation(
    id="vacuum",
    engine="postgres",
    question="Does vacuum get through: which tables wait for it, what runs, and what holds it back?",
    read=_read,
    judge=_judge,
    thresholds=(AUTOVACUUM_OFF, DEAD_ROWS, NEVER_VACUUMED, NEVER_ANALYZED, STALE_STATISTICS),
    columns=(
        "table",
        "toast",
        "live",
        "dead",
        "dead_due",
        "autovacuum",
        "vacuumed_seconds",
        "changed",
        "changed_due",
        "analyzed_seconds",
    ),
    on_replica=False,
    also=(VACUUM_RUNNING, VACUUM_HORIZON),
)
