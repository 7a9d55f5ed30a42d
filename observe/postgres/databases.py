"""How large each database of the server is."""

from __future__ import annotations

from observe.observation import PG_MONITOR, Observation

# pg_database_size fails for a database that one may not connect to, such as rdsadmin of RDS, unless one has
# pg_read_all_stats (PostgreSQL, Database Object Size Functions).
_DATABASES = """
SELECT datname::text AS database,
       CASE WHEN has_database_privilege(oid, 'CONNECT') OR pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')
            THEN pg_database_size(oid) END AS size_bytes,
       CASE WHEN datconnlimit = -2 THEN 'invalid' WHEN NOT datallowconn THEN 'closed' END AS state,
       datname = current_database() AS current
FROM pg_database ORDER BY 2 DESC NULLS LAST, 1
"""

DATABASES = Observation(
    id="databases",
    engine="postgres",
    question="How large is each database of the server?",
    read=lambda _: _DATABASES,
    judge=lambda _: (),
    columns=("database", "size_bytes", "state", "current"),
    needs=(PG_MONITOR,),
    every=300,
    on_replica=False,
)
