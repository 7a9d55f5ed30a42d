"""How hard a scan works: as hard as nobody feels it.

A client that comes while a batch is being served waits for the rest of it. With `busy` the share of the time that the
node serves us, a client meets a batch in so many of its calls; its slowest twentieth is delayed by at most
`service * (1 - 0.05 / busy)`, and by nothing at all where `busy` is a twentieth or less. So the batch shrinks first, and
then pauses grow, until that keeps the p95 of a neighbour within `FELT` of what it was before. PING, sent while nothing of
ours is on its way, tells whether the node has become slower by others: then there is less room too.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from statistics import median

FELT = 1.5
"""What the p95 of a neighbour may become, as a multiple of the idle one."""
LEAST, MOST, FIRST = 8, 64, 24
"""Keys of a batch."""
_WINDOW = 32
"""Batches between two adjustments, and as many PINGs are remembered."""
EVERY = 8
"""Batches between two PINGs."""
_FIRST_PAUSE = 0.0001
_UNFELT = 0.05


class Pace:
    """The size of the next batch and the pause before it."""

    def __init__(self, idle: Sequence[float]) -> None:
        """`idle` are the seconds that PINGs took before anything else was asked."""
        self.batch = FIRST
        self.pause = 0.0
        self._idle = p95(idle)
        self._trip = median(idle)
        self._rounds: list[float] = []
        self._spent = 0.0
        self._pings: deque[float] = deque(maxlen=_WINDOW)

    def served(self, seconds: float, cycle: float) -> None:
        """Take in how long a batch took, and how long it was from its beginning to that of the next."""
        self._rounds.append(seconds)
        self._spent += cycle
        if len(self._rounds) == _WINDOW:
            self._adjust()
            self._rounds.clear()
            self._spent = 0.0

    def answered(self, seconds: float) -> None:
        """Take in how long a PING took."""
        self._pings.append(seconds)

    def _adjust(self) -> None:
        # What the kernel and the network take of a batch is what they take of a PING. The median: a batch that took
        # long because this process was not on a processor has cost the node nothing.
        service = max(0.0, median(self._rounds) - self._trip)
        busy = service * len(self._rounds) / self._spent if self._spent else 1.0
        now = p95(self._pings) if len(self._pings) == _WINDOW else self._idle
        felt = now + service * max(0.0, 1 - _UNFELT / busy) if busy else now
        if felt > FELT * self._idle:
            if self.batch > LEAST:
                self.batch = max(LEAST, self.batch // 2)
            elif busy > _UNFELT:
                self.pause = max(2 * self.pause, _FIRST_PAUSE)
        elif self.pause > _FIRST_PAUSE:
            self.pause *= 0.9
        elif self.pause:
            self.pause = 0.0
        else:
            self.batch = min(MOST, self.batch + 1)


def p95(seconds: Sequence[float] | deque[float]) -> float:
    """What nineteen of twenty took at most."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
