"""The pace of a scan that nobody waits beside: of a cache that is being brought back."""

from __future__ import annotations

from observe.keys.pace import Pace

_BATCH = 500


class Hurry(Pace):
    """As many keys at once as a round trip is small beside, and no pause."""

    def __init__(self) -> None:
        """Nothing that was measured counts."""
        super().__init__([0.0])
        self.batch = _BATCH

    def served(self, seconds: float, cycle: float) -> None:
        """Let it be."""

    def answered(self, seconds: float) -> None:
        """Let it be."""
