"""How much of tables and b-trees is dead rows and free space: measured by pgstattuple, or else estimated."""

from __future__ import annotations

from collections.abc import Iterator

from knowledge.thresholds.postgres_storage import BLOAT as THRESHOLD
from knowledge.thresholds.postgres_storage import BLOAT_BYTES, BLOAT_FROM_BYTES
from knowledge.thresholds.threshold import Status, Threshold
from observe.observation import Finding, Observation, Right, Row, Rows, judged
from observe.postgres.bloat_estimate import BTREE, HEAP
from observe.postgres.relations import LOCKED, NAMED, tree
from observe.quantities import size

MOST = 40
"""Relations that are measured, the largest: an index is read whole for it."""
REWRITERS = "('pg_repack', 'pg_squeeze')"
"""Extensions that rewrite a table while it is in use."""
_USAGE, _EXECUTE = "has_schema_privilege(n.oid, 'USAGE')", "has_function_privilege(p.oid, 'EXECUTE')"
_FUNCTIONS = """pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
  JOIN pg_proc p ON p.pronamespace = n.oid AND p.proname = 'pgstattuple_approx'
  WHERE e.extname = 'pgstattuple'"""

PGSTATTUPLE = Right(
    name="the extension pgstattuple",
    grant="CREATE EXTENSION pgstattuple",
    # Where the server has none to create there is nothing to say: each row tells that it is an estimate.
    held="EXISTS (SELECT FROM pg_extension WHERE extname = 'pgstattuple') "
    "OR NOT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pgstattuple')",
    lack="bloat is only estimated without {name}",
)
SCAN_TABLES = Right(
    name="pg_stat_scan_tables",
    grant='GRANT pg_stat_scan_tables TO "{login}"',
    held=f"coalesce((SELECT {_EXECUTE} FROM {_FUNCTIONS}), true)",
    lack='"{login}" lacks {name} (part of pg_monitor): bloat is only estimated',
)


def read(from_bytes: int = BLOAT_FROM_BYTES, only: int | None = None) -> str:
    """The statement for heaps and b-trees from that size on, the largest first; `only` those of a table, by its oid."""
    # What pgstattuple cannot read is left out: other access methods, what is not valid, a partitioned table, which has
    # no pages. It takes ACCESS SHARE, so what is locked now is left out, too.
    return f"""
WITH {LOCKED},
candidate AS (
  SELECT c.oid, CASE c.relkind WHEN 't' THEN m.oid WHEN 'i' THEN i.indrelid ELSE c.oid END AS relid, c.relkind
  FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid LEFT JOIN pg_class m ON m.reltoastrelid = c.oid
  LEFT JOIN pg_am a ON a.oid = c.relam
  WHERE c.relpersistence <> 't' AND coalesce(i.indisvalid, true) AND (c.relkind, a.amname) IN
          (('r', 'heap'), ('m', 'heap'), ('t', 'heap'), ('i', 'btree'))
    AND c.relpages::bigint * current_setting('block_size')::int >= {from_bytes} / 2
    AND NOT EXISTS (SELECT FROM locked WHERE relation IN (c.oid, i.indrelid))
    AND {"true" if only is None else f"coalesce(m.oid, i.indrelid, c.oid) IN ({tree(only)})"}
),
large AS MATERIALIZED (
  SELECT * FROM (SELECT *, pg_relation_size(oid) AS bytes FROM candidate) sized
  WHERE bytes >= {from_bytes} ORDER BY bytes DESC LIMIT {MOST}
)
SELECT l.relid::bigint AS relid, l.oid::bigint AS oid,
       CASE l.relkind WHEN 'i' THEN 'index' WHEN 't' THEN 'TOAST' ELSE 'table' END AS kind,
       format('%I.%I', tn.nspname, t.relname) AS "table", {NAMED} AS relation, l.bytes AS size_bytes, f.fillfactor,
       (SELECT quote_ident(n.nspname) || '.' FROM {_FUNCTIONS} AND {_USAGE} AND {_EXECUTE}) AS functions,
       (SELECT quote_ident(n.nspname) FROM {_FUNCTIONS} AND NOT {_USAGE}) AS shut_schema,
       quote_ident(current_user) AS login, n.nspname IN ('pg_catalog', 'information_schema') AS catalog,
       coalesce(i.indisexclusion, false) AS exclusion, has_schema_privilege(c.relowner, n.oid, 'USAGE') AS reachable,
       ARRAY(SELECT name::text FROM pg_available_extensions WHERE name IN {REWRITERS} ORDER BY 1) AS rewriters,
       CASE WHEN o.bytes IS NOT NULL THEN greatest(l.bytes - o.bytes, 0)::bigint END AS estimated_bytes
FROM large l JOIN pg_class c ON c.oid = l.oid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_class t ON t.oid = l.relid JOIN pg_namespace tn ON tn.oid = t.relnamespace
LEFT JOIN pg_index i ON i.indexrelid = l.oid
CROSS JOIN LATERAL (SELECT coalesce((SELECT option_value::int FROM pg_options_to_table(c.reloptions)
                                     WHERE option_name = 'fillfactor'),
                                    CASE l.relkind WHEN 'i' THEN 90 ELSE 100 END) AS fillfactor) f
CROSS JOIN LATERAL (SELECT CASE WHEN l.relkind = 'i' THEN CASE WHEN i.indexprs IS NULL THEN ({BTREE}) END
                                WHEN l.relkind <> 't' THEN ({HEAP}) END AS bytes) o
ORDER BY l.bytes DESC, relation
"""


def _measure(row: Row) -> str:
    """By OID: its name would want USAGE on its schema, which pg_monitor has not. What fillfactor leaves is no waste."""
    if not row["functions"]:
        return ""
    relation, full = f"{row['oid']}::oid::regclass", f"{row['fillfactor']}::float8 / 100"
    if row["kind"] == "index":
        filled = f"coalesce(nullif(avg_leaf_density, 'NaN'), 0) / 100 / ({full})"
        pages = f"empty_pages + deleted_pages + leaf_pages * greatest(0, 1 - {filled})"
        return (
            f"SELECT (({pages}) * current_setting('block_size')::int)::bigint AS measured_bytes "
            f"FROM {row['functions']}pgstatindex({relation})"
        )
    return (
        f"SELECT greatest(0, dead_tuple_len + approx_free_space - (1 - {full}) * table_len)::bigint AS measured_bytes "
        f"FROM {row['functions']}pgstattuple_approx({relation})"
    )


def _arrange(rows: Rows) -> Rows:
    """With what is wasted, measured or else estimated; most first."""
    known = [{**row, **_waste(row)} for row in rows]
    return sorted(known, key=lambda row: -int(str(row["wasted_bytes"] or 0)))


def _waste(row: Row) -> Row:
    measured = row.get("measured_bytes")
    wasted, how = (row["estimated_bytes"], "estimated") if measured is None else (measured, "measured")
    share = None if wasted is None else 100 * int(str(wasted)) / int(str(row["size_bytes"]))
    return {"wasted_bytes": wasted, "share_percent": share, "how": how if wasted is not None else None}


def wasteful(rows: Rows, threshold: Threshold = THRESHOLD, from_bytes: int = BLOAT_BYTES) -> tuple[Finding, ...]:
    """What wastes both much and a large share, and in one line what could be neither measured nor estimated."""
    found = (_finding(row, threshold) for row in rows if int(str(row["wasted_bytes"] or 0)) >= from_bytes)
    return (*(each for each in found if each.status is not Status.OK), *_unknown(rows))


def _finding(row: Row, threshold: Threshold) -> Finding:
    share, name = float(str(row["share_percent"])), f"{row['kind']} {row['relation']}"
    wasted, whole = size(int(str(row["wasted_bytes"]))), size(int(str(row["size_bytes"])))
    how = "" if row["how"] == "measured" else ", by an estimate from the planner's statistics"
    if row["kind"] == "index":
        return judged(
            threshold,
            share,
            f"{wasted} of {name} ({whole}) are free{how}",
            object=str(row["relation"]),
            mend=f"REINDEX INDEX CONCURRENTLY {row['relation']}",
        )
    of = f" of {row['table']}" if row["kind"] == "TOAST" else ""
    return judged(
        threshold,
        share,
        f"{wasted} of {name}{of} ({whole}) are dead rows and free space{how}; VACUUM FULL gives them back, "
        "but locks the table for as long as it takes",
        object=str(row["relation"]),
        mend=f"VACUUM (FULL, ANALYZE) {row['table']}",
    )


def unknown(rows: Rows) -> list[str]:
    """Relations that were neither measured nor estimated."""
    return [str(row["relation"]) for row in rows if row["how"] is None]


def _unknown(rows: Rows) -> Iterator[Finding]:
    for row in rows[:1]:
        if row["shut_schema"]:
            yield Finding(
                check=THRESHOLD.id,
                status=Status.SKIPPED,
                message=f"{row['login']} may not use pgstattuple in the schema {row['shut_schema']}",
                mend=f"GRANT USAGE ON SCHEMA {row['shut_schema']} TO {row['login']}",
            )
    if names := unknown(rows):
        refused = next((f": {row['refused']}" for row in rows if row.get("refused")), "")
        yield Finding(
            check=THRESHOLD.id,
            status=Status.SKIPPED,
            message=f"neither measured nor estimated: {', '.join(names)}{refused}; pg_stats shows nothing of tables "
            "that one may not read, or that were never analyzed",
            mend="" if refused else f"GRANT pg_read_all_data TO {rows[0]['login']}",
        )


BLOAT = Observation(
    id="bloat",
    engine="postgres",
    question="How much of the large tables and b-trees is dead rows and free space?",
    read=lambda _: read(),
    detail=_measure,
    arrange=_arrange,
    judge=wasteful,
    thresholds=(THRESHOLD,),
    columns=("kind", "relation", "table", "size_bytes", "wasted_bytes", "share_percent", "how", "refused"),
    needs=(PGSTATTUPLE, SCAN_TABLES),
    every=7200,
    patience=60,
    on_replica=False,
)
