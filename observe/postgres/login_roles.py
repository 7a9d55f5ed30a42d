"""Who may log in, until when, with how many connections, and when the newest session of each began."""

from __future__ import annotations

from observe.observation import Observation

# A role's password and its age are in pg_authid, which superusers alone may read. The newest session is one that is
# still open: PostgreSQL keeps no record of those that have ended.
_ROLES = """
SELECT r.rolname::text AS login, count(a.pid)::int AS sessions, nullif(r.rolconnlimit, -1) AS limit,
       r.rolvaliduntil AS valid_until, r.rolsuper AS superuser, r.rolreplication AS replication,
       ARRAY(SELECT DISTINCT g.rolname::text FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
              WHERE m.member = r.oid ORDER BY 1) AS member_of,
       extract(epoch FROM clock_timestamp() - max(a.backend_start))::float8 AS newest_seconds
  FROM pg_roles r LEFT JOIN pg_stat_activity a ON a.usesysid = r.oid AND a.pid <> pg_backend_pid()
 WHERE r.rolcanlogin
 GROUP BY r.oid, r.rolname, r.rolconnlimit, r.rolvaliduntil, r.rolsuper, r.rolreplication
 ORDER BY sessions DESC, 1
"""

LOGIN_ROLES = Observation(
    id="login-roles",
    engine="postgres",
    question="Who may log in, until when, with how many connections?",
    read=lambda _: _ROLES,
    judge=lambda _: (),
    columns=("login", "sessions", "limit", "valid_until", "superuser", "replication", "newest_seconds"),
)
