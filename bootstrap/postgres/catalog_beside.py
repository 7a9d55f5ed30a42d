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
OTHERS = f"""SELECT json_agg(json_build_array(kind, name, pg_get_userbyid(owner), acl::text[]) ORDER BY kind, name)
    FROM ({_TYPES} UNION ALL {_LANGUAGES} UNION ALL {_WRAPPERS} UNION ALL {_LARGE_OBJECTS}
        UNION ALL {_PARAMETERS}) o"""  # noqa: S608 constants only

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
