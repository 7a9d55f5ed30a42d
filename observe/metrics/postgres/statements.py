"""Statements by the time they took: the first so many, and all others as one."""

from __future__ import annotations

from collections.abc import Sequence

from observe.metrics.family import Family, Labels, Sample
from observe.metrics.postgres.families import Column, columns, of_version
from observe.metrics.postgres.pipeline import Rows
from observe.metrics.postgres.reading import Reading, labelled
from observe.observation import Right

CAP = 100
"""Statements that are shown, each with five series: the peer's default too."""
LOADED = Right(
    name="pg_stat_statements",
    lack="{name} is not loaded, not created in this database, or older than the server",
    grant="CREATE EXTENSION pg_stat_statements, or ALTER EXTENSION pg_stat_statements UPDATE after an upgrade; "
    "shared_preload_libraries has to load it",
    # Its setting is there where it is loaded. The columns follow the extension's version, which may be older than the
    # server's: two were renamed in 1.11 (PostgreSQL 17).
    held="current_setting('pg_stat_statements.max', true) IS NOT NULL AND EXISTS (SELECT FROM pg_proc "
    "WHERE oid = to_regprocedure('pg_stat_statements(boolean)') AND ('shared_blk_read_time' = ANY (proargnames) "
    "OR current_setting('server_version_num')::int < 170000))",
)
OTHER: Labels = (("user", "other"), ("datname", "other"), ("queryid", "other"))
_LABELS = ("user", "datname", "queryid")
Values = tuple[float, ...]


class Others:
    """All statements but the first ones, as counters.

    Their sum is none: it falls by a statement's whole past when that enters the first ones, and Prometheus takes that
    for a restart. So what is added is the growth of all less that of the statements that were among the first before.
    """

    def __init__(self) -> None:
        """Nothing was seen yet."""
        self._sum: list[float] = []
        self._before: dict[Labels, Values] = {}
        self._all: Values = ()

    def add(self, shown: dict[Labels, Values], every: Values) -> Values:
        """Take in the values of the first statements and of all; return those of the others."""
        if not self._sum:
            self._sum = [each - sum(values[i] for values in shown.values()) for i, each in enumerate(every)]
        else:
            for i, each in enumerate(every):
                known = sum(shown[key][i] - before[i] for key, before in self._before.items() if key in shown)
                # Less than nothing after a reset, or where the server forgot the rarest ones.
                self._sum[i] += max(0.0, each - self._all[i] - known)
        self._before, self._all = shown, every
        return tuple(self._sum)


def statements(cap: int = CAP) -> Reading:
    """The reading of so many statements, for one server: it remembers what the others were."""
    every = columns("stat_statements")
    others = Others()

    def families(rows: Rows, version: int) -> Sequence[Family]:
        there = of_version(every, version)
        found = {_labels(row): tuple(float(value or 0) for value in row[3:]) for row in rows}
        shown = {labels: values for labels, values in found.items() if labels is not None}
        if total := found.get(None):
            shown[OTHER] = others.add(dict(shown), total)
        return [
            Family(each.name, each.kind, each.help, [Sample(labels, values[i]) for labels, values in shown.items()])
            for i, each in enumerate(there)
        ]

    return Reading(
        collector="stat_statements",
        metrics=tuple(dict.fromkeys(each.name for each in every)),
        statement=lambda version: _statement(of_version(every, version), cap),
        families=families,
        demands=LOADED,
    )


def _labels(row: Sequence[bytes | None]) -> Labels | None:
    """Whose statement a row is; None for the sum of all."""
    return None if row[1] is None else labelled(_LABELS, row[:3])


def _statement(there: Sequence[Column], cap: int) -> str:
    """The first ones by time, and all of them in one row without names.

    Without their texts, which are in a file. Whose statement it is is hidden from who lacks pg_read_all_stats.
    """
    values = ", ".join(f"{each.value} AS v{i}" for i, each in enumerate(there))
    sums = ", ".join(f"sum(v{i})" for i, _ in enumerate(there))
    return (
        "WITH s AS MATERIALIZED (SELECT coalesce(pg_get_userbyid(userid)::text, 'unknown'), d.datname, "  # noqa: S608
        f"coalesce(queryid::text, 'unknown'), {values} FROM pg_stat_statements(false) p "
        "JOIN pg_database d ON d.oid = p.dbid GROUP BY 1, 2, 3) "
        f"(SELECT * FROM s ORDER BY v1 DESC LIMIT {cap}) UNION ALL SELECT NULL, NULL, NULL, {sums} FROM s"
    )
