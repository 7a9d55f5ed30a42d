"""Views on columns of the catalog that the new version does not have.

pg_upgrade --check lets them pass, and pg_upgrade then fails at them (seen: `checkpoints_timed` of pg_stat_bgwriter from
16 to 18).
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.rows import tuple_row

from rehearse.report import Obstacle

# Of what initdb pins no dependency is kept; system views have OIDs above that (FirstUnpinnedObjectId, 12000).
_USES = """
SELECT DISTINCT format('%I.%I', vn.nspname, v.relname), format('%I.%I', sn.nspname, s.relname), a.attname::text
FROM pg_rewrite r JOIN pg_class v ON v.oid = r.ev_class JOIN pg_namespace vn ON vn.oid = v.relnamespace
JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass
JOIN pg_class s ON s.oid = d.refobjid JOIN pg_namespace sn ON sn.oid = s.relnamespace
JOIN pg_attribute a ON a.attrelid = s.oid AND a.attnum = d.refobjsubid
WHERE d.refobjsubid > 0 AND sn.nspname IN ('pg_catalog', 'information_schema')
  AND vn.nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2, 3
"""
_COLUMNS = """
SELECT format('%I.%I', n.nspname, c.relname), a.attname::text FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname IN ('pg_catalog', 'information_schema')
"""
Use = tuple[str, str, str]
"""A view, and a relation of the catalog with the column that it reads."""


def uses(conn: psycopg.Connection[Any]) -> tuple[Use, ...]:
    """What the views of a database read of the catalog."""
    with conn.cursor(row_factory=tuple_row) as cursor:
        return tuple((view, of, column) for view, of, column in cursor.execute(_USES.encode()))


def columns(conn: psycopg.Connection[Any]) -> frozenset[tuple[str, str]]:
    """What the catalog of a server has."""
    with conn.cursor(row_factory=tuple_row) as cursor:
        return frozenset((of, column) for of, column in cursor.execute(_COLUMNS))


def gone(used: tuple[Use, ...], there: frozenset[tuple[str, str]], version: str) -> tuple[Obstacle, ...]:
    """The views that cannot be made any more. Pure."""
    return tuple(
        Obstacle(
            check="views on the catalog",
            object=view,
            what=f"it reads {of}.{column}, which {version} does not have; pg_upgrade --check lets it pass",
            mend=f"DROP VIEW {view}, and make it again by what {version} has",
            stops=("pg_upgrade", "dump"),
        )
        for view, of, column in used
        if (of, column) not in there
    )
