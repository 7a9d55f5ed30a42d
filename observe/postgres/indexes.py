"""Which indexes there are, and which of them are superfluous or broken by their definition alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from knowledge.thresholds.postgres_storage import COVERED_INDEX, DUPLICATE_INDEX, INVALID_INDEX
from knowledge.thresholds.threshold import Status, Threshold
from observe.observation import Finding, Observation, Row, Rows, judged, texts
from observe.postgres.foreign_keys import FOREIGN_KEYS
from observe.postgres.index_drop import dropped
from observe.postgres.index_twins import Index, Twin, twins
from observe.postgres.index_usage import INDEX_USAGE
from observe.postgres.relations import BACKED, BYTES, LOCKED, NAMED, SYSTEM, root
from observe.quantities import size

# pg_get_indexdef and pg_get_expr take ACCESS SHARE on the table (set_relation_column_names of ruleutils.c).
_LOCKED = "format('not known, as the table is locked (%s)', i.indexrelid)"
_COLUMN = f"""CASE WHEN i.indkey[k - 1] <> 0
         THEN (SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = i.indrelid AND attnum = i.indkey[k - 1])
       WHEN EXISTS (SELECT FROM locked WHERE relation = i.indrelid) THEN {_LOCKED}
       ELSE pg_get_indexdef(i.indexrelid, k::int, false) END"""
# An index of a partitioned table is one entry, with the size of its parts. Whoever builds an index concurrently holds
# SHARE UPDATE EXCLUSIVE on the table between its transactions, and SHARE where not (PostgreSQL, Explicit Locking);
# pg_locks shows it to everybody, pg_stat_progress_create_index to pg_read_all_stats alone. REINDEX CONCURRENTLY that
# was stopped leaves a part on a TOAST table too. Of a partition's own indexes those that are attached are listed only
# where one of them is invalid: what it left behind is compared with them.


def _read(only_broken: bool = False) -> str:
    mine = "IN (SELECT oid FROM broken)"
    return f"""
WITH {LOCKED}, {BACKED},
built AS MATERIALIZED (
  SELECT DISTINCT relation FROM pg_locks
  WHERE locktype = 'relation' AND granted AND mode IN ('ShareUpdateExclusiveLock', 'ShareLock')
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
),
broken AS MATERIALIZED (SELECT DISTINCT indrelid AS oid FROM pg_index WHERE NOT indisvalid),
sized AS MATERIALIZED (
  SELECT {root("c.oid")} AS oid, sum({BYTES})::bigint AS bytes
  FROM pg_class c WHERE c.relkind IN ('i', 'I') AND c.relpersistence <> 't'
    AND {f"c.oid IN (SELECT indexrelid FROM pg_index WHERE indrelid {mine})" if only_broken else "true"} GROUP BY 1
)
SELECT i.indrelid::bigint AS relid, i.indexrelid::bigint AS indexrelid,
       format('%I.%I', n.nspname, t.relname) AS "table", {NAMED} AS index,
       coalesce(s.bytes, {BYTES}) AS size_bytes, c.relispartition AS attached,
       a.amname::text AS method, c.relkind = 'I' AS partitioned, i.indisunique AS unique, i.indisprimary AS "primary",
       i.indimmediate AS immediate, i.indnullsnotdistinct AS nulls_not_distinct, i.indisreplident AS replica_identity,
       i.indisclustered AS clustered, i.indisvalid AS valid,
       i.indisexclusion AS exclusion, has_schema_privilege(c.relowner, n.oid, 'USAGE') AS reachable,
       ARRAY(SELECT format('%I.%I', pn.nspname, p.relname) FROM pg_inherits h JOIN pg_class p ON p.oid = h.inhrelid
             JOIN pg_namespace pn ON pn.oid = p.relnamespace
             WHERE c.relkind = 'I' AND NOT i.indisvalid AND h.inhparent = i.indrelid
               AND NOT EXISTS (SELECT FROM pg_inherits o JOIN pg_index part ON part.indexrelid = o.inhrelid
                               WHERE o.inhparent = c.oid AND part.indrelid = p.oid AND part.indisvalid)
             ORDER BY 1) AS lacking,
       EXISTS (SELECT FROM built WHERE relation = i.indrelid) AS building,
       b."constraint", coalesce(b.referenced, false) AS referenced,
       ARRAY(SELECT {_COLUMN} FROM generate_series(1, i.indnkeyatts) k) AS keys,
       ARRAY(SELECT concat_ws(' ', i.indclass[k - 1], i.indcollation[k - 1], i.indoption[k - 1])
             FROM generate_series(1, i.indnkeyatts) k) AS key_options,
       ARRAY(SELECT {_COLUMN} FROM generate_series(i.indnkeyatts + 1, i.indnatts) k) AS included,
       CASE WHEN i.indpred IS NULL THEN ''
            WHEN EXISTS (SELECT FROM locked WHERE relation = i.indrelid) THEN {_LOCKED}
            ELSE pg_get_expr(i.indpred, i.indrelid) END AS predicate,
       CASE WHEN a.amname = 'btree' THEN '' ELSE coalesce(array_to_string(c.reloptions, ' '), '') END AS options
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_class t ON t.oid = i.indrelid JOIN pg_am a ON a.oid = c.relam LEFT JOIN sized s ON s.oid = c.oid
LEFT JOIN backed b ON b.oid = c.oid
WHERE (NOT c.relispartition OR i.indrelid {mine}) AND c.relpersistence <> 't'
  AND (n.nspname NOT IN {SYSTEM} OR (n.nspname = 'pg_toast' AND i.indrelid {mine}))
  AND {f"i.indrelid {mine}" if only_broken else "true"}
ORDER BY 3, 4
"""


def _judge(rows: Rows) -> tuple[Finding, ...]:
    invalid = (_invalid(row) for row in rows if not row["valid"] and not row["building"])
    return (*invalid, *superfluous(rows))


def _invalid(row: Row) -> Finding:
    bytes_ = int(str(row["size_bytes"]))
    if row["partitioned"]:
        message = (
            f"{row['index']} on {row['table']} is invalid: not every partition has its part; "
            "attach one to each with ALTER INDEX ... ATTACH PARTITION, or drop it"
        )
    else:
        message = f"{row['index']} on {row['table']} is invalid: {size(bytes_)} that no query uses"
    # One that was stopped early has no page yet, and an index of a partitioned table never has any. What is attached is
    # needed by the index of the partitioned table.
    mend = f"REINDEX INDEX CONCURRENTLY {row['index']}" if row["attached"] else dropped(row)
    return judged(INVALID_INDEX, max(bytes_, 1), message, object=str(row["index"]), mend=mend)


def superfluous(rows: Rows, covered: Threshold = COVERED_INDEX) -> Iterator[Finding]:
    """The indexes that another one replaces, those that it only begins with from the size of `covered` on."""
    by_name = {str(row["index"]): row for row in rows}
    for twin in twins([described(row) for row in rows if row["valid"] and not row["attached"]]):
        row = by_name[twin.index]
        bytes_ = int(str(row["size_bytes"]))
        threshold = DUPLICATE_INDEX if twin.same else covered
        message = f"{twin.index} on {row['table']} ({size(bytes_)}) {_how(twin)}"
        found = judged(threshold, max(bytes_, 1), message, object=twin.index, mend=dropped(row))
        if found.status is not Status.OK:
            yield found


def _how(twin: Twin) -> str:
    return f"is the same as {twin.by}" if twin.same else f"is what {twin.by} begins with"


def described(row: Row) -> Index:
    """What an index is made of."""
    keys, options, included = (texts(row[name]) for name in ("keys", "key_options", "included"))
    return Index(
        name=str(row["index"]),
        table=str(row["table"]),
        kind=f"{row['method']} {row['options']} WHERE {row['predicate']}",
        keys=tuple(f"{key} {option}" for key, option in zip(keys, options, strict=True)),
        included=frozenset(included),
        columns=frozenset([*keys, *included]),
        ordered=row["method"] == "btree",
        enforces=f"{row['immediate']} {row['nulls_not_distinct']}" if row["unique"] else "",
        exclusive=bool(row["constraint"]) and not row["unique"],
        needed=(bool(row["primary"]), bool(row["referenced"]), bool(row["replica_identity"]), bool(row["constraint"])),
    )


INDEXES = Observation(
    id="indexes",
    engine="postgres",
    question="Which indexes are unused, duplicate, invalid or missing for a foreign key?",
    read=lambda _: _read(),
    judge=_judge,
    thresholds=(INVALID_INDEX, DUPLICATE_INDEX, COVERED_INDEX),
    columns=(
        "table",
        "index",
        "method",
        "keys",
        "included",
        "predicate",
        "unique",
        "constraint",
        "valid",
        "size_bytes",
    ),
    every=900,
    on_replica=False,
    also=(INDEX_USAGE, FOREIGN_KEYS),
)
BROKEN_INDEXES = replace(INDEXES, read=lambda _: _read(only_broken=True), also=())
"""The same of the tables alone one of whose indexes is invalid: of many it is answered at once."""
