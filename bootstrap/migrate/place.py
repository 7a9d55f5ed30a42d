"""Which server a connection reaches, whether it is that server's own session, and who follows it."""

from __future__ import annotations

from psycopg.sql import SQL

from bootstrap.migrate.errors import ServerError

# Both are open to every login of a stock server. The timeline from the write position, because pg_control_checkpoint
# shows a promotion only after the next checkpoint.
IDENTITY = SQL(
    "SELECT (SELECT system_identifier::text FROM pg_control_system()),"
    " ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int"
)

POSITION = SQL("SELECT pg_current_wal_lsn()::text")

# A login without pg_read_all_stats sees the rows, but nothing in them. Programs that only keep the log
# (pg_receivewal, pg_basebackup) never replay any.
BEHIND = SQL(
    "SELECT state IS NULL, concat_ws(' at ', nullif(application_name, ''), host(client_addr)) FROM pg_stat_replication"
    " WHERE state IS NULL OR (state NOT IN ('backup', 'stopping') AND"
    " (replay_lsn < {position}::pg_lsn OR (replay_lsn IS NULL AND state <> 'streaming')))"
)


def refusal(host: str, announced: int, actual: int, *, standby: bool) -> ServerError | None:
    """Why migrations cannot be run over a connection; None where they can.

    `announced` is the process id that the server gave when it was connected to (BackendKeyData), `actual` what
    pg_backend_pid() says now. A pooler makes up the first, as it has no server session yet when a client connects:
    random in PgBouncer (its pull request 945), likewise in RDS Proxy, recognised by the names of its endpoints too.
    """
    proxy = ".proxy-" in host and ".rds.amazonaws." in host
    if proxy or announced != actual:
        what = f"{host} is an RDS Proxy" if proxy else "a connection pooler stands between this program and PostgreSQL"
        return ServerError(
            f"{what}: migrations hold a session lock and session settings, which are lost or left to others when the "
            "next transaction runs in another server session",
            "connect to the server itself: on RDS the instance's own endpoint, elsewhere PostgreSQL's port, "
            "not the pooler's",
        )
    if standby:
        return ServerError("this server is a replica, which takes no writes", "connect to the primary")
    return None
