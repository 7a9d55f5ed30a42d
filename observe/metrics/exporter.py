"""All sources at once, up to a deadline, as one text."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as LateError
from dataclasses import replace
from time import monotonic

from observe.metrics.family import Family
from observe.metrics.process import own_process
from observe.metrics.source import Refused, Scrape, Source, shown
from observe.metrics.text import render
from observe.metrics.worker import Worker

GRACE = 0.2
"""Seconds after the deadline in which a source that met it may still say so."""


class UnknownNodeError(ValueError):
    """There is no node of that name."""


class Exporter:
    """The sources of a stack, or of a few servers without one."""

    def __init__(
        self, sources: Sequence[Source], prefix: str | None, *, say: Callable[[str], object] = sys.stderr.write
    ) -> None:
        """Keep the sources; none is asked yet.

        :param prefix: of the label `instance`, `PREFIX/NODE`; None for servers of URLs: there it is the name alone, and
            none at all where there is one server.
        :param say: where a fault of a source is written.
        """
        self._workers = [Worker(each) for each in sources]
        self._prefix = prefix
        self._say = say

    @property
    def names(self) -> list[str]:
        """The nodes, each once."""
        return list(dict.fromkeys(each.source.name for each in self._workers))

    def text(self, seconds: float, node: str | None = None) -> str:
        """What all sources give within so many seconds, or those of one node, without the label `instance`.

        Raise UnknownNodeError.
        """
        return render([*self.families(seconds, node), (None, own_process())])

    def families(self, seconds: float, node: str | None = None) -> list[tuple[str | None, Iterable[Family]]]:
        """The same as data: the label `instance`, None without one, and the families that have it.

        Raise UnknownNodeError.
        """
        wanted = [each for each in self._workers if node in (None, each.source.name)]
        if node is not None and not wanted:
            raise UnknownNodeError(f"no node `{node}`: {', '.join(self.names)}")
        alone = node is not None or (self._prefix is None and len(self.names) == 1)
        return [
            (None if alone else name if self._prefix is None else f"{self._prefix}/{name}", shown(scrape))
            for name, scrape in _said_once(self._scrapes(wanted, seconds))
        ]

    def close(self, seconds: float) -> None:
        """End all sessions; those that are held up are left to the end of the process after so many seconds."""
        until = monotonic() + seconds
        for each in self._workers:
            each.end(max(0.0, until - monotonic()))

    def _scrapes(self, workers: Sequence[Worker], seconds: float) -> Iterator[tuple[str, Scrape]]:
        deadline = monotonic() + seconds
        for worker, future in [(each, each.ask(deadline)) for each in workers]:
            yield worker.source.name, self._result(worker, future, deadline + GRACE - monotonic())

    def _result(self, worker: Worker, future: Future[Scrape], seconds: float) -> Scrape:
        try:
            return future.result(max(0.0, seconds))
        except LateError:
            return worker.source.absent()
        except Exception as error:  # a fault of ours with one source takes nothing from the others
            self._say(f"scrape of {worker.source.name}: {type(error).__name__}: {error}\n")
            return worker.source.absent()


def _said_once(scrapes: Iterable[tuple[str, Scrape]]) -> Iterator[tuple[str, Scrape]]:
    """With each reason of a node said by the first of its sources: two of them lack the same right.

    Prometheus drops one of two equal series and warns at each scrape (scrape.go, "duplicate sample for timestamp").
    """
    said: dict[str, set[Refused]] = {}
    for name, scrape in scrapes:
        before = said.setdefault(name, set())
        yield name, replace(scrape, refused=[each for each in scrape.refused if each not in before])
        before.update(scrape.refused)
