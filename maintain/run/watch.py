"""Looks at the servers every second while an action runs, by sessions that can only read, and breaks it off in time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Event, Lock, Thread
from time import monotonic
from types import TracebackType
from typing import Any

import psycopg

from knowledge.thresholds.while_maintaining import BLIND_SECONDS, LOOK_SECONDS
from maintain.action import Kind
from maintain.run.sight import Glance, Sight
from maintain.run.trouble import Positions, Trouble, judge
from observe.node import PostgresNode
from observe.postgres.lag import written_by

_CANCEL_SECONDS = 5.0
SAY_SECONDS = 5.0
"""Between two sentences on how far a statement is."""


@dataclass(kw_only=True)
class Watched:
    """What was seen of one action while it ran."""

    pid: int
    kind: Kind
    cancel: Callable[[], None]
    stopped: str = ""
    """Why it was broken off; empty where it was not."""
    blocked_seconds: float = 0.0
    """Longest that somebody waited for it."""
    lag_seconds: float = 0.0
    """Worst of the replicas."""
    behind: str = ""
    """Whom it waited for itself, at the last look at which it did."""
    progress: str = ""
    """`42 %, building index`, at the last look at which the server said so."""


class Watch:
    """A context: it looks from the beginning to the end of a run."""

    def __init__(
        self, primary: PostgresNode, replicas: Sequence[PostgresNode] = (), say: Callable[[str], None] = lambda _: None
    ) -> None:
        """`say` gets how far a statement is, now and then, from another thread."""
        self._say, self._said_at = say, monotonic()
        self._primary = Sight(primary)
        self._replicas = [Sight(each) for each in replicas]
        self._positions = Positions()
        self._end, self._looked = Event(), Event()
        self._mutex = Lock()
        self._now: Watched | None = None
        self._troubles: tuple[Trouble, ...] = ()
        self._seen_at = monotonic()
        self._thread = Thread(target=self._run, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._end.set()
        self._thread.join(_CANCEL_SECONDS + BLIND_SECONDS)

    @property
    def unseen(self) -> tuple[str, ...]:
        """Replicas that could not be asked, and why."""
        return tuple(f"{each.node.name}: {each.refusal}" for each in self._replicas if each.refusal)

    def trouble(self, kind: Kind) -> str:
        """What keeps an action of that kind from beginning, by the latest look; empty where nothing does."""
        self._looked.wait(BLIND_SECONDS)
        return next((each.why for each in self._troubles if each.concerns(kind)), "")

    @contextmanager
    def over(self, conn: psycopg.Connection[Any], kind: Kind) -> Iterator[Watched]:
        """Watch what this session does within the block, and cancel its statement where it has to stop."""
        seen = Watched(pid=conn.info.backend_pid, kind=kind, cancel=lambda: conn.cancel_safe(timeout=_CANCEL_SECONDS))
        with self._mutex:
            self._now = seen
        try:
            yield seen
        finally:
            with self._mutex:  # a cancellation that is on its way has arrived by then
                self._now = None

    def _tell(self, seen: Watched, progress: str) -> None:
        if progress not in ("", seen.progress) and monotonic() - self._said_at > SAY_SECONDS:
            self._say(progress)
            self._said_at = monotonic()
        seen.progress = progress or seen.progress

    def _run(self) -> None:
        try:
            while not self._end.is_set():
                self._look()
                self._looked.set()
                self._end.wait(LOOK_SECONDS)
        finally:
            for each in (self._primary, *self._replicas):
                each.close()

    def _look(self) -> None:
        pid = self._now.pid if self._now else 0
        found = self._primary.primary(pid)
        if found is not None:
            self._seen_at = monotonic()
            if (written := written_by(found.position)) is not None:
                self._positions.wrote(self._seen_at, written)
        lags = list(self._lags())
        self._judge(found, lags, pid)

    def _lags(self) -> Iterator[tuple[str, float]]:
        for each in self._replicas:
            if (replayed := each.replayed()) is not None:
                yield each.node.name, self._positions.behind(monotonic(), replayed)

    def _judge(self, found: Glance | None, lags: list[tuple[str, float]], pid: int) -> None:
        blind = monotonic() - self._seen_at
        if found is not None:
            self._troubles = judge(found.held, lags, found.limits)
        elif blind > BLIND_SECONDS:
            self._troubles = (Trouble(why=f"{self._primary.node.name} cannot be watched: {self._primary.refusal}"),)
        with self._mutex:
            seen = self._now
            if seen is None or seen.pid != pid:
                return
            seen.lag_seconds = max([seen.lag_seconds, *(seconds for _, seconds in lags)])
            if found is not None:
                seen.blocked_seconds = max(seen.blocked_seconds, found.held.seconds)
                seen.behind = found.held.behind or seen.behind
                self._tell(seen, found.progress)
            trouble = next((each for each in self._troubles if each.concerns(seen.kind)), None)
            if trouble and not seen.stopped:
                seen.stopped = trouble.why
            if seen.stopped:
                # Again at the next look: the first one may have come between two statements.
                with suppress(psycopg.Error):
                    seen.cancel()
