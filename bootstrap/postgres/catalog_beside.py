"""What a server has beside the objects of the declared schemas, for whatever touches them: parts of the one query."""

from __future__ import annotations

_NOT_EXTENSION = """NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = '{0}'::regclass AND x.objid = {1}.oid
    AND x.deptype = 'e')"""

# A NULL ACL is the hard-wired default, which is no grant of anybody's; PUBLIC's USAGE on types and languages is in it.
_TYPES = f"""SELECT 'type' AS kind,
    format('%%I.%%I', n.nspname, t.typname) AS name, t.typowner AS owner, t.typacl AS acl
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
    WHERE n.nspname = ANY(%(schemas)s) AND t.typacl IS NOT NULL AND {_NOT_EXTENSION.format("pg_type", "t")}"""  # noqa: S608
_LANGUAGES = f"""SELECT 'language', quote_ident(l.lanname), l.lanowner, l.lanacl FROM pg_language l
    WHERE l.lanacl IS NOT NULL AND {_NOT_EXTENSION.format("pg_language", "l")}"""  # noqa: S608
_WRAPPERS = """SELECT 'foreign data wrapper', quote_ident(fdwname), fdwowner, fdwacl FROM pg_foreign_data_wrapper
    WHERE fdwacl IS NOT NULL
    UNION ALL SELECT 'foreign server', quote_ident(srvname), srvowner, srvacl FROM pg_foreign_server
    WHERE srvacl IS NOT NULL"""
_LARGE_OBJECTS = """SELECT 'large object', string_agg(oid::text, ', ' ORDER BY oid), lomowner,
    lomacl::text::aclitem[] FROM pg_largeobject_metadata WHERE lomacl IS NOT NULL GROUP BY lomowner, lomacl::text"""
_PARAMETERS = "SELECT 'parameter', parname, 10::oid, paracl FROM pg_parameter_acl"
_TABLESPACES = """SELECT 'tablespace', quote_ident(spcname), spcowner, spcacl FROM pg_tablespace
    WHERE spcacl IS NOT NULL"""
OTHERS = f"""SELECT json_agg(json_build_array(kind, name, pg_get_userbyid(owner), acl::text[]) ORDER BY kind, name)
    FROM ({_TYPES} UNION ALL {_LANGUAGES} UNION ALL {_WRAPPERS} UNION ALL {_LARGE_OBJECTS}
        UNION ALL {_PARAMETERS} UNION ALL {_TABLESPACES}) o"""  # noqa: S608 constants only

# What PostgreSQL and extensions bring has privileges from the start (pg_init_privs, "so that pg_dump can tell what was
# changed"); whoever was given more later reads password hashes (pg_authid) or files. A grant of what everybody may
# anyway, such as EXECUTE ON ALL FUNCTIONS IN SCHEMA, gives nothing. The information schema is made after initdb has
# noted what is there from the start (seen on 16): that everybody reads it is how it comes.
_SYSTEM = "n.nspname IN ('pg_catalog', 'information_schema')"
_INITIAL = "LEFT JOIN pg_init_privs i ON (i.classoid, i.objoid, i.objsubid) = ('{0}'::regclass, {1})"
_BROUGHT = f"""SELECT CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'table' END AS kind, '' AS part,
        format('%%I.%%I', n.nspname, c.relname) AS name, {_SYSTEM} AS system, c.relowner AS owner, c.relacl AS acl,
        coalesce(i.initprivs, acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner)) AS base
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace {_INITIAL.format("pg_class", "c.oid, 0")}
    WHERE c.relacl IS NOT NULL AND ({_SYSTEM} OR NOT {_NOT_EXTENSION.format("pg_class", "c")})
    UNION ALL SELECT 'table', quote_ident(a.attname), format('%%I.%%I', n.nspname, c.relname), {_SYSTEM}, c.relowner,
        a.attacl, coalesce(i.initprivs, acldefault('c', c.relowner))
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        {_INITIAL.format("pg_class", "c.oid, a.attnum")}
    WHERE a.attacl IS NOT NULL AND ({_SYSTEM} OR NOT {_NOT_EXTENSION.format("pg_class", "c")})
    UNION ALL SELECT 'function', '', format('%%I.%%I(%%s)', n.nspname, p.proname, (
            SELECT string_agg(format_type(t, NULL), ', ' ORDER BY o) FROM unnest(p.proargtypes) WITH ORDINALITY u(t, o))
        ), {_SYSTEM}, p.proowner, p.proacl, coalesce(i.initprivs, acldefault('f', p.proowner))
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace {_INITIAL.format("pg_proc", "p.oid, 0")}
    WHERE p.proacl IS NOT NULL AND ({_SYSTEM} OR NOT {_NOT_EXTENSION.format("pg_proc", "p")})
    UNION ALL SELECT 'schema', '', quote_ident(n.nspname), {_SYSTEM}, n.nspowner, n.nspacl,
        coalesce(i.initprivs, acldefault('n', n.nspowner))
    FROM pg_namespace n {_INITIAL.format("pg_namespace", "n.oid, 0")}
    WHERE n.nspacl IS NOT NULL AND n.nspname <> ALL(%(schemas)s)
        AND ({_SYSTEM} OR NOT {_NOT_EXTENSION.format("pg_namespace", "n")})
    UNION ALL SELECT 'language', '', quote_ident(l.lanname), false, l.lanowner, l.lanacl,
        coalesce(i.initprivs, acldefault('l', l.lanowner))
    FROM pg_language l {_INITIAL.format("pg_language", "l.oid, 0")}
    WHERE l.lanacl IS NOT NULL AND NOT {_NOT_EXTENSION.format("pg_language", "l")}
    UNION ALL SELECT 'type', '', format('%%I.%%I', n.nspname, t.typname), {_SYSTEM}, t.typowner, t.typacl,
        coalesce(i.initprivs, acldefault('T', t.typowner))
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace {_INITIAL.format("pg_type", "t.oid, 0")}
    WHERE t.typacl IS NOT NULL AND ({_SYSTEM} OR NOT {_NOT_EXTENSION.format("pg_type", "t")})"""  # noqa: S608 constants only
GIVEN = f"""SELECT json_agg(json_build_array(o.kind, o.part, o.name, o.system,
        CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(x.grantee) END, x.privilege_type, x.is_grantable)
        ORDER BY o.kind, o.name, o.part, x.grantee, x.privilege_type)
    FROM ({_BROUGHT}) o, LATERAL (
        SELECT grantee, privilege_type, is_grantable FROM aclexplode(o.acl)
        EXCEPT SELECT grantee, privilege_type, is_grantable FROM aclexplode(o.base)) x
    WHERE o.acl IS DISTINCT FROM o.base AND x.grantee <> o.owner AND (x.grantee = 0 OR x.is_grantable
        OR NOT EXISTS (SELECT FROM aclexplode(o.acl) p WHERE p.grantee = 0 AND p.privilege_type = x.privilege_type))
        AND NOT (x.grantee = 0 AND NOT x.is_grantable AND o.name ~ '^information_schema([.]|$)'
            AND x.privilege_type IN ('SELECT', 'USAGE'))
    """  # noqa: S608

# Who owns something may give it away, change what it stands for (a server's address, what a publication sends out), or
# drop it with what hangs on it (a type's columns). The types of tables are the tables' own.
OWNERS = f"""SELECT json_agg(json_build_array(kind, name, pg_get_userbyid(owner)) ORDER BY kind, name)
    FROM (SELECT 'type' AS kind, format('%%I.%%I', n.nspname, t.typname) AS name, t.typowner AS owner
        FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
        WHERE n.nspname = ANY(%(schemas)s) AND (t.typtype IN ('d', 'e', 'r') OR EXISTS (
            SELECT FROM pg_class c WHERE c.oid = t.typrelid AND c.relkind = 'c'))
          AND {_NOT_EXTENSION.format("pg_type", "t")}
        UNION ALL SELECT 'foreign server', quote_ident(srvname), srvowner FROM pg_foreign_server
        UNION ALL SELECT 'foreign data wrapper', quote_ident(w.fdwname), w.fdwowner FROM pg_foreign_data_wrapper w
        WHERE {_NOT_EXTENSION.format("pg_foreign_data_wrapper", "w")}
        UNION ALL SELECT 'language', quote_ident(l.lanname), l.lanowner FROM pg_language l
        WHERE {_NOT_EXTENSION.format("pg_language", "l")}
        UNION ALL SELECT 'publication', quote_ident(pubname), pubowner FROM pg_publication
        UNION ALL SELECT 'subscription', quote_ident(subname), subowner FROM pg_subscription
        WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
        UNION ALL SELECT 'event trigger', quote_ident(e.evtname), e.evtowner FROM pg_event_trigger e
        WHERE {_NOT_EXTENSION.format("pg_event_trigger", "e")}
        UNION ALL SELECT 'large object', string_agg(oid::text, ', ' ORDER BY oid), lomowner
        FROM pg_largeobject_metadata GROUP BY lomowner) o"""  # noqa: S608

# Whoever has one is somebody else on another server, by a password that is kept here.
MAPPINGS = """SELECT json_agg(json_build_array(CASE umuser WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(umuser) END,
        quote_ident(srvname)) ORDER BY srvname, usename) FROM pg_user_mappings"""

DEFAULTS = """SELECT json_agg(json_build_array(pg_get_userbyid(d.defaclrole), coalesce(n.nspname, ''),
        d.defaclobjtype::text, d.defaclacl::text[]) ORDER BY 1, n.nspname, d.defaclobjtype)
    FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace"""

SCHEMAS = f"""SELECT json_agg(json_build_array(n.nspname, pg_get_userbyid(n.nspowner)) ORDER BY n.nspname)
    FROM pg_namespace n WHERE n.nspname <> ALL(%(schemas)s) AND n.nspname !~ '^pg_'
        AND n.nspname <> 'information_schema' AND {_NOT_EXTENSION.format("pg_namespace", "n")}"""  # noqa: S608

# Role 0 is everybody's (ALTER DATABASE ... SET, ALTER ROLE ALL SET); a role's own, in every database, is in pg_roles.
SETTINGS = """SELECT json_agg(json_build_array(CASE s.setrole WHEN 0 THEN '' ELSE pg_get_userbyid(s.setrole) END,
        s.setdatabase <> 0, s.setconfig) ORDER BY s.setrole, s.setdatabase)
    FROM pg_db_role_setting s WHERE (s.setrole = 0 OR s.setdatabase <> 0)
        AND s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))"""

# What a declared setting's values mean; superusers' settings are hidden from the master, their values compared as text.
FORMS = """SELECT json_agg(json_build_array(lower(name), vartype, unit)) FROM pg_settings
    WHERE lower(name) = ANY(%(settings)s)"""

# Who rules another database of the server.
ELSEWHERE = """SELECT json_agg(DISTINCT pg_get_userbyid(datdba)) FROM pg_database
    WHERE datname <> current_database() AND NOT datistemplate AND datname <> 'postgres'"""

SESSIONS = """SELECT json_agg(DISTINCT usename) FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND usename IS NOT NULL"""
