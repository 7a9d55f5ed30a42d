"""About how many rows a table has, as the server's own statistics say."""

from __future__ import annotations


def about(size: str, relation: str, statistics: str) -> str:
    """SQL for about how many rows a heap has; NULL where it holds pages and nothing more is known.

    reltuples is -1 where VACUUM and ANALYZE have never been, as in a partitioned table that only autovacuum looks
    after; n_live_tup is lost in a crash (PostgreSQL's documentation, pg_class, ANALYZE and "The Cumulative Statistics
    System").

    :param size: expression for its bytes.
    :param relation: alias of its row in pg_class.
    :param statistics: alias of its row in pg_stat_all_tables.
    """
    return f"""CASE WHEN {size} = 0 THEN 0 WHEN {relation}.reltuples > 0 THEN {relation}.reltuples::bigint
            WHEN {statistics}.n_live_tup > 0 THEN {statistics}.n_live_tup WHEN {relation}.reltuples = 0 THEN 0 END"""
