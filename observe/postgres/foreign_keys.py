"""Which foreign keys have no index that finds the referencing rows."""

from __future__ import annotations

from knowledge.thresholds.postgres_storage import FOREIGN_KEY_INDEX
from knowledge.thresholds.threshold import Status, Threshold
from observe.observation import Finding, Observation, Row, Rows, judged, texts
from observe.postgres.relations import LOCKED, SYSTEM, TREE_ROWS

# The leading columns of an index may stand in any order: the check of a foreign key asks for equality with all of them.
# A partial index does not do, as the check knows nothing of its predicate.
_FOREIGN_KEYS = f"""
WITH {LOCKED}, {TREE_ROWS}
SELECT k.conrelid::bigint AS relid, format('%I.%I', n.nspname, c.relname) AS "table",
       quote_ident(k.conname) AS "constraint",
       ARRAY(SELECT quote_ident(a.attname) FROM unnest(k.conkey) WITH ORDINALITY o(attnum, place)
             JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = o.attnum ORDER BY o.place) AS columns,
       format('%I.%I', fn.nspname, f.relname) AS referenced, c.relkind = 'p' AS partitioned,
       coalesce(r.rows, CASE WHEN c.relkind = 'p' THEN 0 END) AS rows,
       coalesce(st.n_tup_del, 0) AS referenced_deletes
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_class f ON f.oid = k.confrelid JOIN pg_namespace fn ON fn.oid = f.relnamespace
LEFT JOIN tree_rows r ON r.oid = c.oid LEFT JOIN pg_stat_all_tables st ON st.relid = k.confrelid
WHERE k.contype = 'f' AND k.conparentid = 0 AND n.nspname NOT IN {SYSTEM} AND c.relpersistence <> 't'
  AND NOT EXISTS (
    SELECT FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid JOIN pg_am a ON a.oid = ic.relam
    WHERE i.indrelid = k.conrelid AND i.indisvalid AND i.indpred IS NULL AND a.amname IN ('btree', 'hash')
      AND i.indnkeyatts >= cardinality(k.conkey)
      AND ARRAY(SELECT i.indkey[p - 1] FROM generate_series(1, cardinality(k.conkey)) p) @> k.conkey)
ORDER BY rows DESC NULLS FIRST, 2, 3
"""


def lacking_indexes(rows: Rows, threshold: Threshold = FOREIGN_KEY_INDEX) -> tuple[Finding, ...]:
    """Those of tables that are large enough; one whose rows are not known counts as large."""
    return tuple(found for row in rows if (found := _finding(row, threshold)).status is not Status.OK)


def _finding(row: Row, threshold: Threshold) -> Finding:
    names = ", ".join(texts(row["columns"]))
    known = row["rows"] is not None
    message = (
        f"{row['constraint']} of {row['table']} ({names}) has no index, and the table "
        + (f"about {row['rows']:,} rows" if known else "has never been analyzed")
        + f"; {row['referenced_deletes']:,} rows of {row['referenced']} were deleted so far"
    )
    # Not concurrently on a partitioned table (PostgreSQL, CREATE INDEX): writes to it wait meanwhile.
    how = "" if row["partitioned"] else " CONCURRENTLY"
    return judged(
        threshold,
        float(str(row["rows"])) if known else float("inf"),
        message,
        object=f"{row['table']} ({names})",
        mend=f"CREATE INDEX{how} ON {row['table']} ({names})",
    )


FOREIGN_KEYS = Observation(
    id="foreign-keys",
    engine="postgres",
    question="Which foreign keys have no index to find their rows by?",
    read=lambda _: _FOREIGN_KEYS,
    judge=lacking_indexes,
    thresholds=(FOREIGN_KEY_INDEX,),
    columns=("table", "constraint", "columns", "referenced", "rows", "referenced_deletes"),
    every=900,
    on_replica=False,
)
