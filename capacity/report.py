"""All that is known of the capacity of a stack, as data: what commands and pages show."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from capacity.limit import Limit
from observe.observation import Row


@dataclass(frozen=True, kw_only=True)
class Growth:
    """How one table, or one key space, grows."""

    node: str
    name: str
    """`table public.users`, `keyspace session`."""
    now: float
    """Bytes."""
    by_day: float | None
    """Bytes; None where nothing can be said."""
    interval: tuple[float, float] | None
    """Of `by_day`, with 95 % confidence."""
    why: str = ""
    """Why nothing can be said, or that the growth may as well be none."""


@dataclass(frozen=True, kw_only=True)
class ConnectionUse:
    """Connections of a server, of a database or of a login against its limit."""

    node: str
    whose: str
    """`the server`, `login app_a`, `database shop`."""
    now: int
    limit: int
    peak: float | None
    """The most of any day of the history; None without one."""
    p99: float | None
    """The most of 99 of 100 days."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where the history of a server comes from."""

    node: str
    kind: str
    """`samples`, or `CloudWatch`."""
    series: int
    since: datetime.date | None
    until: datetime.date | None
    said: str = ""
    """What is missing and what ends that: `--sample`, a right; empty where nothing is."""


@dataclass(frozen=True, kw_only=True)
class CapacityReport:
    """One look."""

    at: datetime.datetime
    limits: tuple[Limit, ...]
    """The soonest first, then those without a date."""
    growth: tuple[Growth, ...]
    """What grows most first."""
    connections: tuple[ConnectionUse, ...] = ()
    statements: tuple[Row, ...] = ()
    """Rows of `datatier queries slow`."""
    sources: tuple[Source, ...] = ()
    missing: tuple[str, ...] = ()
    """What was not to be seen and why, a sentence each, with what ends it."""
