"""Text search: parsers, templates, dictionaries and configurations, each as the statements that make it."""

from __future__ import annotations

from bootstrap.schema.catalog.scope import ours

PARSERS = f"""
SELECT p.oid, format('%I.%I', n.nspname, p.prsname), ARRAY[format('CREATE TEXT SEARCH PARSER %I.%I (%s)', n.nspname,
    p.prsname, concat_ws(', ', 'START = ' || p.prsstart::text, 'GETTOKEN = ' || p.prstoken::text,
        'END = ' || p.prsend::text, 'HEADLINE = ' || nullif(p.prsheadline::oid, 0)::regproc::text,
        'LEXTYPES = ' || p.prslextype::text))]
FROM pg_ts_parser p JOIN pg_namespace n ON n.oid = p.prsnamespace WHERE {ours("pg_ts_parser", "p", "prs")} ORDER BY 2"""

TEMPLATES = f"""
SELECT t.oid, format('%I.%I', n.nspname, t.tmplname), ARRAY[format('CREATE TEXT SEARCH TEMPLATE %I.%I (%s)', n.nspname,
    t.tmplname, concat_ws(', ', 'INIT = ' || nullif(t.tmplinit::oid, 0)::regproc::text,
        'LEXIZE = ' || t.tmpllexize::text))]
FROM pg_ts_template t JOIN pg_namespace n ON n.oid = t.tmplnamespace
WHERE {ours("pg_ts_template", "t", "tmpl")} ORDER BY 2"""

DICTIONARIES = f"""
SELECT d.oid, format('%I.%I', n.nspname, d.dictname),
    ARRAY[format('CREATE TEXT SEARCH DICTIONARY %I.%I (TEMPLATE = %I.%I%s)', n.nspname, d.dictname,
        tn.nspname, t.tmplname,
                 ', ' || d.dictinitoption)]
FROM pg_ts_dict d JOIN pg_namespace n ON n.oid = d.dictnamespace JOIN pg_ts_template t ON t.oid = d.dicttemplate
JOIN pg_namespace tn ON tn.oid = t.tmplnamespace WHERE {ours("pg_ts_dict", "d", "dict")} ORDER BY 2"""

CONFIGURATIONS = f"""
SELECT c.oid, format('%I.%I', n.nspname, c.cfgname),
    ARRAY[format('CREATE TEXT SEARCH CONFIGURATION %I.%I (PARSER = %I.%I)', n.nspname, c.cfgname,
        pn.nspname, p.prsname)]
    || ARRAY(SELECT format('ALTER TEXT SEARCH CONFIGURATION %I.%I ADD MAPPING FOR %I WITH %s', n.nspname, c.cfgname,
                           t.alias, string_agg(m.mapdict::regdictionary::text, ', ' ORDER BY m.mapseqno))
             FROM pg_ts_config_map m JOIN ts_token_type(c.cfgparser) t ON t.tokid = m.maptokentype
             WHERE m.mapcfg = c.oid GROUP BY m.maptokentype, t.alias ORDER BY m.maptokentype)
FROM pg_ts_config c JOIN pg_namespace n ON n.oid = c.cfgnamespace JOIN pg_ts_parser p ON p.oid = c.cfgparser
JOIN pg_namespace pn ON pn.oid = p.prsnamespace WHERE {ours("pg_ts_config", "c", "cfg")} ORDER BY 2"""
