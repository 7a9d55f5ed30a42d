"""Ending a session or its statement: what it would hit, whether that may be, and the signal itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bootstrap.errors import BootstrapError
from observe.node import APPLICATION
from observe.observation import Row
from observe.postgres.activity import COLUMNS, who
from observe.quantities import duration

if TYPE_CHECKING:
    import psycopg

_WAIT_MS = 5000
"""How long a session may take to end before it is said that it has not yet."""

# Without pg_read_all_stats backend_type of another role's session is NULL; usesysid is there for everybody. A role may
# signal sessions of roles whose rights it has, or with pg_signal_backend all but superusers' (PostgreSQL, Server
# Signaling Functions).
_TARGET = f"""
SELECT {COLUMNS}, a.backend_start, a.leader_pid, a.pid = pg_backend_pid() AS this,
       a.usesysid IS NULL AS of_nobody, coalesce(r.rolsuper, false) AS of_superuser,
       current_user::text AS me, (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS superuser,
       pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS sees,
       coalesce(pg_has_role(current_user, a.usesysid, 'USAGE'), false)
         OR pg_has_role(current_user, 'pg_signal_backend', 'USAGE') AS may,
       (SELECT count(*)::int FROM pg_locks l WHERE NOT l.granted AND a.pid = ANY (pg_blocking_pids(l.pid))) AS holds_up
  FROM pg_stat_activity a LEFT JOIN pg_roles r ON r.oid = a.usesysid WHERE a.pid = %s
"""
# The start of the session: by now the process id may be another one's.
_CANCEL = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE pid = %s AND backend_start = %s"
_TERMINATE = f"SELECT pg_terminate_backend(pid, {_WAIT_MS}) FROM pg_stat_activity WHERE pid = %s AND backend_start = %s"


class KillRefusedError(BootstrapError):
    """PostgreSQL did not let the session be ended."""


def find(conn: psycopg.Connection[Any], pid: int) -> Row | None:
    """The session of a process id, with who asks and what that one may; None where there is none."""
    from psycopg.rows import dict_row

    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_TARGET.encode(), (pid,)).fetchone()


def refusal(row: Row, *, autovacuum: bool) -> str | None:
    """Why a session is not to be ended, as a sentence with what mends it; None where nothing is in the way."""
    pid, kind, me = row["pid"], row["backend_type"], row["me"]
    if row["this"] or row["application"] == APPLICATION:
        return f"{pid} is a session of this tool, and ends by itself."
    if row["user"] == "rdsadmin":
        return f"{pid} is a session of rdsadmin: AWS needs it to run the instance."
    if row["of_superuser"] and not row["superuser"]:
        return f"{pid} is a session of the superuser {row['user']}, which only a superuser may end."
    if not row["sees"] and kind is None:
        return f'what {pid} is, is hidden from "{me}": GRANT pg_read_all_stats TO "{me}".'
    if kind == "walsender":
        return (
            f"{pid} sends WAL to {row['application'] or 'a replica'}, whose replication would break off: stop that one."
        )
    if kind == "autovacuum worker":
        return None if autovacuum else f"{pid} is an autovacuum worker, which would begin again: say --autovacuum."
    if kind == "parallel worker":
        return f"{pid} is a parallel worker of {row['leader_pid']}: end that one."
    if kind != "client backend":
        return f"{pid} is a process of the server itself ({kind})."
    if not row["may"]:
        return f'"{me}" may not end sessions of {row["user"]}: GRANT pg_signal_backend TO "{me}".'
    return None


def described(row: Row) -> str:
    """`session 4711 (app_a, psql) from 10.0.0.3, in shop, connected for 2 h, active for 3 min: UPDATE ...`."""
    words = [who(row) + (f" from {row['address']}" if row["address"] else "")]
    words += [f"in {row['database']}"] if row["database"] else []
    words += [f"connected for {duration(float(str(row['age_seconds'])))}"]
    if row["state"]:
        words.append(f"{row['state']} for {duration(float(str(row['state_seconds'] or 0)))}")
    if row["open_seconds"] is not None:
        words.append(f"its transaction open for {duration(float(str(row['open_seconds'])))}")
    if row["holds_up"]:
        words.append(f"with {row['holds_up']} waiting for it")
    return ", ".join(words) + (f": {row['query']}" if row["query"] else "")


def end(conn: psycopg.Connection[Any], row: Row, *, cancel: bool) -> bool:
    """Cancel its statement, or end it; return whether it has ended or was sent the cancellation.

    False where it was gone before, or has not ended after five seconds. Raise KillRefusedError.
    """
    import psycopg

    try:
        found = conn.execute(_CANCEL if cancel else _TERMINATE, (row["pid"], row["backend_start"])).fetchone()
    except psycopg.errors.InsufficientPrivilege as error:
        said = " ".join(filter(None, (error.diag.message_primary, error.diag.message_detail)))
        raise KillRefusedError(f"PostgreSQL does not let {row['me']} end {row['pid']}: {said}") from None
    return bool(found and found[0])
