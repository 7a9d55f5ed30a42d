"""What a server is: its version and the end of that, whether it takes writes."""

from __future__ import annotations

from datetime import datetime

from knowledge.support import Product
from knowledge.thresholds.nodes import READ_ONLY, SUPPORT
from observe.observation import Finding, Observation, Row, Rows, judged
from observe.support import supported

# The session has switched default_transaction_read_only on; reset_val is what it had before. What is set for the role
# that looks says nothing about others. rds.extensions is a setting of RDS alone.
_READ = """
SELECT current_setting('server_version') AS version, pg_is_in_recovery() AS in_recovery, now() AS now,
       pg_postmaster_start_time() AS started, current_setting('rds.extensions', true) IS NOT NULL AS rds,
       (SELECT s.reset_val = 'on' FROM pg_settings s WHERE s.name = 'default_transaction_read_only')
       AND NOT EXISTS (SELECT FROM pg_db_role_setting d, pg_roles r
                       WHERE d.setrole = r.oid AND r.rolname IN (session_user, current_user)
                         AND 'default_transaction_read_only=on' = ANY (d.setconfig)) AS read_only
"""


def _judge(rows: Rows) -> tuple[Finding, ...]:
    (row,) = rows
    now = row["now"]
    assert isinstance(now, datetime)  # noqa: S101 as PostgreSQL has it
    product: Product = "rds-postgresql" if row["rds"] else "postgresql"
    return (supported(product, str(row["version"]).split()[0], now.date()), *_writes(row))


def _writes(row: Row) -> tuple[Finding, ...]:
    if row["in_recovery"]:
        return ()
    on = bool(row["read_only"])
    said = "new transactions are read-only: default_transaction_read_only is on" if on else "takes writes"
    mend = "SELECT * FROM pg_db_role_setting; ALTER DATABASE ... RESET default_transaction_read_only"
    return (judged(READ_ONLY, int(on), said, mend=mend),)


SERVER = Observation(
    id="server",
    engine="postgres",
    question="Which version is it, how long is that supported, and does it take writes?",
    read=lambda _: _READ,
    judge=_judge,
    thresholds=(SUPPORT, READ_ONLY),
)
