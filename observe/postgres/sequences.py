"""How much of its numbers each sequence has used up, by what its column can hold."""

from __future__ import annotations

from knowledge.thresholds.postgres_storage import SEQUENCE
from knowledge.thresholds.threshold import Status, Threshold
from observe.observation import Finding, Observation, Row, Rows, judged
from observe.postgres.relations import SYSTEM

# A column takes numbers from a sequence that it owns (serial, identity) or that its default names (pg_attrdef depends
# on it then). The last value is shown to whoever has USAGE or SELECT, which pg_monitor has not, and is NULL before the
# first number; the view pg_sequences has it by the same function, but is joined by name, which takes seconds for some
# thousand sequences. Of a sequence that counts down the other end counts.
_SEQUENCES = f"""
WITH taken AS (
  SELECT DISTINCT ON (s.oid) s.oid, a.attrelid, a.attnum, a.attname, a.attidentity,
         format_type(a.atttypid, NULL) AS type
  FROM pg_class s
  JOIN (SELECT objid AS seq, refobjid AS rel, refobjsubid AS num, 1 AS rank FROM pg_depend
        WHERE classid = 'pg_class'::regclass AND refclassid = 'pg_class'::regclass AND deptype IN ('a', 'i')
          AND refobjsubid > 0
        UNION ALL
        SELECT d.refobjid, f.adrelid, f.adnum, 2 FROM pg_depend d JOIN pg_attrdef f ON f.oid = d.objid
        WHERE d.classid = 'pg_attrdef'::regclass AND d.refclassid = 'pg_class'::regclass) o ON o.seq = s.oid
  JOIN pg_attribute a ON a.attrelid = o.rel AND a.attnum = o.num
  WHERE s.relkind = 'S' ORDER BY s.oid, o.rank, o.rel, o.num
),
bounded AS (
  SELECT q.*, r.readable, CASE WHEN r.readable THEN pg_sequence_last_value(q.seqrelid::regclass) END AS last_value,
         CASE t.type WHEN 'smallint' THEN 32767 WHEN 'integer' THEN 2147483647
                          ELSE 9223372036854775807 END AS holds
  FROM pg_sequence q LEFT JOIN taken t ON t.oid = q.seqrelid
  CROSS JOIN LATERAL (SELECT has_sequence_privilege(q.seqrelid, 'SELECT, USAGE') AS readable) r
)
SELECT t.attrelid::bigint AS relid, format('%I.%I', n.nspname, c.relname) AS sequence,
       CASE WHEN t.oid IS NOT NULL THEN format('%I.%I', tn.nspname, tc.relname) END AS "table",
       quote_ident(n.nspname) AS schema, quote_ident(current_user) AS login,
       quote_ident(t.attname) AS "column", t.type, format_type(b.seqtypid, NULL) AS sequence_type,
       coalesce(t.attidentity, '') <> '' AS identity, b.seqcycle AS cycle, b.seqincrement AS increment,
       CASE WHEN b.seqincrement > 0 THEN least(b.seqmax, b.holds) ELSE greatest(b.seqmin, -b.holds - 1) END AS ends_at,
       b.seqmax < CASE b.seqtypid WHEN 'int2'::regtype THEN 32767 WHEN 'int4'::regtype THEN 2147483647
                  ELSE 9223372036854775807 END AS capped,
       b.readable, b.last_value,
       100 * (b.last_value::float8 - b.seqstart)
         / nullif((CASE WHEN b.seqincrement > 0 THEN least(b.seqmax, b.holds)
                        ELSE greatest(b.seqmin, -b.holds - 1) END)::float8 - b.seqstart, 0) AS used_percent
FROM bounded b JOIN pg_class c ON c.oid = b.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN taken t ON t.oid = c.oid LEFT JOIN pg_class tc ON tc.oid = t.attrelid
LEFT JOIN pg_namespace tn ON tn.oid = tc.relnamespace
WHERE n.nspname NOT IN {SYSTEM} AND c.relpersistence <> 't'
ORDER BY used_percent DESC NULLS LAST, 2
"""


def used_up(rows: Rows, threshold: Threshold = SEQUENCE) -> tuple[Finding, ...]:
    """The sequences that are nearly used up, and in one line those that may not be read."""
    hidden = [row for row in rows if not row["readable"]]
    found = (_finding(row, threshold) for row in rows if row["used_percent"] is not None and not row["cycle"])
    return (*(each for each in found if each.status is not Status.OK), *_hidden(hidden))


def _finding(row: Row, threshold: Threshold) -> Finding:
    where = f"{row['table']}.{row['column']} ({row['type']})" if row["table"] else "no column"
    share = float(str(row["used_percent"]))
    message = (
        f"{row['sequence']} of {where} is at {int(str(row['last_value'])):,}, {share:.1f} % of what it can give; "
        f"it ends at {int(str(row['ends_at'])):,}"
    )
    return judged(threshold, share, message, object=str(row["sequence"]), mend=_wider(row))


def _wider(row: Row) -> str:
    """An identity's sequence changes with its column, another one's does not (PostgreSQL, ALTER TABLE)."""
    statements = []
    if row["type"] in ("smallint", "integer"):
        statements.append(f"ALTER TABLE {row['table']} ALTER COLUMN {row['column']} TYPE bigint")
    if row["sequence_type"] != "bigint" and not (row["identity"] and statements):
        statements.append(f"ALTER SEQUENCE {row['sequence']} AS bigint")
    if row["capped"]:
        statements.append(f"ALTER SEQUENCE {row['sequence']} NO MAXVALUE")
    return "; ".join(statements)


def _hidden(rows: Rows) -> tuple[Finding, ...]:
    if not rows:
        return ()
    more = f" and {len(rows) - 1} more" if len(rows) > 1 else ""
    schemas = ", ".join(sorted({str(row["schema"]) for row in rows}))
    return (
        Finding(
            check=SEQUENCE.id,
            status=Status.SKIPPED,
            message=f"{rows[0]['login']} may not see how far sequences are: {rows[0]['sequence']}{more}",
            mend=f"GRANT SELECT ON ALL SEQUENCES IN SCHEMA {schemas} TO {rows[0]['login']}",
        ),
    )


SEQUENCES = Observation(
    id="sequences",
    engine="postgres",
    question="Which sequences run out of numbers?",
    read=lambda _: _SEQUENCES,
    judge=used_up,
    thresholds=(SEQUENCE,),
    columns=("sequence", "table", "column", "type", "last_value", "ends_at", "used_percent", "cycle", "identity"),
    every=3600,
    on_replica=False,
)
