"""What the constraints of the tables demand."""

from __future__ import annotations

from observe.observation import Observation
from observe.postgres.relations import LOCKED, SYSTEM

# NOT NULL is a constraint since 18 and a property of its column before: left out here. pg_get_constraintdef takes
# ACCESS SHARE on the table for CHECK (set_relation_column_names of ruleutils.c).
_CONSTRAINTS = f"""
WITH {LOCKED}
SELECT k.conrelid::bigint AS relid, format('%I.%I', n.nspname, c.relname) AS "table",
       quote_ident(k.conname) AS "constraint",
       CASE k.contype WHEN 'p' THEN 'primary key' WHEN 'u' THEN 'unique' WHEN 'f' THEN 'foreign key'
            WHEN 'c' THEN 'check' WHEN 'x' THEN 'exclusion' WHEN 't' THEN 'trigger' END AS kind,
       CASE WHEN EXISTS (SELECT FROM locked WHERE relation IN (k.conrelid, k.conindid)) THEN 'the table is locked'
            ELSE pg_get_constraintdef(k.oid) END AS definition,
       k.convalidated AS validated
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE k.contype <> 'n' AND k.conparentid = 0 AND n.nspname NOT IN {SYSTEM}
ORDER BY 2, k.contype <> 'p', 3
"""

CONSTRAINTS = Observation(
    id="constraints",
    engine="postgres",
    question="What do the constraints of the tables demand?",
    read=lambda _: _CONSTRAINTS,
    judge=lambda _: (),
    columns=("constraint", "kind", "definition", "validated"),
    every=3600,
    on_replica=False,
)
