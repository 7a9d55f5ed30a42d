"""What is counted for each database: sizes, limits, transactions, conflicts, locks."""

from __future__ import annotations

from observe.metrics.postgres.reading import of_columns
from observe.observation import READ_ALL_STATS, Right

SIZES = Right(
    name=READ_ALL_STATS.name,
    grant=READ_ALL_STATS.grant,
    held=f"{READ_ALL_STATS.held} "
    "OR NOT EXISTS (SELECT FROM pg_database WHERE NOT has_database_privilege(oid, 'CONNECT'))",
    lack='"{login}" lacks {name}: databases that it may not connect to have no size',
)
_MODES = (
    "ARRAY['accesssharelock', 'rowsharelock', 'rowexclusivelock', 'shareupdateexclusivelock', 'sharelock', "
    "'sharerowexclusivelock', 'exclusivelock', 'accessexclusivelock', 'sireadlock']"
)
_DATABASE = ("datname", "d.datname")

DATABASES = (
    of_columns("database", "database", [_DATABASE], "FROM pg_database d"),
    # It takes CONNECT or pg_read_all_stats; RDS's own database `rdsadmin` lets nobody connect.
    of_columns(
        "database_size",
        "database",
        [_DATABASE],
        f"FROM pg_database d WHERE has_database_privilege(d.oid, 'CONNECT') OR {READ_ALL_STATS.held}",
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
