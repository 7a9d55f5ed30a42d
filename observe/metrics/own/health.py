"""The verdicts of `datatier health`, one look at all servers for all sources."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from threading import Lock
from time import monotonic

from observe.health.report import HealthReport
from observe.metrics.own.checks import STATUS, checks
from observe.metrics.own.part import Part
from observe.metrics.own.source import Group, OwnSource

EVERY = 60.0
"""Seconds between two looks; what a cache counts is judged by what it grew in between."""
SECONDS = 5.0
"""How long a server is waited for."""
GROUP = "health"


class HealthRounds:
    """The last report, taken again when it is old. For several threads."""

    def __init__(self, look: Callable[[], HealthReport], *, clock: Callable[[], float] = monotonic) -> None:
        """Nobody is asked yet.

        :param look: at all servers.
        """
        self._look = look
        self._clock = clock
        self._lock = Lock()
        self._report = HealthReport(nodes=())
        self._at: float | None = None

    def source(self, name: str) -> OwnSource[HealthReport]:
        """What was found of one server, or, by a name that is none's, of the stack as a whole."""
        return OwnSource(name, lambda: nullcontext(self._fresh()), [Group(GROUP, EVERY, (STATUS,), _of(name))])

    def _fresh(self) -> HealthReport:
        with self._lock:  # who comes meanwhile waits for the same report
            # A source is due `EVERY` seconds after it has read: by then the report is older.
            if self._at is None or self._clock() - self._at >= EVERY / 2:
                self._report = self._look()
                self._at = self._clock()
            return self._report


def _of(name: str) -> Callable[[HealthReport], Part]:
    def read(report: HealthReport) -> Part:
        node = next((each for each in report.nodes if each.name == name), None)
        return checks(node.findings if node else report.findings)

    return read
