"""What the exporter gave at the last moments, for as long as a rate looks back."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from boards.expression import Matcher, Metric

Labels = frozenset[tuple[str, str]]
"""Names and values."""
Values = dict[Labels, float]
"""A value for each series."""


class Moment(NamedTuple):
    """What was read at once."""

    at: float
    """Unix time."""
    values: Mapping[str, Values]
    """By the metric's name."""


class Samples:
    """Moments of the last so many seconds."""

    def __init__(self, seconds: int) -> None:
        """Keep none yet."""
        self._seconds = seconds
        self._moments: deque[Moment] = deque()

    def add(self, moment: Moment) -> None:
        """Keep a moment, and drop what nobody looks back to any more."""
        self._moments.append(moment)
        while self._moments[0].at < moment.at - self._seconds:
            self._moments.popleft()

    def newest(self, metric: Metric) -> Values:
        """The series of a metric at the last moment."""
        if not self._moments:
            return {}
        found = self._moments[-1].values.get(metric.name, {})
        return {labels: value for labels, value in found.items() if _matches(labels, metric.matchers)}

    def since(self, metric: Metric, seconds: int) -> Iterator[tuple[Labels, list[tuple[float, float]]]]:
        """The series that the last moment has, each with its moments and values of the last seconds."""
        begin = self._moments[-1].at - seconds if self._moments else 0.0
        looked = [(each.at, each.values.get(metric.name, {})) for each in self._moments if each.at >= begin]
        for labels in self.newest(metric):
            yield labels, [(at, values[labels]) for at, values in looked if labels in values]


def _matches(labels: Labels, matchers: Iterable[Matcher]) -> bool:
    known = dict(labels)
    for name, sign, wanted in matchers:
        value = known.get(name, "")
        # A regular expression of Prometheus is about the whole value, and a label that is missing is an empty one.
        same = value == wanted if sign in ("=", "!=") else re.fullmatch(wanted, value) is not None
        if same is sign.startswith("!"):
            return False
    return True
