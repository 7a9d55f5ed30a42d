"""One PostgreSQL server for the exporter: a kept session, and a scrape in one round trip."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING, Any

from bootstrap.errors import BootstrapError
from bootstrap.secrets import LoginError
from observe.metrics.family import Family, Sample
from observe.metrics.login import Login
from observe.metrics.postgres.families import columns
from observe.metrics.postgres.pipeline import Answer, LostError, Prepared, ask
from observe.metrics.postgres.reading import EVERY, Reading
from observe.metrics.postgres.rights import Rights
from observe.metrics.reached import reached
from observe.metrics.source import Refused, Scrape
from observe.node import PostgresNode, host_and_port

if TYPE_CHECKING:
    import psycopg

LOGIN = 2
"""Seconds that a login may take: libpq's least."""


@dataclass(frozen=True)
class _Read:
    """What one reading gave, and when."""

    at: float
    seconds: float
    families: Sequence[Family] = ()
    refused: Sequence[Refused] = ()
    lacking: bool = False
    """Whether a right was missing."""
    ok: bool = True
    """Whether it answered."""


class PostgresSource:
    """Keeps one session, what it was allowed to, and the values that are not due yet."""

    def __init__(self, find: Callable[[], PostgresNode], readings: Sequence[Reading]) -> None:
        """Remember what to read; nothing is opened yet.

        :param find: the node with whoever logs in now: asked at first, and after each login that was refused.
        """
        self._login = Login(find)
        self._readings = readings
        self._rights = Rights(readings)
        self._conn: psycopg.Connection[Any] | None = None
        self._kept: dict[Reading, _Read] = {}
        self._prepared = Prepared()
        self._version = 0
        self._scrapes = 0
        self._response = 0.0

    @property
    def name(self) -> str:
        """The node's."""
        return self._login.node.name

    def scrape(self, deadline: float) -> Scrape:
        """Read what is due in one round trip; a server that does not answer is `pg_up 0`."""
        began = monotonic()
        self._scrapes += 1
        try:
            read = self._read_kept(deadline) or self._read(self._session(deadline), deadline)
        except BootstrapError:
            self.close()
            return self._without(monotonic() - began)
        except BaseException:
            self.close()  # what is left on the wire belongs to no later scrape
            raise
        return self._shown(read, monotonic() - began)

    def absent(self) -> Scrape:
        """The server did not answer in time."""
        return self._without(0.0)

    def close(self) -> None:
        """End the session; the next scrape logs in again."""
        conn, self._conn = self._conn, None
        if conn is not None:
            with suppress(Exception):  # it is of no more use, whatever its end says
                conn.close()

    def _read_kept(self, deadline: float) -> dict[Reading, _Read]:
        """Read by the kept session; nothing where there is none, or where it ended since the last scrape.

        A restart, a failover or a firewall may have ended it while the server is well.
        """
        if self._conn is not None and not self._conn.closed:
            with suppress(LostError):
                return self._read(self._conn, deadline)
            self.close()
        return {}

    def _session(self, deadline: float) -> psycopg.Connection[Any]:
        if self._login.pauses:
            raise LostError("its next login is after a pause")
        self._rights.forget()
        self._prepared = Prepared()
        try:
            self._conn = self._open(deadline)
            ask(self._conn, ["SET client_encoding = 'UTF8'"], deadline)
        except BootstrapError as error:
            self._login.failed(error)
            raise
        self._login.succeeded()
        if self._version != self._conn.info.server_version:  # what is kept may be of views that it has not
            self._version = self._conn.info.server_version
            self._kept.clear()
        return self._conn

    def _open(self, deadline: float) -> psycopg.Connection[Any]:
        """Log in; once more with what the secret holds now, where the server refused the login."""
        try:
            return self._login.node.open(seconds=max(LOGIN, int(deadline - monotonic())))
        except LoginError as error:
            if not (error.refused and self._login.again()):
                raise
            return self._login.node.open(seconds=max(LOGIN, int(deadline - monotonic())))

    def _read(self, conn: psycopg.Connection[Any], deadline: float) -> dict[Reading, _Read]:
        """Ask for the rights and for what is due; return what is due and what is kept."""
        version = conn.info.server_version
        if not self._rights.known:
            self._rights.learn(*ask(conn, [self._rights.statement], deadline))
        due = [each for each in self._readings if self._is_due(each) and each.statement(version)]
        asked = [each for each in due if self._rights.may_ask(each)]
        found: dict[Reading, _Read] = {}

        def take(place: int, answer: Answer) -> None:
            if place:
                found[asked[place - 1]] = self._judged(asked[place - 1], answer, version)
            else:
                self._response = answer.seconds
                self._rights.learn(answer)

        ask(
            conn, [self._rights.statement, *(each.statement(version) for each in asked)], deadline, self._prepared, take
        )
        now = monotonic()
        missing = {each: replace(self._refused(each, now, 0.0, ()), ok=False) for each in due if each not in found}
        self._kept |= found | missing
        return {each: self._kept[each] for each in self._readings if each in self._kept}

    def _is_due(self, reading: Reading) -> bool:
        kept = self._kept.get(reading)
        return (
            kept is None
            or monotonic() - kept.at >= EVERY[reading.group]
            or kept.lacking is not bool(self._rights.refused(reading))
        )

    def _judged(self, reading: Reading, answer: Answer, version: int) -> _Read:
        now = monotonic()
        if answer.error:
            refused = [Refused(each, answer.error, "") for each in reading.metrics]
            return _Read(now, answer.seconds, (), refused, ok=False)
        families = reading.families(answer.rows, version)
        if reading.server:
            families = [_of_server(each, self._login.node.address) for each in families]
        return self._refused(reading, now, answer.seconds, families)

    def _refused(self, reading: Reading, at: float, seconds: float, families: Sequence[Family]) -> _Read:
        """What was read, with what is missing of it for want of a right."""
        refused = self._rights.refused(reading)
        return _Read(at, seconds, families, refused, bool(refused))

    def _shown(self, read: dict[Reading, _Read], seconds: float) -> Scrape:
        now = monotonic()
        ages: dict[str, float] = {}
        for reading, each in read.items():
            ages[reading.group] = max(ages.get(reading.group, 0.0), now - each.at if EVERY[reading.group] else 0.0)
        return Scrape(
            families=[
                *(family for each in read.values() for family in each.families),
                *_collectors(read),
                *self._own(seconds, up=True),
                *reached(self._response),
            ],
            refused=[each for one in read.values() for each in one.refused],
            ages=ages,
        )

    def _without(self, seconds: float) -> Scrape:
        return Scrape(families=[*self._own(seconds, up=False), *reached(None)])

    def _own(self, seconds: float, *, up: bool) -> Iterator[Family]:
        """What the peer says of itself and of the way to the server."""
        values = (up, not up, seconds, self._scrapes)
        for column, value in zip(columns("exporter"), values, strict=True):
            yield Family(column.name, column.kind, column.help, (Sample((), value),))


def _of_server(family: Family, address: str) -> Family:
    server = "{}:{}".format(*host_and_port(address, 5432))
    return replace(
        family, samples=[each._replace(labels=(*each.labels, ("server", server))) for each in family.samples]
    )


def _collectors(read: dict[Reading, _Read]) -> Iterator[Family]:
    """How long each collector took, and whether all of it answered."""
    seconds: dict[str, float] = {}
    success: dict[str, float] = {}
    for reading, each in read.items():
        if reading.collector:
            seconds[reading.collector] = seconds.get(reading.collector, 0) + each.seconds
            success[reading.collector] = float(bool(success.get(reading.collector, 1)) and each.ok)
    for column, values in zip(columns("collectors"), (seconds, success), strict=True):
        samples = [Sample((("collector", name),), value) for name, value in values.items()]
        yield Family(column.name, column.kind, column.help, samples)
