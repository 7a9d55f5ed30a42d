"""The panels' values of the last hour, computed when they are read."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Mapping
from math import isfinite
from threading import Lock
from typing import TypedDict

from boards.evaluate import SECONDS, evaluate
from boards.expression import NODE, Rate, metrics, walk
from boards.panels.panel import Board, Line
from boards.samples import Labels, Moment, Samples
from observe.metrics.family import Family

HOUR = 3600


class Series(TypedDict):
    """One line of a graph."""

    name: str
    x: list[float]
    """Unix time."""
    y: list[float]


class Kept:
    """What is shown of each panel; one thread adds, others look."""

    def __init__(self, boards: Iterable[Board], seconds: int = HOUR) -> None:
        """Keep nothing yet."""
        self._panels = [panel for board in boards for panel in board.panels]
        lines = [line.expression for panel in self._panels for line in panel.lines]
        self._names = {metric.name for each in lines for metric in metrics(each)}
        back = (part.seconds or SECONDS for each in lines for part in walk(each) if isinstance(part, Rate))
        self._samples = Samples(max(back, default=SECONDS))
        self._seconds = seconds
        self._points: dict[str, dict[str, deque[tuple[float, float]]]] = {each.id: {} for each in self._panels}
        self._lock = Lock()
        self._at = 0.0

    @property
    def at(self) -> float:
        """When it was last read, Unix time; 0 before."""
        return self._at

    def add(self, at: float, nodes: Iterable[tuple[str, Iterable[Family]]]) -> None:
        """Keep what was read of each node at a time."""
        self._samples.add(Moment(at, moment(nodes, self._names)))
        computed = {panel.id: self._now(panel.lines) for panel in self._panels}
        with self._lock:
            self._at = at
            for panel, values in computed.items():
                points = self._points[panel]
                for name, value in values.items():
                    points.setdefault(name, deque()).append((at, value))
                for name in list(points):
                    while points[name] and points[name][0][0] < at - self._seconds:
                        points[name].popleft()
                    if not points[name]:
                        del points[name]

    def series(self, panel: str, since: float, *, newest: bool) -> list[Series]:
        """The lines of a panel, their points after a time; of a list only what was there at the last reading."""
        with self._lock:
            found = {name: list(points) for name, points in self._points[panel].items()}
        if newest:
            found = {name: points[-1:] for name, points in found.items() if points[-1][0] == self._at}
        return [
            Series(name=name, x=[at for at, _ in points if at > since], y=[value for at, value in points if at > since])
            for name, points in sorted(found.items())
        ]

    def _now(self, lines: Iterable[Line]) -> dict[str, float]:
        return {
            # As many digits as a graph shows: the rest would be most of what the page is sent.
            called(line.legend, labels): float(f"{value:.6g}")
            for line in lines
            for labels, value in evaluate(line.expression, self._samples).items()
            if isfinite(value)
        }


def moment(nodes: Iterable[tuple[str, Iterable[Family]]], names: set[str]) -> Mapping[str, dict[Labels, float]]:
    """The families of those names, each series with its node."""
    found: dict[str, dict[Labels, float]] = {}
    for node, families in nodes:
        server = (NODE, node)
        for family in families:
            if family.name in names:
                series = found.setdefault(family.name, {})
                series.update(
                    {frozenset((server, *labels)): value for labels, value, suffix in family.samples if not suffix}
                )
    return found


def called(legend: str, labels: Labels) -> str:
    """`{{instance}} {{state}}` -> `primary active`."""
    known = dict(labels)
    return " ".join(re.sub(r"\{\{(\w+)\}\}", lambda found: known.get(found[1], ""), legend).split())
