"""The thread that reads, and what the page asks it for."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from threading import Event, Thread

from boards.page.document import document
from boards.page.kept import Kept
from boards.panels.panel import Board
from boards.rules.rule import Rule
from observe.metrics.exporter import Exporter

SECONDS = 5.0
"""How often everything is read; a reading takes no longer, whichever server is silent."""
Health = Callable[[], Mapping[str, object]]


class Live:
    """Reads until it is stopped."""

    def __init__(
        self,
        stack: str,
        exporter: Exporter,
        boards: Sequence[Board],
        rules: Sequence[Rule],
        health: Health,
        *,
        seconds: float = SECONDS,
    ) -> None:
        """Keep what is asked; nothing is read yet."""
        self._stack, self._exporter, self._health, self._seconds = stack, exporter, health, seconds
        self._boards, self._rules = boards, rules
        self._kept = Kept(boards)
        self._found: Mapping[str, object] = {}
        self._stopped = Event()

    def start(self) -> None:
        """Read in threads of their own: metrics in one, health in the other."""
        Thread(target=self._repeat, args=(self.read,), name="dashboard metrics", daemon=True).start()
        Thread(target=self._repeat, args=(self.judge,), name="dashboard health", daemon=True).start()

    def stop(self) -> None:
        """Read no more; what is on its way ends with the process."""
        self._stopped.set()

    def read(self) -> None:
        """Read all nodes once."""
        found = self._exporter.families(min(self._seconds, 4.0))
        first = f"{self._stack}/"
        nodes = [((instance or "server").removeprefix(first), families) for instance, families in found]
        self._kept.add(round(time.time(), 1), nodes)

    def judge(self) -> None:
        """Ask once what is beyond its threshold."""
        self._found = self._health()

    def text(self, since: float) -> str:
        """The page's document as JSON, with the points after a time."""
        made = document(self._stack, self._seconds, self._boards, self._rules, self._kept, self._found, since)
        return json.dumps(made, separators=(",", ":"), allow_nan=False)

    def _repeat(self, step: Callable[[], None]) -> None:
        while not self._stopped.is_set():
            began = time.monotonic()
            try:
                step()
            except Exception as error:  # the page says how old its values are; the next reading may be well
                sys.stderr.write(f"dashboard: {type(error).__name__}: {error}\n")
            self._stopped.wait(max(0.1, self._seconds - (time.monotonic() - began)))
