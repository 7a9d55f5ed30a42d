"""About how long an action takes: as long as last time, or else by what it reads and writes."""

from __future__ import annotations

from knowledge.storage import BASE_THROUGHPUT

BYTES_PER_SECOND = BASE_THROUGHPUT[0] * 1024**2
"""What the smallest volume of RDS reads and writes in a second without a choice; a larger or a chosen one is faster."""
PAGE = 8192
DIRTIED_PER_SECOND = 200 / 20 / 0.002
"""Pages that vacuum changes in a second: each costs 20 (vacuum_cost_page_dirty), and it pauses for 2 ms whenever 200
are reached, as autovacuum does (vacuum_cost_limit, PostgreSQL, "Cost-based Vacuum Delay"; `maintain.run.session`)."""
SAMPLE_BYTES = 300 * 100 * 8192
"""The most that ANALYZE reads of one table: a page for each of 300 rows times default_statistics_target (std_typanalyze
of analyze.c, which gives the source of the 300)."""


def seconds(took: float | None, bytes_: int | None, dirtied: int = 0) -> float | None:
    """None where nothing is known of it.

    :param took: what it took last time, where that is known.
    :param bytes_: what it reads and writes, where that is known.
    :param dirtied: pages that vacuum changes.
    """
    if took is not None or bytes_ is None:
        return took
    return round(max(bytes_ / BYTES_PER_SECOND, dirtied / DIRTIED_PER_SECOND), 1)
