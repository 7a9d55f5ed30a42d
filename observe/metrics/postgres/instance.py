"""What a server counts as a whole: checkpoints and buffers, archiving, WAL, roles, its version."""

from __future__ import annotations

from observe.metrics.postgres.reading import of_columns
from observe.observation import Right

WALDIR = Right(
    name="EXECUTE ON FUNCTION pg_ls_waldir",
    grant='GRANT pg_monitor TO "{login}"',
    held="has_function_privilege('pg_catalog.pg_ls_waldir()', 'EXECUTE')",
    lack='"{login}" lacks {name}',
)

INSTANCE = (
    of_columns("stat_bgwriter", "stat_bgwriter", (), "FROM pg_stat_bgwriter"),
    of_columns("stat_archiver", "stat_archiver", (), "FROM pg_stat_archiver", null=None),
    of_columns("roles", "roles", [("rolname", "rolname")], "FROM pg_roles"),
    # The other files of the folder (histories, archive_status) are no segments.
    of_columns(
        "wal", "wal", (), "FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$'", null=None, group="sizes", demands=WALDIR
    ),
    of_columns(
        "static",
        "",
        [
            ("version", "version()"),
            ("short_version", "n / 10000 || '.' || n % 10000 || '.0'"),
        ],
        "FROM (SELECT current_setting('server_version_num')::int) AS number(n)",
        server=True,
    ),
)
CHECKPOINTER = of_columns("stat_checkpointer", "stat_checkpointer", (), "FROM pg_stat_checkpointer")
"""PostgreSQL 17 and later; before, stat_bgwriter has it."""
