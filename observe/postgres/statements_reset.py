"""Who may reset pg_stat_statements, which takes EXECUTE on a function of pg_stat_statements."""

from __future__ import annotations

from observe.observation import Observation
from observe.postgres.statements import PRELOADED

# What a role may by membership counts too (PostgreSQL, has_function_privilege).
_RESET = """
SELECT p.oid::regprocedure::text AS function, quote_ident(n.nspname) AS schema,
       ARRAY(SELECT r.rolname::text FROM pg_roles r WHERE has_function_privilege(r.oid, p.oid, 'EXECUTE')) AS roles
FROM pg_extension e JOIN pg_proc p ON p.pronamespace = e.extnamespace AND p.proname = 'pg_stat_statements_reset'
JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_stat_statements'
"""

STATEMENTS_RESET = Observation(
    id="statements-reset",
    engine="postgres",
    question="Who may reset pg_stat_statements?",
    read=lambda _: _RESET,
    judge=lambda _: (),
    needs=(PRELOADED,),
    on_replica=False,
)
