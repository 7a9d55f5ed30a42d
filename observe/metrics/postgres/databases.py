"""What is counted for each database: sizes, limits, transactions, conflicts, locks."""

from __future__ import annotations

from observe.metrics.postgres.reading import of_columns
from observe.observation import Right

SIZES = Right(
    name="pg_read_all_stats",
    grant='GRANT pg_monitor TO "{login}"',
    held="pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')",
)
"""pg_database_size asks for CONNECT or for this; RDS's own database `rdsadmin` gives nobody CONNECT."""
_MODES = (
    "ARRAY['accesssharelock', 'rowsharelock', 'rowexclusivelock', 'shareupdateexclusivelock', 'sharelock', "
    "'sharerowexclusivelock', 'exclusivelock', 'accessexclusivelock', 'sireadlock']"
)
_DATABASE = ("datname", "d.datname")

DATABASES = (
    of_columns("database", "database", [_DATABASE], "FROM pg_database d"),
    of_columns(
        "database_size",
        "database",
        [_DATABASE],
        "FROM pg_database d WHERE has_database_privilege(d.oid, 'CONNECT') "
        "OR pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')",
        group="sizes",
        needs=SIZES,
    ),
    # Shared objects have a row without a database.
    of_columns(
        "stat_database", "stat_database", [("datid", "datid"), _DATABASE], "FROM pg_stat_database d WHERE datid > 0"
    ),
    of_columns(
        "stat_database_conflicts",
        "",
        [("datid", "datid"), _DATABASE],
        "FROM pg_stat_database_conflicts d",
        server=True,
    ),
    of_columns(
        "locks",
        "locks",
        [_DATABASE, ("mode", "m.mode")],
        f"FROM pg_database d CROSS JOIN unnest({_MODES}) AS m(mode) "
        "LEFT JOIN pg_locks l ON l.database = d.oid AND lower(l.mode) = m.mode GROUP BY 1, 2",
    ),
)
WRAPAROUND = of_columns(
    "database_wraparound", "database_wraparound", [_DATABASE], "FROM pg_database d WHERE datallowconn"
)
