"""The verdicts of `datatier health`, one look at all servers for all sources."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from threading import Lock
from time import monotonic

from observe.health.report import HealthReport
from observe.health.take import take
from observe.metrics.own.checks import STATUS, checks
from observe.metrics.own.login import Login
from observe.metrics.own.part import Part
from observe.metrics.own.source import Group, OwnSource
from observe.node import PostgresNode, RedisNode
from observe.read_redis import Kept

EVERY = 60.0
"""Seconds between two looks; what a cache counts is judged by what it grew in between."""
SECONDS = 5.0
"""How long a server is waited for."""
GROUP = "health"


@dataclass(frozen=True)
class Nodes:
    """All servers that are looked at."""

    postgres: Sequence[PostgresNode]
    redis: Sequence[RedisNode]


class HealthRounds:
    """The last report, taken again when it is old. For several threads."""

    def __init__(self, find: Callable[[], Nodes], *, clock: Callable[[], float] = monotonic) -> None:
        """Find the servers; none is asked yet."""
        self._login = Login(find)
        self._clock = clock
        self._lock = Lock()
        self._kept: dict[str, Kept] = {}
        self._report = HealthReport(nodes=())
        self._at: float | None = None

    def source(self, name: str) -> OwnSource[HealthReport]:
        """What was found of one server, or, by a name that is none's, of the stack as a whole."""
        return OwnSource(name, lambda: nullcontext(self._fresh()), [Group(GROUP, EVERY, (STATUS,), _of(name))])

    def _fresh(self) -> HealthReport:
        with self._lock:  # who comes meanwhile waits for the same report
            # A source is due `EVERY` seconds after it has read: by then the report is older.
            if self._at is None or self._clock() - self._at >= EVERY / 2:
                nodes = self._login.node
                self._report = take(nodes.postgres, nodes.redis, kept=self._kept, seconds=SECONDS)
                self._at = self._clock()
                if not all(each.up for each in self._report.nodes):
                    self._login.again()  # a password may have been renewed
            return self._report


def _of(name: str) -> Callable[[HealthReport], Part]:
    def read(report: HealthReport) -> Part:
        node = next((each for each in report.nodes if each.name == name), None)
        return checks(node.findings if node else report.findings)

    return read
