"""What is read at all: the schemas, extensions and books of a database, and how texts are printed there."""

from __future__ import annotations

from bootstrap.books import CAPACITY, HISTORY, TABLE
from bootstrap.postgres import SCHEMA

# As pg_dump pins them: every name is printed with its schema, and no text depends on who asks. Of thousands of indexes
# the planner expects hundreds, since the schema and the kind of a relation go together, and looks each one up.
PIN = """SELECT set_config('search_path', '', true), set_config('timezone', 'UTC', true),
    set_config('datestyle', 'ISO, YMD', true), set_config('intervalstyle', 'postgres', true),
    set_config('bytea_output', 'hex', true), set_config('extra_float_digits', '1', true),
    set_config('quote_all_identifiers', 'off', true), set_config('enable_nestloop', 'off', true)"""

# rdsadmin is RDS's own (RDS User Guide, "Understanding the rds_superuser role"). The books are recognised by their
# columns: other tools keep a schema_migrations too, and theirs is a table like any other.
SCHEMAS = """SELECT n.oid, quote_ident(n.nspname), e.refobjid IS NOT NULL, obj_description(n.oid, 'pg_namespace')
    FROM pg_namespace n
    LEFT JOIN pg_depend e ON e.classid = 'pg_namespace'::regclass AND e.objid = n.oid AND e.deptype = 'e'
    WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'rdsadmin') ORDER BY n.nspname"""
EXTENSIONS = """SELECT e.oid, e.extname, quote_ident(n.nspname), e.extnamespace FROM pg_extension e
    JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.oid >= 16384 ORDER BY e.extname"""
BOOKS = f"""SELECT c.oid, CASE WHEN c.relname = '{TABLE}' THEN has_table_privilege(c.oid, 'SELECT') END FROM pg_class c
    WHERE c.relnamespace = to_regnamespace('{SCHEMA}') AND c.relkind = 'r'
      AND c.relname IN ('{TABLE}', '{HISTORY}', '{CAPACITY}')
      AND (SELECT array_agg(a.attname::text) FROM pg_attribute a
           WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
          @> CASE c.relname WHEN '{TABLE}' THEN ARRAY['version', 'dirty']
                            WHEN '{CAPACITY}' THEN ARRAY['at', 'hours', 'node', 'name', 'value']
                            WHEN '{HISTORY}' THEN ARRAY['kind', 'version', 'before', 'checksum', 'tool'] END"""
CLOCK = "SELECT now()::date"


def member(catalog: str, oid: str) -> str:
    """SQL: whether an object belongs to an extension."""
    return (
        f"EXISTS (SELECT FROM pg_depend e WHERE e.classid = '{catalog}'::regclass AND e.objid = {oid} "
        "AND e.deptype = 'e')"
    )


def ours(catalog: str, alias: str, prefix: str) -> str:
    """SQL: whether an object is in a schema of the application's and in no extension; `:schemas` is filled in later."""
    return f"{alias}.{prefix}namespace = ANY(:schemas) AND NOT {member(catalog, f'{alias}.oid')}"


RELATION = (
    f"{ours('pg_class', 'c', 'rel')} AND c.oid <> ALL(:books) "
    f"AND (c.relkind <> 'c' OR NOT {member('pg_type', 'c.reltype')})"
)
"""SQL: whether `c` of pg_class is a relation of the application's; of a composite type it is the type that belongs to
an extension."""

ROUTINE = """format('%I.%I(%s%s)', n.nspname, p.proname,
        CASE WHEN p.prokind = 'p' AND p.pronargs > 0 THEN 'IN ' ELSE '' END, oidvectortypes(p.proargtypes))"""
"""SQL: the name of `p` of pg_proc in `n` of pg_namespace, as DROP ROUTINE takes it. Without a mode among its types a
procedure's name may be that of another one's with its OUT parameters (DROP PROCEDURE's documentation)."""
