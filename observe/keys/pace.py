"""How hard a scan works: as hard as nobody feels it.

A client that comes while a batch is being served waits for the rest of it. With `busy` the share of the time that the
node serves us, a client meets a batch in so many of its calls; its slowest twentieth is delayed by at most
`service * (1 - 0.05 / busy)`, and by nothing where `busy` is a twentieth or less. So first the batch shrinks, and then
pauses grow, until that keeps the p95 of a neighbour within `FELT` of what it is without us, which PINGs tell, sent
while nothing of ours is on its way. Where the node becomes slower by others there is less room at first, too.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Sequence

FELT = 1.5
"""What the p95 of a neighbour may become, as a multiple of the idle one."""
LEAST, MOST, FIRST = 8, 64, 24
"""Keys of a batch."""
EVERY = 8
"""Batches between two PINGs."""
_WINDOW = 32
"""Batches between two adjustments, and PINGs that are remembered."""
_PAUSES = (0.0001, 0.02)
"""The first one and the longest, in seconds."""
_UNFELT = 0.05
_FORGET = 10.0
"""Seconds in which what is usual follows what is."""


class Pace:
    """The size of the next batch and the pause before it."""

    def __init__(self, idle: Sequence[float]) -> None:
        """`idle` are the seconds that PINGs took before anything else was asked."""
        self.batch = FIRST
        self.pause = 0.0
        self._usual, self._slow = quantile(idle, 0.5), quantile(idle, 0.95)
        self._pings = deque(idle, maxlen=_WINDOW)
        self._rounds: list[float] = []
        self._spent = 0.0

    def served(self, seconds: float, cycle: float) -> None:
        """Take in how long a batch took, and how long it was from the end of the one before to its own."""
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
        # What the kernel and the network take of a batch is what they take of a PING. The faster quarter of both: what
        # took longer did so mostly because this process was not on a processor, which costs the node nothing.
        service = max(0.0, quantile(self._rounds, 0.25) - quantile(self._pings, 0.25))
        busy = service * len(self._rounds) / self._spent
        delay = service * (1 - _UNFELT / busy) if busy > _UNFELT else 0.0
        usual = quantile(self._pings, 0.5)
        if delay > (FELT - 1) * self._slow or usual > FELT * self._usual:
            if self.batch > LEAST:
                self.batch = max(LEAST, self.batch // 2)
            elif busy > _UNFELT:
                self.pause = min(max(2 * self.pause, _PAUSES[0]), _PAUSES[1])
        elif self.pause:
            self.pause = 0.9 * self.pause if self.pause > _PAUSES[0] else 0.0
        else:
            self.batch = min(MOST, self.batch + 1)
        followed = min(1.0, self._spent / _FORGET)
        self._usual += (usual - self._usual) * followed
        self._slow += (quantile(self._pings, 0.95) - self._slow) * followed


def quantile(seconds: Collection[float], share: float) -> float:
    """What so many of them took at most."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
