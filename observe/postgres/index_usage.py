"""How often each index was scanned on each server: one that none of them has scanned for long is superfluous."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain

from knowledge.thresholds.postgres_storage import UNUSED_DAYS, UNUSED_INDEX
from knowledge.thresholds.threshold import Status, Threshold
from observe.observation import Finding, Observation, Row, Rows, judged
from observe.postgres.index_drop import dropped
from observe.postgres.relations import BACKED, BYTES, LOCKED, NAMED, OURS, root
from observe.postgres.since import SINCE
from observe.quantities import size


def _read(version: int) -> str:
    last = "max(st.last_idx_scan)" if version >= 160000 else "NULL::timestamptz"
    # Only what may be dropped without a loss: neither holds values apart, nor is it a replica identity. A replica is
    # one walsender (not each is one: pg_basebackup and logical decoding are, too; too careful is what this should be).
    return f"""
WITH {LOCKED}, {BACKED},
part AS (
  SELECT {root("c.oid")} AS oid, sum({BYTES})::bigint AS bytes, sum(st.idx_scan)::bigint AS scans, {last} AS last_scan
  FROM pg_class c LEFT JOIN pg_stat_all_indexes st ON st.indexrelid = c.oid
  WHERE c.relkind IN ('i', 'I') AND c.relpersistence <> 't' GROUP BY 1
)
SELECT i.indrelid::bigint AS relid, i.indexrelid::bigint AS indexrelid,
       format('%I.%I', tn.nspname, t.relname) AS "table", {NAMED} AS index,
       coalesce(p.scans, 0) AS scans, p.last_scan, p.bytes AS size_bytes,
       extract(epoch FROM now() - {SINCE})::float8 AS counted_seconds,
       c.relkind = 'I' AS partitioned,
       NOT (i.indisunique OR i.indisreplident OR NOT i.indisvalid OR b.oid IS NOT NULL) AS droppable,
       i.indexprs IS NOT NULL AS expression, NULL AS "constraint", pg_is_in_recovery() AS replica,
       (SELECT count(*)::int FROM pg_stat_replication) AS replicas
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace tn ON tn.oid = t.relnamespace JOIN part p ON p.oid = c.oid
LEFT JOIN backed b ON b.oid = c.oid
WHERE NOT c.relispartition AND {OURS}
ORDER BY scans, size_bytes DESC, index
"""


def unused(
    nodes: Mapping[str, Rows | None], threshold: Threshold = UNUSED_INDEX, days: float = UNUSED_DAYS
) -> tuple[Finding, ...]:
    """The indexes that no server has scanned, where all of them were asked and have counted for so many days."""
    suspects = tuple(_suspects(nodes, threshold))
    if not suspects:
        return ()
    if why := _unproven(nodes, days):
        # One line: without the proof they are no findings.
        names = ", ".join(str(row["index"]) for row in suspects)
        message = f"no scan of {names} where it was counted, but {why}"
        return (Finding(check=threshold.id, status=Status.SKIPPED, message=message),)
    return tuple(_finding(row, len(nodes), threshold) for row in suspects)


def _suspects(nodes: Mapping[str, Rows | None], threshold: Threshold) -> Iterator[Row]:
    scanned = {row["indexrelid"] for rows in nodes.values() for row in rows or () if row["scans"]}
    first = next(filter(None, nodes.values()), ())
    for row in first:
        large = threshold.judge(int(str(row["size_bytes"]))) is not Status.OK
        if row["droppable"] and large and row["indexrelid"] not in scanned:
            yield row


def _unproven(nodes: Mapping[str, Rows | None], wanted: float) -> str:
    """Why the counts of these servers prove nothing; empty where they do."""
    silent = [name for name, rows in nodes.items() if not rows]
    if silent:
        return f"{', '.join(silent)} did not answer, which may use what the others do not"
    every = list(chain.from_iterable(rows or () for rows in nodes.values()))
    if all(row["replica"] for row in every):
        return "only a replica was asked: ask its primary too"
    replicas = max(int(str(row["replicas"])) for row in every)
    if replicas > len(nodes) - 1:
        return f"{replicas} servers replicate from here and {len(nodes) - 1} of them answered: ask all of a stack"
    young = {name: _days(rows or ()) for name, rows in nodes.items() if _days(rows or ()) < wanted}
    if young:
        counted = ", ".join(f"{name} for {days:.0f} days" for name, days in young.items())
        return f"{counted}, not for {wanted:g}: a yearly or monthly report may need them"
    return ""


def _days(rows: Rows) -> float:
    return min(float(str(row["counted_seconds"])) for row in rows) / 86_400


def _finding(row: Row, servers: int, threshold: Threshold) -> Finding:
    bytes_ = int(str(row["size_bytes"]))
    where = "the server" if servers == 1 else f"{servers} servers"
    message = (
        f"{row['index']} on {row['table']}: {size(bytes_)}, no scan on {where} in {_days([row]):.0f} days; "
        "an index that is younger than that proves nothing yet"
    )
    if row["expression"]:
        message += "; the planner's statistics of its expression go with it"
    return judged(threshold, bytes_, message, object=str(row["index"]), mend=dropped(row))


INDEX_USAGE = Observation(
    id="index-usage",
    engine="postgres",
    question="How often was each index scanned, on each server?",
    read=_read,
    judge=lambda _: (),
    thresholds=(UNUSED_INDEX,),
    columns=("table", "index", "scans", "last_scan", "size_bytes", "counted_seconds"),
    every=900,
    together=unused,
)
