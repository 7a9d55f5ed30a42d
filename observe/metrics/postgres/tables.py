"""What is counted for each table of the connected database."""

from __future__ import annotations

from observe.metrics.postgres.reading import of_columns

_TABLE = [("datname", "current_database()"), ("schemaname", "schemaname"), ("relname", "relname")]

TABLES = (
    of_columns("stat_user_tables", "stat_user_tables", _TABLE, "FROM pg_stat_user_tables"),
    of_columns("stat_user_tables_size", "stat_user_tables", _TABLE, "FROM pg_stat_user_tables", group="sizes"),
    of_columns("statio_user_tables", "statio_user_tables", _TABLE, "FROM pg_statio_user_tables"),
)
