"""What the observations of INFO share: the right that it takes, and counters since the last reading."""

from __future__ import annotations

from collections.abc import Mapping

from observe.observation import Right, Rows
from observe.quantities import duration

INFO = Right(name="+info", grant="`redis: {CACHE: monitoring}` of the identity in access.yaml; elsewhere ACL SETUSER")
AT, UPTIME = "read_at", "uptime_in_seconds"
"""When a row was read, seconds since 1970; how long the server had run by then."""


def number(row: Mapping[str, object], key: str) -> float:
    """A field of INFO; 0 where this version has none."""
    return float(str(row.get(key) or 0))


def since(rows: Rows, key: str) -> tuple[float, float | None]:
    """How much a counter has grown and in how many seconds; since the server's start and None without a reading before.

    A counter that has shrunk was reset with the server's restart, or by CONFIG RESETSTAT: it began at 0 meanwhile.
    """
    now = number(rows[0], key)
    if len(rows) < 2:
        return now, None
    before = number(rows[1], key)
    seconds = number(rows[0], AT) - number(rows[1], AT)
    return (now - before if now >= before else now), seconds


def span(seconds: float | None) -> str:
    """`in the last 5.0 s`, or `since its start`."""
    return "since its start" if seconds is None else f"in the last {duration(seconds)}"
