"""How long a run may take, and what still fits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic

from bootstrap.errors import AskedError
from maintain.action import Action
from observe.quantities import duration

MINUTES = 30
"""A run that nobody gave a budget: it begins nothing after half an hour."""


@dataclass(frozen=True)
class Budget:
    """Seconds from its making on."""

    seconds: float
    clock: Callable[[], float] = monotonic
    began: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "began", self.clock())

    @property
    def left(self) -> float:
        """Seconds; never less than 0."""
        return max(0.0, self.began + self.seconds - self.clock())

    def fits(self, action: Action) -> bool:
        """Whether it may be begun: its estimate is within what is left, or it has none and something is left."""
        return self.left > (action.seconds or 0.0)

    def lacks(self, action: Action) -> str:
        """Why it may not."""
        return f"it is estimated at {duration(action.seconds or 0)}, of the budget {duration(self.left)} are left"


def check(budget: Budget, actions: Sequence[Action]) -> None:
    """Raise AskedError where the budget is too short for any of them."""
    if not actions or any(budget.fits(each) for each in actions):
        return
    shortest = min(actions, key=lambda each: each.seconds or 0.0)
    raise AskedError(
        f"a budget of {duration(budget.seconds)} is too short for anything that is planned: the shortest is "
        f"`{shortest.statement}`, estimated at {duration(shortest.seconds or 0)}; give it more with --budget."
    )
