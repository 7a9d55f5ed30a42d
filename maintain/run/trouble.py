"""What keeps maintenance from going on, seen in what observations brought. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from knowledge.thresholds.nodes import SLOT_WAL
from knowledge.thresholds.postgres import CONNECTIONS, TRANSACTION_IDS
from knowledge.thresholds.threshold import Status
from knowledge.thresholds.while_maintaining import BLOCKED_SECONDS, LAG_SECONDS
from maintain.action import Kind
from observe.observation import Finding, Row, Rows
from observe.postgres.activity import who
from observe.quantities import duration

_LIMITS: dict[str, frozenset[Kind]] = {
    CONNECTIONS.id: frozenset(),
    SLOT_WAL.id: frozenset(),
    TRANSACTION_IDS.id: frozenset({"vacuum"}),
}
"""Checks whose limit maintenance itself could reach -> actions that mend it. A slot that is lost stays so."""


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """A reason to stop, or not to begin."""

    why: str
    """One clause with its numbers."""
    spares: frozenset[Kind] = frozenset()
    """Actions that go on all the same, as they are what mends it."""

    def concerns(self, kind: Kind) -> bool:
        """Whether actions of that kind stop for it."""
        return kind not in self.spares


@dataclass(frozen=True, kw_only=True)
class Held:
    """Who waits for the session that works, and whom it waits for itself."""

    seconds: float = 0.0
    """How long the one has waited that waits longest."""
    why: str = ""
    behind: str = ""
    """Whom the session waits for; empty where it does not."""


def held(rows: Rows, pid: int) -> Held:
    """Of what `blocked` brought. Autovacuum may wait: it does so behind anybody, and comes again."""
    waiting = [row for row in rows if _waits_for(row, pid)]
    longest = max(waiting, key=_seconds, default=None)
    own = next((row for row in rows if row["pid"] == pid and row["blocked_by"]), None)
    return Held(
        seconds=_seconds(longest) if longest else 0.0,
        why=f"{who(longest)} has waited {duration(_seconds(longest))} for it" if longest else "",
        behind=", ".join(_named(row) for row in rows if own and _blocks(row, own)),
    )


def _waits_for(row: Row, pid: int) -> bool:
    blockers = row["blocked_by"]
    return isinstance(blockers, list) and pid in blockers and row["backend_type"] != "autovacuum worker"


def _blocks(row: Row, own: Row) -> bool:
    pids, gids = own["blocked_by"], own["blocked_by_prepared"]
    if row["prepared"] is not None:
        return isinstance(gids, list) and row["prepared"] in gids
    return isinstance(pids, list) and row["pid"] in pids


def _named(row: Row) -> str:
    state = f", {row['state']} for {duration(float(str(row['state_seconds'] or 0)))}" if row["state"] else ""
    return f"{who(row)}{state}"


def _seconds(row: Row) -> float:
    return float(str(row["waiting_seconds"] or 0))


class Positions:
    """Where the primary was in the WAL at which time, so that a replica's lag is known without a commit.

    pg_last_xact_replay_timestamp is that of the last commit: after an idle hour the first gigabyte of a REINDEX, which
    commits at its end, would look like an hour's lag.
    """

    def __init__(self) -> None:
        self._times: list[float] = []
        self._written: list[int] = []

    def wrote(self, at: float, written: int) -> None:
        """Remember; both only rise."""
        if not self._written or written > self._written[-1]:
            self._times.append(at)
            self._written.append(written)

    def behind(self, at: float, replayed: int) -> float:
        """Seconds since the primary was first seen further than the replica is now; 0 where it never was."""
        first = bisect_right(self._written, replayed)
        return at - self._times[first] if first < len(self._times) else 0.0


def judge(blocked: Held, lags: Iterable[tuple[str, float]], limits: Iterable[Finding]) -> tuple[Trouble, ...]:
    """All that is wrong now, what users feel first.

    :param lags: replica's name and the seconds that it is behind.
    :param limits: what observations of limits found: connections, transaction ids, slots.
    """
    return tuple(_all(blocked, lags, limits))


def _all(blocked: Held, lags: Iterable[tuple[str, float]], limits: Iterable[Finding]) -> Iterator[Trouble]:
    if blocked.seconds > BLOCKED_SECONDS:
        yield Trouble(why=blocked.why)
    for name, seconds in lags:
        if seconds > LAG_SECONDS:
            yield Trouble(why=f"{name} is {duration(seconds)} behind in the WAL")
    for found in limits:
        # A login at its own limit is not in the way of others.
        if found.status is Status.CRITICAL and found.check in _LIMITS and not found.object.startswith("login "):
            yield Trouble(why=found.message, spares=_LIMITS[found.check])
