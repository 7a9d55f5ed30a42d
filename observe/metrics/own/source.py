"""Readings that are too slow or too rare for a scrape: a round in the background, and what is known meanwhile."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from threading import Event, Lock, Thread
from time import monotonic
from typing import Generic, TypeVar

from bootstrap.errors import BootstrapError
from observe.metrics.own.part import Part
from observe.metrics.source import Refused, Scrape

Session = TypeVar("Session")
STACK = "stack"
"""What stands for a node in the label `instance` where something is of the stack as a whole."""
PAUSE = 15.0
"""Seconds after a round that failed until the next one."""


@dataclass(frozen=True)
class Group(Generic[Session]):
    """Readings that are due together."""

    name: str
    """In `datatier_group_age_seconds`."""
    every: float
    """Seconds between two readings."""
    metrics: Sequence[str]
    """What is missing where nothing could be read."""
    read: Callable[[Session], Part]
    """May raise BootstrapError."""


class OwnSource(Generic[Session]):
    """Reads in a thread of its own, in a session that ends with the round; a scrape shows what was read last."""

    def __init__(
        self,
        name: str,
        session: Callable[[], AbstractContextManager[Session]],
        groups: Sequence[Group[Session]],
        *,
        clock: Callable[[], float] = monotonic,
        say: Callable[[str], object] = sys.stderr.write,
    ) -> None:
        """Remember what to read; nothing is opened yet.

        :param name: the node's, or what stands for the stack.
        :param say: where a fault of ours is written.
        """
        self._name = name
        self._session = session
        self._groups = groups
        self._clock = clock
        self._say = say
        self._lock = Lock()
        self._kept: dict[Group[Session], tuple[float, Part]] = {}
        self._problem = ""
        self._not_before = 0.0
        self._round: Event | None = None
        self._said: set[str] = set()

    @property
    def name(self) -> str:
        """The node's, or what stands for the stack."""
        return self._name

    def scrape(self, deadline: float) -> Scrape:
        """Begin a round if one is due; wait for it only where a group was never read."""
        self._begin()
        if len(self._kept) < len(self._groups) and self._round is not None:
            self._round.wait(max(0.0, deadline - monotonic()))
        return self.absent()

    def absent(self) -> Scrape:
        """What was read last, with its age."""
        with self._lock:
            kept, problem, now = dict(self._kept), self._problem, self._clock()
        parts = [part for _, part in kept.values()]
        unread = [each for each in self._groups if each not in kept] if problem else []
        return Scrape(
            families=[family for part in parts for family in part.families],
            refused=[
                *(each for part in parts for each in part.refused),
                *(Refused(metric, problem, "") for each in unread for metric in each.metrics),
            ],
            ages={each.name: now - at for each, (at, _) in kept.items()},
            dropped={check: count for part in parts for check, count in part.dropped.items()},
        )

    def close(self) -> None:
        """Begin no more rounds: one that is on its way ends by its own limits, or with the process."""
        self._not_before = float("inf")

    def _begin(self) -> None:
        now = self._clock()
        running = self._round is not None and not self._round.is_set()
        if running or now < self._not_before:
            return
        due = [each for each in self._groups if each not in self._kept or now - self._kept[each][0] >= each.every]
        if due:
            self._round = done = Event()
            Thread(target=self._run, args=(due, done), name=f"round {self._name}", daemon=True).start()

    def _run(self, due: Sequence[Group[Session]], done: Event) -> None:
        try:
            with self._session() as session:
                for group in due:
                    self._read(group, session)
            self._problem = ""
        except BootstrapError as error:
            self._failed(str(error))
        except Exception as error:  # a fault of ours: the rest of the exporter goes on
            self._failed(self._fault(error))
        finally:
            done.set()

    def _read(self, group: Group[Session], session: Session) -> None:
        """Keep what a group gives. One of ours that is at fault takes nothing from the others of its round."""
        try:
            part = group.read(session)
        except BootstrapError:
            raise
        except Exception as error:
            reason = f"{group.name}: {self._fault(error)}"
            part = Part(refused=[Refused(metric, reason, "") for metric in group.metrics])
        with self._lock:
            self._kept[group] = (self._clock(), part)

    def _failed(self, problem: str) -> None:
        self._problem = problem
        self._not_before = max(self._not_before, self._clock() + PAUSE)

    def _fault(self, error: Exception) -> str:
        """What is wrong with us, written down the first time."""
        said = f"{type(error).__name__}: {error}"
        if said not in self._said:
            self._said.add(said)
            self._say(f"round of {self._name}:\n{''.join(traceback.format_exception(error))}")
        return said
