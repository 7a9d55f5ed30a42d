"""Metrics as data: a family, and its samples with their labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

Kind = Literal["gauge", "counter", "untyped", "summary", "histogram"]
Labels = tuple[tuple[str, str], ...]
"""Names and values, in the order in which they are shown; no name twice."""


class Sample(NamedTuple):
    """One value."""

    labels: Labels
    value: float
    suffix: str = ""
    """What comes after the family's name: `_bucket`, `_sum`, `_count` of a histogram or summary."""


@dataclass(frozen=True)
class Family:
    """All samples of one name."""

    name: str
    """As it is shown: nothing is added to it, no `_total` either."""
    kind: Kind
    help: str
    samples: Sequence[Sample]


def gauge(name: str, help: str, value: float, **labels: str) -> Family:  # noqa: A002 as Prometheus calls it
    """A gauge of one sample."""
    return Family(name, "gauge", help, (Sample(tuple(labels.items()), value),))
