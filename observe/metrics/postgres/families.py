"""The families of `families.csv`, by reading."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import cast

from observe.metrics.family import Kind


@dataclass(frozen=True)
class Column:
    """One family, as a column of a statement."""

    name: str
    kind: Kind
    help: str
    value: str
    """SQL expression."""
    since: int
    """First major version that has it."""
    until: int
    """The last one."""


@cache
def columns(reading: str) -> tuple[Column, ...]:
    """The families of a reading. Raise KeyError for one that is not in the file."""
    return _all()[reading]


def of_version(every: Sequence[Column], version: int) -> list[Column]:
    """Those that a server has.

    :param version: `server_version_num`.
    """
    return [each for each in every if each.since <= version // 10000 <= each.until]


@cache
def _all() -> dict[str, tuple[Column, ...]]:
    lines = files(__package__).joinpath("families.csv").read_text("utf-8").splitlines()
    found: dict[str, tuple[Column, ...]] = {}
    for row in csv.DictReader(line for line in lines if not line.startswith("#")):
        column = Column(
            row["family"],
            cast("Kind", row["type"]),
            row["help"],
            row["value"],
            int(row["since"] or 0),
            int(row["until"] or 9999),
        )
        found[row["reading"]] = (*found.get(row["reading"], ()), column)
    return found
