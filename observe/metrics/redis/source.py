"""One node of a cache as a source of redis_exporter's metrics, over a connection that is kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

from bootstrap.errors import BootstrapError
from observe.metrics.login import Login
from observe.metrics.reached import reached
from observe.metrics.redis.asked import ASKED, Asked, points_of
from observe.metrics.redis.families import families
from observe.metrics.redis.info import Info, parse
from observe.metrics.redis.points import Point
from observe.metrics.source import Refused, Scrape
from observe.node import RedisNode
from observe.redis.session import BrokenError, Command, RedisSession, ReplyError
from observe.rights import Lack

_INFO: Command = ("INFO", "ALL")
LOGIN = 2.0
"""Seconds that a login may take."""


@dataclass
class _Kept:
    """What lives as long as a connection."""

    session: RedisSession
    seconds: float
    """What it took to log in."""
    seen: Info | None = None
    """The last answer to INFO: which server it is decides what else is asked."""


class RedisSource:
    """One node. What its user was once refused is not asked again for as long as this lives."""

    def __init__(self, find: Callable[[], RedisNode], now: Callable[[], float] = time.time) -> None:
        """Remember the node; nothing is opened yet.

        :param find: the node with whoever logs in now: asked at first, and after each login that was refused.
        :param now: the clock (Unix time).
        """
        self._login = Login(find)
        self._now = now
        self._kept: _Kept | None = None
        self._refused: dict[str, Lack] = {}
        self._scrapes = 0
        self._seconds = 0.0
        self._response = 0.0

    @property
    def name(self) -> str:
        """The node's."""
        return self._login.node.name

    def scrape(self, deadline: float) -> Scrape:
        """One round trip; two on a new connection. A node that cannot be read is `redis_up 0` with its reason."""
        began = monotonic()
        self._scrapes += 1
        points: list[Point] = []
        refused: dict[Asked, Lack] = {}
        problem = ""
        try:
            info, answers, refused = self._read(deadline)
            points = list(points_of(info, answers, self._now()))
        except (BootstrapError, BrokenError, ReplyError) as error:
            problem = str(error)
        took = monotonic() - began
        self._seconds += took
        return Scrape(
            families=[
                *families([*points, *self._own(problem, took)]),
                *reached(None if problem else self._response),
            ],
            refused=[Refused(f"redis_{name}", *why) for asked, why in refused.items() for name in asked.metrics],
        )

    def absent(self) -> Scrape:
        """A node that was not waited for."""
        return Scrape(families=[*families(_verdict("no answer in time")), *reached(None)])

    def close(self) -> None:
        """Hang up."""
        if self._kept:
            self._kept.session.close()
            self._kept = None

    def _own(self, problem: str, took: float) -> Iterator[Point]:
        """What the exporter says of its own work on this node."""
        yield from _verdict(problem)
        if self._kept:
            yield Point("exporter_last_scrape_connect_time_seconds", "gauge", self._kept.seconds)
        yield Point("exporter_last_scrape_duration_seconds", "gauge", took)
        yield Point("exporter_scrapes_total", "counter", self._scrapes)
        yield Point("exporter_scrape_duration_seconds", "summary", self._seconds, (), "_sum")
        yield Point("exporter_scrape_duration_seconds", "summary", self._scrapes, (), "_count")
        # The peer's groups of keys are off by default, and it counts their time all the same.
        yield Point("last_key_groups_scrape_duration_milliseconds", "gauge", 0)
        # A node is named when the process starts: there is no request for one that does not exist.
        yield Point("target_scrape_request_errors_total", "counter", 0)

    def _read(self, deadline: float) -> tuple[Info, dict[Asked, Sequence[Any]], dict[Asked, Lack]]:
        """INFO, what else was answered, and what was not. Raise LoginError, UrlError, BrokenError or ReplyError."""
        old = self._kept is not None
        try:
            return self._ask(deadline)
        except BrokenError:
            self.close()
            # Between two scrapes the node may have been restarted, or have hung up on an idle client (`timeout`).
            if not old or monotonic() >= deadline:
                raise
        try:
            return self._ask(deadline)
        except BrokenError:
            self.close()
            raise

    def _ask(self, deadline: float) -> tuple[Info, dict[Asked, Sequence[Any]], dict[Asked, Lack]]:
        kept = self._kept = self._kept or self._open(deadline)
        if kept.seen is None:
            kept.seen = _info(*kept.session.ask([_INFO], deadline))
        refused: dict[Asked, Lack] = {}
        wanted: dict[Asked, Sequence[Command]] = {}
        for asked in ASKED:
            if calls := asked.calls(kept.seen):
                if why := self._refused.get(asked.right) or self._login.node.lack(asked.right):
                    refused[asked] = why
                else:
                    wanted[asked] = calls
        sent = [_INFO, *(call for calls in wanted.values() for call in calls)]
        began = monotonic()
        first, *replies = kept.session.ask(sent, deadline)
        self._response = monotonic() - began
        kept.seen = _info(first)
        answers: dict[Asked, Sequence[Any]] = {}
        rest = iter(replies)
        for asked, calls in wanted.items():
            given = [next(rest) for _ in calls]
            errors = [each for each in given if isinstance(each, ReplyError)]
            if errors:
                refused[asked] = self._why(asked.right, errors[0], kept.session.user)
            else:
                answers[asked] = given
        return kept.seen, answers, refused

    def _why(self, right: str, error: ReplyError, user: str) -> Lack:
        """Why a command was not carried out; what the user may not do is remembered."""
        if error.denied:
            self._refused[right] = Lack(str(error), f"ACL SETUSER {user} +{right}")
        elif error.unknown:
            self._refused[right] = Lack(str(error), "")
        return self._refused.get(right) or Lack(str(error), "")

    def _open(self, deadline: float) -> _Kept:
        began = monotonic()
        if self._login.pauses:
            raise BrokenError("its next login is after a pause")
        try:
            session = RedisSession(self._login.node, max(0.05, min(LOGIN, deadline - began)))
        except BootstrapError as error:
            self._login.failed(error)
            raise
        self._login.succeeded()
        return _Kept(session, monotonic() - began)


def _info(reply: Any) -> Info:
    if isinstance(reply, ReplyError):
        raise reply
    return parse(reply.decode("utf-8", "replace"))


def _verdict(problem: str) -> Iterator[Point]:
    yield Point("up", "gauge", float(not problem))
    yield Point("exporter_last_scrape_error", "gauge", float(bool(problem)), (("err", problem),))
