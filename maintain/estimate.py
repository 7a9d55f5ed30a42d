"""About how long an action takes: as long as last time, or else by what it reads and writes."""

from __future__ import annotations

from knowledge.storage import BASE_THROUGHPUT

BYTES_PER_SECOND = BASE_THROUGHPUT[0] * 1024**2
"""What the smallest volume of RDS reads and writes in a second without a choice; a larger or a chosen one is faster. By
hand, vacuum has no pauses (vacuum_cost_delay is 0)."""
SAMPLE_BYTES = 300 * 100 * 8192
"""The most that ANALYZE reads of one table: a page for each of 300 rows times default_statistics_target (std_typanalyze
of analyze.c, which gives the source of the 300)."""


def seconds(took: float | None, bytes_: int | None) -> float | None:
    """None where nothing is known of it.

    :param took: what it took last time, where that is known.
    :param bytes_: what it reads and writes, where that is known.
    """
    if took is not None or bytes_ is None:
        return took
    return round(bytes_ / BYTES_PER_SECOND, 1)
