"""PostgreSQL parameters that RDS keeps for itself, each with the reason and what to use instead."""

from __future__ import annotations

_FILES = "RDS places the server's files itself"
_ARCHIVE = "RDS archives the WAL itself for point-in-time recovery; set the backup retention instead"
_RECOVERY = "recovery and promotion are RDS operations (point-in-time restore, promote a replica), not parameters"
_REPLICATION = "RDS connects its replicas itself; add a replica to the stack instead"
_TLS = "RDS issues the server's certificate and reloads it; choose its authority by the instance's CA certificate"
_LOGS = "RDS writes and ships the log itself; export `postgresql` to CloudWatch instead"
_DURABILITY = "without it a crash loses or corrupts committed data; RDS does not offer it"
_HOST = "it belongs to the operating system under the instance, which RDS runs"
_UNSUPPORTED = "it needs libraries or files on the server that RDS does not let anybody place"

_REFUSED: dict[str, tuple[str, ...]] = {
    _FILES: (
        "config_file", "data_directory", "external_pid_file", "hba_file", "ident_file", "stats_temp_directory",
        "unix_socket_directories", "unix_socket_group", "unix_socket_permissions",
    ),
    "the endpoint's address comes from the subnet group and the security group": ("listen_addresses",),
    "the port is a setting of the instance, not of its parameter group": ("port",),
    "RDS keeps the connections that it reserves for itself": ("superuser_reserved_connections",),
    _ARCHIVE: (
        "archive_cleanup_command", "archive_command", "archive_library", "archive_mode", "archive_timeout",
        "restore_command", "wal_summary_keep_time", "summarize_wal",
    ),
    _RECOVERY: (
        "hot_standby", "promote_trigger_file", "recovery_end_command", "recovery_init_sync_method",
        "recovery_target", "recovery_target_action", "recovery_target_inclusive", "recovery_target_lsn",
        "recovery_target_name", "recovery_target_time", "recovery_target_timeline", "recovery_target_xid",
    ),
    _REPLICATION: (
        "primary_conninfo", "primary_slot_name", "synchronous_standby_names", "wal_receiver_create_temp_slot",
        "cluster_name",
    ),
    "set rds.logical_replication to 1 instead; RDS raises wal_level with it": ("wal_level",),
    "use rds.force_ssl instead; TLS itself is always on": ("ssl",),
    _TLS: (
        "ssl_ca_file", "ssl_cert_file", "ssl_crl_dir", "ssl_crl_file", "ssl_dh_params_file", "ssl_ecdh_curve",
        "ssl_groups", "ssl_key_file", "ssl_passphrase_command", "ssl_passphrase_command_supports_reload",
        "ssl_prefer_server_ciphers", "ssl_tls13_ciphers",
    ),
    _LOGS: (
        "event_source", "log_directory", "log_file_mode", "log_truncate_on_rotation", "logging_collector",
        "syslog_facility", "syslog_ident", "syslog_sequence_numbers", "syslog_split_messages",
    ),
    _DURABILITY: (
        "data_sync_retry", "fsync", "full_page_writes", "wal_sync_method", "wal_init_zero", "wal_recycle",
        "wal_log_hints",
    ),
    _HOST: (
        "bonjour", "bonjour_name", "dynamic_shared_memory_type", "file_copy_method", "file_extend_method",
        "huge_page_size", "min_dynamic_shared_memory", "restart_after_crash", "shared_memory_type",
    ),
    _UNSUPPORTED: (
        "dynamic_library_path", "extension_control_path", "extension_destdir", "jit_provider", "krb_caseins_users",
        "krb_server_keyfile", "gss_accept_delegation", "local_preload_libraries", "oauth_validator_libraries",
        "session_preload_libraries",
    ),
    "anyone who may run ALTER SYSTEM is superuser, and RDS gives that right to nobody": ("allow_alter_system",),
    # New in 18.6, 17.11, 16.15 and 15.19: which plugins may decode is the server's owner's to say.
    "RDS decides which plugins may decode logically": ("output_plugin_libraries",),
    "it would let any database user log in as another": ("db_user_namespace",),
}  # fmt: skip

REFUSED: dict[str, str] = {name: reason for reason, names in _REFUSED.items() for name in names}
"""Parameter -> why it cannot be set."""
