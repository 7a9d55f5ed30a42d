"""What a drill is going to do, as data: what it makes, what it touches, how long the last ones took."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from keep.drill.report import DrillName, DrillReport


@dataclass(frozen=True, kw_only=True)
class DrillPlan:
    """Made before anything else is; whatever cannot be done is refused on the way to it (AskedError)."""

    drill: DrillName
    stack: str
    makes: tuple[str, ...]
    """What is made and destroyed again, such as `instance shop-prod-drill-3fa91c`."""
    touches: tuple[str, ...]
    """What of the stack it touches, one sentence each."""
    does: tuple[str, ...]
    """What happens, one sentence each, in order."""
    seconds: float | None = None
    """How long it takes, by the drills before it; None where there is none to go by."""


def usual_seconds(drill: DrillName, reports: Iterable[DrillReport]) -> float | None:
    """Return how long a drill usually takes: the median of its last five that were carried out to the end."""
    whole = [
        sum(phase.seconds for phase in each.phases) for each in reports if each.drill == drill and each.rto_seconds
    ]
    return round(median(whole[-5:]), 1) if whole else None
