"""A thread for each source, so that a server that says nothing holds up nobody else."""

from __future__ import annotations

from concurrent.futures import Future
from queue import SimpleQueue
from threading import Lock, Thread

from observe.metrics.source import Scrape, Source


class Worker:
    """Scrapes one source, one scrape at a time, in one thread.

    A daemon: a server that is silent in a login or in the lookup of its name does not hold up the end of the process.
    """

    def __init__(self, source: Source) -> None:
        """Remember the source; its thread begins with the first scrape."""
        self.source = source
        self._lock = Lock()
        self._asked: SimpleQueue[tuple[float, Future[Scrape]] | None] = SimpleQueue()
        self._current: Future[Scrape] | None = None
        self._thread: Thread | None = None

    def ask(self, deadline: float) -> Future[Scrape]:
        """The scrape that is on its way, or else a new one: who asks meanwhile shares it."""
        with self._lock:
            if self._current is None or self._current.done():
                self._current = Future()
                self._asked.put((deadline, self._current))
            if self._thread is None:
                self._thread = Thread(target=self._run, name=f"scrape {self.source.name}", daemon=True)
                self._thread.start()
            return self._current

    def end(self, seconds: float) -> None:
        """Close the source, unless its thread is held up for longer than that."""
        self._asked.put(None)
        if self._thread is None:
            self.source.close()
        else:
            self._thread.join(seconds)

    def _run(self) -> None:
        while (asked := self._asked.get()) is not None:
            deadline, future = asked
            try:
                found = self.source.scrape(deadline)
            except BaseException as error:  # whoever waits for it gets it
                future.set_exception(error)
            else:
                future.set_result(found)
        self.source.close()
