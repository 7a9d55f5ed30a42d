"""What is counted for each table of the connected database, of the largest tables where there are very many."""

from __future__ import annotations

from observe.metrics.family import Sample
from observe.metrics.postgres.pipeline import Rows
from observe.metrics.postgres.reading import Reading, of_columns
from observe.metrics.source import DROPPED
from observe.postgres.relations import LOCKED

CAP = 500
"""Tables that are shown: each is 29 series, so that a node has 14,500 of them at most."""
_TABLE = [("datname", "current_database()"), ("schemaname", "schemaname"), ("relname", "relname")]
# The relations of pg_stat_user_tables. By pages as the last VACUUM or ANALYZE left them: exact sizes would be a look at
# every file at every scrape.
_OURS = (
    "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'm', 'p') "
    "AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_toast'"
)
# A size takes ACCESS SHARE on the table, its indexes and its TOAST table, so it would wait for whoever alters one of
# them. Such a table has no size until the next reading.
_BUSY = (
    f"ARRAY(WITH {LOCKED} SELECT relation FROM locked UNION ALL SELECT indrelid FROM pg_index JOIN locked "  # noqa: S608 of constants
    "ON relation = indexrelid UNION ALL SELECT oid FROM pg_class JOIN locked ON relation = reltoastrelid)"
)


def tables(cap: int) -> tuple[Reading, ...]:
    """The readings of so many tables.

    There is no series `other` for the rest: most are counters, and the sum over a set that changes is none. The totals
    of a database are in pg_stat_database.
    """
    largest = f"ORDER BY c.relpages DESC, c.oid LIMIT {cap}"
    those = f"WHERE relid = ANY (ARRAY(SELECT c.oid {_OURS} {largest}))"
    stats, sizes, io = (
        of_columns("stat_user_tables", "stat_user_tables", _TABLE, f"FROM pg_stat_user_tables {those}"),
        of_columns(
            "stat_user_tables_size",
            "stat_user_tables",
            [("datname", "current_database()"), ("schemaname", "n.nspname"), ("relname", "c.relname")],
            f"{_OURS} AND c.oid <> ALL ({_BUSY}) {largest}",
            group="sizes",
        ),
        of_columns("statio_user_tables", "statio_user_tables", _TABLE, f"FROM pg_statio_user_tables {those}"),
    )
    series = len(stats.metrics) + len(sizes.metrics) + len(io.metrics)
    beyond = Reading(
        collector="",
        metrics=(DROPPED.name,),
        statement=lambda _: f"SELECT current_database(), greatest(0, count(*) - {cap}) {_OURS}",
        families=lambda rows, _: [DROPPED.of(_dropped(rows, series))],
        group="sizes",
    )
    return stats, sizes, io, beyond


def _dropped(rows: Rows, series: int) -> list[Sample]:
    return [
        Sample((("collector", "stat_user_tables"), ("datname", (name or b"").decode())), series * int(many or 0))
        for name, many in rows
    ]
