"""Statistics of the planner in a copy: a physical one has its source's, a logical one has none."""

from __future__ import annotations

from psycopg.sql import SQL, Identifier

from bootstrap.manifest import Endpoint
from bootstrap.schema.rows import heaps
from keep.drill.scene import Stage

# reltuples is -1 until a table was vacuumed or analyzed once (PostgreSQL, "pg_class").
_MISSING = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.reltuples < 0 AND pg_relation_size(c.oid) > 0
  AND (n.nspname, c.relname) IN (SELECT * FROM unnest(%s::text[], %s::text[]))
"""


def analyze(stage: Stage, endpoint: Endpoint) -> str:
    """ANALYZE the tables that have none, as their owner; say how many that were."""
    with stage.scene.as_master(endpoint) as conn:
        conn.execute(SQL("SET ROLE {}").format(Identifier(stage.scene.access.owner)))
        names = [(h.schema, h.name) for parts in heaps(conn).values() for h in parts if h.schema and h.name]
        schemas, tables = [each[0] for each in names], [each[1] for each in names]
        missing = conn.execute(_MISSING, [schemas, tables]).fetchall()
        for found in missing:
            conn.execute(SQL("ANALYZE {}").format(Identifier(*found)))
    return f"{len(missing)} of {len(names)} tables analyzed" if missing else "every table has its statistics"
