"""What is neither type, function nor relation, each as the statements that make it: collations, languages, foreign data
and what stands beside tables. Text search and operators have modules of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bootstrap.schema.catalog.draft import Draft, Row
from bootstrap.schema.catalog.scope import member, ours


def objects(kind: str, catalog: str) -> Callable[[Draft, Sequence[Row]], None]:
    """Take up rows of oid, name and statements as objects of a kind."""

    def take_up(draft: Draft, rows: Sequence[Row]) -> None:
        for oid, name, statements in rows:
            draft.add(kind, name, {"definition": [each for each in statements if each]}, (catalog, oid))

    return take_up


def options(column: str) -> str:
    """SQL: OPTIONS (...) of an array of options, empty where there are none."""
    return f"""coalesce((SELECT format(' OPTIONS (%s)', string_agg(
        format('%I %L', o.option_name, o.option_value), ', ')) FROM pg_options_to_table({column}) o
        HAVING count(*) > 0), '')"""


def mine(catalog: str, alias: str) -> str:
    """SQL: whether an object that is in no schema was made by the application."""
    return f"{alias}.oid >= 16384 AND NOT {member(catalog, f'{alias}.oid')}"


# By to_jsonb, since the columns have other names or are not there in older versions: 15 has colliculocale, 17 on
# colllocale; 16 on collicurules; 18 on pubgencols.
COLLATIONS = f"""
SELECT c.oid, format('%I.%I', n.nspname, c.collname), ARRAY[format('CREATE COLLATION %I.%I (provider = %s%s%s%s)',
    n.nspname, c.collname,
    CASE c.collprovider WHEN 'c' THEN 'libc' WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'default' END,
    CASE WHEN c.collisdeterministic THEN '' ELSE ', deterministic = false' END,
    CASE WHEN c.collprovider <> 'c'
         THEN format(', locale = %L',
             coalesce(to_jsonb(c) ->> 'colllocale', to_jsonb(c) ->> 'colliculocale', c.collcollate))
         WHEN c.collcollate = c.collctype THEN format(', locale = %L', c.collcollate)
         ELSE format(', lc_collate = %L, lc_ctype = %L', c.collcollate, c.collctype) END,
    ', rules = ' || quote_literal(to_jsonb(c) ->> 'collicurules'))]
FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace
WHERE {ours("pg_collation", "c", "coll")} ORDER BY 2"""

CONVERSIONS = f"""
SELECT c.oid, format('%I.%I', n.nspname, c.conname), ARRAY[format('CREATE%s CONVERSION %I.%I FOR %L TO %L FROM %s',
    CASE WHEN c.condefault THEN ' DEFAULT' ELSE '' END, n.nspname, c.conname,
    pg_encoding_to_char(c.conforencoding), pg_encoding_to_char(c.contoencoding), c.conproc::regproc)]
FROM pg_conversion c JOIN pg_namespace n ON n.oid = c.connamespace
WHERE {ours("pg_conversion", "c", "con")} ORDER BY 2"""

LANGUAGES = f"""
SELECT l.oid, quote_ident(l.lanname), ARRAY[format('CREATE%s LANGUAGE %I HANDLER %s%s%s',
    CASE WHEN l.lanpltrusted THEN ' TRUSTED' ELSE '' END, l.lanname, l.lanplcallfoid::regproc,
    CASE WHEN l.laninline <> 0 THEN ' INLINE ' || l.laninline::regproc::text ELSE '' END,
    CASE WHEN l.lanvalidator <> 0 THEN ' VALIDATOR ' || l.lanvalidator::regproc::text ELSE '' END)]
FROM pg_language l WHERE l.lanispl AND {mine("pg_language", "l")} ORDER BY 2"""

TRANSFORMS = f"""
SELECT t.oid, format('FOR %s LANGUAGE %I', t.trftype::regtype, l.lanname),
    ARRAY[format('CREATE TRANSFORM FOR %s LANGUAGE %I (%s)', t.trftype::regtype, l.lanname, concat_ws(', ',
        'FROM SQL WITH FUNCTION ' || nullif(t.trffromsql, 0)::regprocedure::text,
        'TO SQL WITH FUNCTION ' || nullif(t.trftosql, 0)::regprocedure::text))]
FROM pg_transform t JOIN pg_language l ON l.oid = t.trflang WHERE {mine("pg_transform", "t")} ORDER BY 2"""

ACCESS_METHODS = f"""
SELECT a.oid, quote_ident(a.amname), ARRAY[format('CREATE ACCESS METHOD %I TYPE %s HANDLER %s', a.amname,
    CASE a.amtype WHEN 'i' THEN 'INDEX' ELSE 'TABLE' END, a.amhandler::regproc)]
FROM pg_am a WHERE {mine("pg_am", "a")} ORDER BY 2"""

STATISTICS = f"""
SELECT s.oid, format('%I.%I', n.nspname, s.stxname), ARRAY[pg_get_statisticsobjdef(s.oid),
    format('ALTER STATISTICS %I.%I SET STATISTICS ', n.nspname, s.stxname) || nullif(s.stxstattarget, -1)]
FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace
WHERE {ours("pg_statistic_ext", "s", "stx")} ORDER BY 2"""

EVENT_TRIGGERS = f"""
SELECT t.oid, quote_ident(t.evtname), ARRAY[format('CREATE EVENT TRIGGER %I ON %s%s EXECUTE FUNCTION %s()', t.evtname,
        t.evtevent, (SELECT format(' WHEN TAG IN (%s)', string_agg(quote_literal(tag), ', ' ORDER BY number))
                     FROM unnest(t.evttags) WITH ORDINALITY o (tag, number) HAVING count(*) > 0), t.evtfoid::regproc),
    CASE t.evtenabled WHEN 'D' THEN format('ALTER EVENT TRIGGER %I DISABLE', t.evtname)
                      WHEN 'R' THEN format('ALTER EVENT TRIGGER %I ENABLE REPLICA', t.evtname)
                      WHEN 'A' THEN format('ALTER EVENT TRIGGER %I ENABLE ALWAYS', t.evtname) END]
FROM pg_event_trigger t WHERE {mine("pg_event_trigger", "t")} ORDER BY 2"""

PUBLICATIONS = f"""
SELECT p.oid, quote_ident(p.pubname), ARRAY[format('CREATE PUBLICATION %I%s WITH (publish = %L%s%s)', p.pubname,
    CASE WHEN p.puballtables THEN ' FOR ALL TABLES' ELSE '' END,
    concat_ws(', ', CASE WHEN p.pubinsert THEN 'insert' END,
        CASE WHEN p.pubupdate THEN 'update' END, CASE WHEN p.pubdelete THEN 'delete' END,
        CASE WHEN p.pubtruncate THEN 'truncate' END),
    CASE WHEN p.pubviaroot THEN ', publish_via_partition_root = true' ELSE '' END,
    CASE WHEN to_jsonb(p) ->> 'pubgencols' = 's' THEN ', publish_generated_columns = stored' ELSE '' END)]
    || ARRAY(SELECT format('ALTER PUBLICATION %I ADD TABLES IN SCHEMA %I', p.pubname, n.nspname)
             FROM pg_publication_namespace m JOIN pg_namespace n ON n.oid = m.pnnspid WHERE m.pnpubid = p.oid
             ORDER BY n.nspname)
    || ARRAY(SELECT format('ALTER PUBLICATION %I ADD TABLE ONLY %s%s%s', p.pubname, r.prrelid::regclass,
                (SELECT format(' (%s)', string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)) FROM pg_attribute a
                 WHERE a.attrelid = r.prrelid AND a.attnum = ANY(r.prattrs) HAVING count(*) > 0),
                ' WHERE (' || pg_get_expr(r.prqual, r.prrelid) || ')')
             FROM pg_publication_rel r WHERE r.prpubid = p.oid ORDER BY r.prrelid::regclass::text)
FROM pg_publication p WHERE {mine("pg_publication", "p")} ORDER BY 2"""

WRAPPERS = f"""
SELECT w.oid, quote_ident(w.fdwname), ARRAY[format('CREATE FOREIGN DATA WRAPPER %I%s%s%s', w.fdwname,
    CASE WHEN w.fdwhandler <> 0 THEN ' HANDLER ' || w.fdwhandler::regproc::text ELSE '' END,
    CASE WHEN w.fdwvalidator <> 0 THEN ' VALIDATOR ' || w.fdwvalidator::regproc::text ELSE '' END,
    {options("w.fdwoptions")})]
FROM pg_foreign_data_wrapper w WHERE {mine("pg_foreign_data_wrapper", "w")} ORDER BY 2"""

SERVERS = f"""
SELECT s.oid, quote_ident(s.srvname), ARRAY[format('CREATE SERVER %I%s%s FOREIGN DATA WRAPPER %I%s', s.srvname,
    ' TYPE ' || quote_literal(s.srvtype), ' VERSION ' || quote_literal(s.srvversion), w.fdwname,
    {options("s.srvoptions")})]
FROM pg_foreign_server s JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw WHERE {mine("pg_foreign_server", "s")}
ORDER BY 2"""
