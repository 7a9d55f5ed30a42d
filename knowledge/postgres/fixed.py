"""PostgreSQL parameters that are the same for every size: logging, timeouts, security, autovacuum's shares."""

from __future__ import annotations

from collections.abc import Iterable

from knowledge.parameters import Value, plain


def fixed(version: int, pgaudit: bool, libraries: Iterable[str] = ()) -> dict[str, str]:
    """Return the parameters of any instance, in the engine's units; `libraries` are preloaded besides its own."""
    preload = dict.fromkeys(("pg_stat_statements", *(["pgaudit"] if pgaudit else []), *libraries))
    values: dict[str, Value] = {
        "autovacuum_analyze_scale_factor": 0.05,
        "autovacuum_naptime": 30,
        "autovacuum_vacuum_insert_scale_factor": 0.1,
        "autovacuum_vacuum_scale_factor": 0.1,
        "checkpoint_completion_target": 0.9,
        # A client that went away does not keep its query running.
        "client_connection_check_interval": 10_000,
        "effective_io_concurrency": 200,
        "idle_in_transaction_session_timeout": 600_000,
        "log_autovacuum_min_duration": 10_000,
        "log_checkpoints": True,
        # Since 18 a list of stages; these three are what `on` logged before.
        "log_connections": "receipt,authentication,authorization" if version >= 18 else "1",
        "log_disconnections": True,
        "log_lock_waits": True,
        "log_min_duration_statement": 500,
        # A slow statement is logged without the values bound to it: they are the application's data.
        "log_parameter_max_length": 0,
        # pgaudit logs DDL itself, with passwords left out.
        "log_statement": "none" if pgaudit else "ddl",
        "log_temp_files": 0,
        "password_encryption": "scram-sha-256",
        "pg_stat_statements.track": "all",
        # SSD storage: a random read costs hardly more than a sequential one.
        "random_page_cost": 1.1,
        "rds.accepted_password_auth_method": "scram",
        "rds.force_ssl": True,
        "shared_preload_libraries": ",".join(preload),
        "tcp_keepalives_count": 6,
        "tcp_keepalives_idle": 60,
        "tcp_keepalives_interval": 10,
        "track_activity_query_size": 4096,
        "track_functions": "pl",
        "track_io_timing": True,
        "track_wal_io_timing": True,
    }
    if pgaudit:
        values |= {"pgaudit.log": "ddl,role", "pgaudit.log_parameter": False, "pgaudit.role": "rds_pgaudit"}
    return {name: plain(value) for name, value in values.items()}


REPLICA = {
    # A long report is not cancelled by the primary's vacuum; the price is that dead rows stay while it runs.
    "hot_standby_feedback": "1",
    "max_standby_archive_delay": "30000",
    "max_standby_streaming_delay": "30000",
}
"""What a replica has besides."""
