"""What a schema has that the definition does not hold: counted, so that nobody takes it for held."""

from __future__ import annotations

from collections.abc import Sequence

from bootstrap.schema.catalog.draft import Draft, Row
from bootstrap.schema.catalog.scope import RELATION

LEFT_OUT = f"""
SELECT 'invalid indexes', count(*) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE NOT i.indisvalid AND c.relkind = 'i' AND c.relnamespace = ANY(:schemas)
UNION ALL SELECT 'user mappings', count(*) FROM pg_user_mappings
UNION ALL SELECT 'subscriptions', count(s.oid) FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid
    WHERE d.datname = current_database()
UNION ALL SELECT 'comments on extensions that are not their own', count(*) FROM pg_extension e
    JOIN pg_available_extensions a ON a.name = e.extname
    WHERE e.oid >= 16384 AND obj_description(e.oid, 'pg_extension') IS DISTINCT FROM a.comment
UNION ALL SELECT 'functions whose body PostgreSQL prints without a parameter (give it a name)', count(*) FROM pg_proc p
    WHERE p.pronamespace = ANY(:schemas) AND CASE WHEN p.prosqlbody IS NOT NULL AND '' = ANY(p.proargnames)
        THEN strpos(pg_get_function_sqlbody(p.oid), '""') > 0 ELSE false END
UNION ALL SELECT 'security labels', count(*) FROM pg_seclabel
UNION ALL SELECT 'tablespaces of tables and indexes', count(*) FROM pg_class c
    WHERE {RELATION} AND c.reltablespace <> 0"""


def left_out(draft: Draft, rows: Sequence[Row]) -> None:
    """Take up the counts of what there is."""
    draft.left_out = {kind: count for kind, count in rows if count}
