"""The one query that reads what a server has; every catalog in it is open to an RDS master (pg_authid is not)."""

from __future__ import annotations

from bootstrap.postgres import catalog_beside as beside

# Extensions bring privileges of their own and take care of them (pg_init_privs).
_NOT_EXTENSION = """NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = '{0}'::regclass AND x.objid = {1}.oid
    AND x.deptype = 'e')"""

_DATABASE = """SELECT json_build_array(d.datname, pg_get_userbyid(d.datdba),
    coalesce(d.datacl, acldefault('d', d.datdba))::text[], pg_encoding_to_char(d.encoding), d.datconnlimit)
    FROM pg_database d WHERE d.datname = current_database()"""

# ADMIN means nothing before PostgreSQL 16, where CREATEROLE was enough.
_ROLES = """SELECT json_agg(json_build_array(r.rolname, r.rolcanlogin, r.rolconnlimit, r.rolconfig,
    ARRAY[r.rolsuper, r.rolcreatedb, r.rolcreaterole, r.rolreplication, r.rolbypassrls],
    c.description,
    v.num < 160000 OR r.oid IN (SELECT oid FROM administered),
    CASE WHEN isfinite(r.rolvaliduntil) THEN r.rolvaliduntil AT TIME ZONE 'UTC' END) ORDER BY r.rolname)
    FROM v, pg_roles r LEFT JOIN comments c ON c.objoid = r.oid"""

_BECOMES = """SELECT json_agg(r.rolname ORDER BY r.rolname) FROM pg_roles r, v
    WHERE v.super OR r.oid IN (SELECT oid FROM becomes)"""

# to_jsonb, because inherit_option, set_option and the oid of a row are PostgreSQL 16's.
_MEMBERSHIPS = """SELECT json_agg(json_build_array(r.rolname, m.rolname, coalesce(g.rolname, ''), a.admin_option,
    coalesce((to_jsonb(a) ->> 'inherit_option')::bool, m.rolinherit),
    coalesce((to_jsonb(a) ->> 'set_option')::bool, true),
    v.num < 160000 OR (a.roleid IN (SELECT oid FROM administered)
        AND (v.super OR a.grantor IN (SELECT oid FROM inherited)))) ORDER BY r.rolname, m.rolname, g.rolname)
    FROM v, pg_auth_members a JOIN pg_roles r ON r.oid = a.roleid JOIN pg_roles m ON m.oid = a.member
    LEFT JOIN pg_roles g ON g.oid = a.grantor"""

_RELATIONS = f"""SELECT CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'table' END AS kind, n.nspname AS schema,
    c.relowner AS owner, coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char",
    c.relowner)) AS acl, c.relname::text AS name, format('%%I.%%I', n.nspname, c.relname) AS sql, NULL AS args,
    c.relispartition AND coalesce((SELECT p.relrowsecurity FROM pg_class p WHERE p.oid = pg_partition_root(c.oid)),
        false) AS walled
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY(%(schemas)s) AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
      AND {_NOT_EXTENSION.format("pg_class", "c")}"""  # noqa: S608 constants only
_ROUTINES = f"""SELECT 'function', n.nspname, p.proowner, coalesce(p.proacl, acldefault('f', p.proowner)), p.proname,
    format('%%I.%%I(%%s)', n.nspname, p.proname, t.args), t.args, false
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace, LATERAL (
        SELECT coalesce(string_agg(format_type(t, NULL), ', ' ORDER BY i), '') AS args
        FROM unnest(p.proargtypes) WITH ORDINALITY AS a(t, i)) t
    WHERE n.nspname = ANY(%(schemas)s) AND {_NOT_EXTENSION.format("pg_proc", "p")}"""  # noqa: S608 constants only
_SCHEMAS = """SELECT 'schema', n.nspname, n.nspowner, coalesce(n.nspacl, acldefault('n', n.nspowner)), n.nspname,
    quote_ident(n.nspname), NULL, false FROM pg_namespace n WHERE n.nspname = ANY(%(schemas)s)"""
# Grouped by ACL: most objects share a few, and each is sent and read once. ACLs hash but do not sort, so the order of
# the members is made before they are grouped.
_OBJECTS = f"""SELECT json_agg(json_build_array(kind, schema, pg_get_userbyid(owner), acl::text[], members)
        ORDER BY kind, first)
    FROM (SELECT kind, schema, owner, acl, min(sql) AS first,
            json_agg(json_build_array(name, sql, args, walled)) AS members
        FROM (SELECT * FROM ({_RELATIONS} UNION ALL {_ROUTINES} UNION ALL {_SCHEMAS}) u ORDER BY sql) o
        GROUP BY kind, schema, owner, acl) g"""  # noqa: S608

_COLUMNS = f"""SELECT json_agg(json_build_array(n.nspname, c.relname, a.attname, a.attacl::text[])
        ORDER BY n.nspname, c.relname, a.attnum)
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY(%(schemas)s) AND NOT a.attisdropped AND (a.attacl IS NOT NULL
        OR (a.attnum > 0 AND c.relname = ANY(%(tables)s))) AND {_NOT_EXTENSION.format("pg_class", "c")}"""  # noqa: S608

_POLICIES = """SELECT json_agg(json_build_array(n.nspname, c.relname, pg_get_userbyid(c.relowner), c.relrowsecurity,
    c.relforcerowsecurity, (SELECT coalesce(json_agg(json_build_array(p.polname, p.polcmd::text, p.polpermissive, (
                SELECT json_agg(CASE e WHEN 0 THEN 'public' ELSE pg_get_userbyid(e) END)
                FROM unnest(p.polroles) AS e),
            pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid),
            obj_description(p.oid, 'pg_policy')) ORDER BY p.polname), '[]')
        FROM pg_policy p WHERE p.polrelid = c.oid)) ORDER BY n.nspname, c.relname)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY(%(schemas)s) AND c.relkind IN ('r', 'p') AND (c.relrowsecurity OR c.relforcerowsecurity
       OR c.relname = ANY(%(walls)s) OR EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid))"""

# What still refers to a role that bears our mark and is no longer declared: DROP ROLE would be refused. The coalesce
# keeps the planner off the index by database, which holds a row for every grant there is; a role has few.
_REMAINS = """SELECT json_agg(json_build_array(r.rolname, s.deptype::text,
    CASE WHEN s.classid = 'pg_database'::regclass THEN (SELECT datname FROM pg_database WHERE oid = s.objid)
        WHEN s.dbid = 0 THEN '' ELSE current_database() END,
    s.deptype = 'a' AND CASE s.classid
        WHEN 'pg_class'::regclass THEN EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.oid = s.objid AND n.nspname = ANY(%(schemas)s))
        WHEN 'pg_proc'::regclass THEN EXISTS (SELECT FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
            WHERE p.oid = s.objid AND n.nspname = ANY(%(schemas)s))
        WHEN 'pg_namespace'::regclass THEN EXISTS (SELECT FROM pg_namespace n
            WHERE n.oid = s.objid AND n.nspname = ANY(%(schemas)s))
        WHEN 'pg_default_acl'::regclass THEN EXISTS (SELECT FROM pg_default_acl d
            LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
            WHERE d.oid = s.objid AND pg_get_userbyid(d.defaclrole) = %(owner)s
              AND coalesce(n.nspname, '') = ANY(%(schemas)s || ARRAY['']))
        WHEN 'pg_database'::regclass THEN true ELSE false END,
    pg_describe_object(s.classid, s.objid, s.objsubid))
    ORDER BY r.rolname, s.dbid, s.classid, s.objid, s.objsubid, s.deptype)
    FROM pg_shdepend s JOIN left_over r ON r.oid = s.refobjid AND s.refclassid = 'pg_authid'::regclass
    WHERE coalesce(s.dbid, 0) IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
      AND NOT (s.classid = 'pg_auth_members'::regclass
        AND EXISTS (SELECT FROM pg_auth_members m
            WHERE (to_jsonb(m) ->> 'oid')::oid = s.objid AND r.oid IN (m.roleid, m.member)))"""

# Of other databases only how much there is, up to a hundred for each role: it may be a lot, none of it can be described
# from here, and one is enough to keep a role.
_ELSEWHERE = """SELECT json_agg(json_build_array(name, kind, place, count) ORDER BY name, place, kind)
    FROM (SELECT r.rolname AS name, s.deptype::text AS kind, d.datname AS place, count(*) AS count
        FROM left_over r, LATERAL (SELECT x.dbid, x.deptype FROM pg_shdepend x
            WHERE x.refclassid = 'pg_authid'::regclass AND x.refobjid = r.oid
                AND coalesce(x.dbid, 0) NOT IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
            LIMIT 100) s JOIN pg_database d ON d.oid = s.dbid
        GROUP BY 1, 2, 3) g"""

# pg_has_role computes the closure again for each role where ADMIN is asked, which is quadratic for the creator of many;
# it is made once here. A short path, so that expressions and types are spelled the same whoever asks.
QUERY = f"""SELECT set_config('search_path', 'pg_catalog', true);
WITH RECURSIVE v AS MATERIALIZED (SELECT current_setting('server_version_num')::int AS num, r.oid AS me,
        r.rolsuper AS super FROM pg_roles r WHERE r.rolname = current_user),
    comments AS MATERIALIZED (SELECT objoid, description FROM pg_shdescription WHERE classoid = 'pg_authid'::regclass),
    marked AS MATERIALIZED (SELECT objoid AS oid FROM comments WHERE starts_with(description, %(mark)s)),
    left_over AS MATERIALIZED (SELECT r.oid, r.rolname FROM pg_roles r JOIN marked USING (oid)
        WHERE NOT r.rolname = ANY(%(names)s)),
    links AS MATERIALIZED (SELECT a.roleid, a.member, a.admin_option AS admin,
        coalesce((to_jsonb(a) ->> 'inherit_option')::bool, m.rolinherit) AS inherit,
        coalesce((to_jsonb(a) ->> 'set_option')::bool, true) AS set
        FROM pg_auth_members a JOIN pg_roles m ON m.oid = a.member),
    mine(oid) AS (SELECT me FROM v UNION SELECT l.roleid FROM links l JOIN mine ON l.member = mine.oid),
    becomes(oid) AS (SELECT me FROM v UNION SELECT l.roleid FROM links l JOIN becomes b ON l.member = b.oid AND l.set),
    inherited(oid) AS (SELECT me FROM v
        UNION SELECT l.roleid FROM links l JOIN inherited i ON l.member = i.oid AND l.inherit),
    administered(oid) AS MATERIALIZED (SELECT l.roleid FROM links l JOIN mine ON l.member = mine.oid WHERE l.admin
        UNION SELECT r.oid FROM pg_roles r, v WHERE v.super)
SELECT json_build_object('version', (SELECT num FROM v), 'user', current_user, 'database', ({_DATABASE}),
    'roles', ({_ROLES}), 'memberships', ({_MEMBERSHIPS}), 'objects', ({_OBJECTS}), 'columns', ({_COLUMNS}),
    'defaults', ({beside.DEFAULTS}), 'policies', ({_POLICIES}), 'remains', ({_REMAINS}), 'elsewhere', ({_ELSEWHERE}),
    'becomes', ({_BECOMES}), 'maker', pg_get_userbyid(10), 'others', ({beside.OTHERS}), 'schemas', ({beside.SCHEMAS}),
    'settings', ({beside.SETTINGS}), 'forms', ({beside.FORMS}), 'rulers', ({beside.ELSEWHERE}),
    'given', ({beside.GIVEN}), 'owners', ({beside.OWNERS}),
    'mappings', ({beside.MAPPINGS}))::text,
    ({beside.SESSIONS})::text"""  # noqa: S608
