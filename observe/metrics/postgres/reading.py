"""One reading of PostgreSQL: a statement, what it takes to ask it, and the families that its rows are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from observe.metrics.family import Family, Labels, Sample
from observe.metrics.postgres.families import columns, of_version
from observe.metrics.postgres.pipeline import Rows
from observe.observation import Right

Group = Literal["stats", "sizes"]
"""Readings that are due together."""
EVERY: dict[Group, float] = {"stats": 0, "sizes": 300}
"""Seconds that the values of a group are kept; 0 where each scrape reads them. A size takes a call of stat(2) for each
file of a table or database: those of a large one are slow to read, and slow to change."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One statement of a collector."""

    collector: str
    """postgres_exporter's name for it, which several readings may share; empty for what it counts as no collector."""
    metrics: tuple[str, ...]
    """Its families, as far as they are known without the server."""
    statement: Callable[[int], str]
    """By the server's version (`server_version_num`): read-only. Empty where that version has nothing to read."""
    families: Callable[[Rows, int], Sequence[Family]]
    """What the rows of such a version are; pure."""
    group: Group = "stats"
    needs: Right | None = None
    """Without it the rows are there, and show only a part."""
    demands: Right | None = None
    """Without it the server refuses. It is not asked then, so that its log stays clean."""
    server: bool = False
    """Whether the peer adds the label `server` (`HOST:PORT`)."""


def of_columns(
    name: str,
    collector: str,
    labels: Sequence[tuple[str, str]],
    source: str,
    *,
    null: float | None = 0,
    group: Group = "stats",
    needs: Right | None = None,
    demands: Right | None = None,
    server: bool = False,
) -> Reading:
    """A reading whose rows are labels, and a value for each of the families of that name.

    :param labels: name and SQL expression.
    :param source: what comes after the columns, from `FROM` on; empty for a statement without a table.
    :param null: what NULL is as a value; None where such a sample is left out.
    """
    every = columns(name)
    names = tuple(label for label, _ in labels)

    def statement(version: int) -> str:
        values = [each.value for each in of_version(every, version)]
        return f"SELECT {', '.join([*(value for _, value in labels), *values])} {source}" if values else ""

    def families(rows: Rows, version: int) -> list[Family]:
        there = of_version(every, version)
        many = len(names)
        labels_ = [labelled(names, row[:many]) for row in rows]
        values = list(zip(*rows, strict=True))[many:] if rows else [()] * len(there)
        return [
            Family(each.name, each.kind, each.help, samples(labels_, column, null))
            for each, column in zip(there, values, strict=True)
        ]

    return Reading(
        collector=collector,
        metrics=tuple(dict.fromkeys(each.name for each in every)),
        statement=statement,
        families=families,
        group=group,
        needs=needs,
        demands=demands,
        server=server,
    )


def samples(labels: Sequence[Labels], values: Sequence[bytes | None], null: float | None) -> list[Sample]:
    """One column's values with the labels of their rows."""
    if null is None:
        return [Sample(each, float(value)) for each, value in zip(labels, values, strict=True) if value is not None]
    return [Sample(each, null if value is None else float(value)) for each, value in zip(labels, values, strict=True)]


def labelled(names: Sequence[str], values: Sequence[bytes | None]) -> Labels:
    """Labels by name. NULL is the empty text, which Prometheus takes for no label."""
    return tuple((name, text(value)) for name, value in zip(names, values, strict=True))


def text(value: bytes | None) -> str:
    """A value as text; what is not UTF-8, as a SQL_ASCII database may have it, is replaced as the peer does it."""
    return "" if value is None else value.decode("utf-8", "replace")
