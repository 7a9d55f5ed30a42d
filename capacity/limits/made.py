"""A limit out of a history: the same for all that grow towards one."""

from __future__ import annotations

from dataclasses import dataclass

from capacity.days import Days
from capacity.fit import Trend, Unclear
from capacity.forecast import Forecast, forecast
from capacity.limit import Limit
from capacity.limits.history import History
from capacity.series import Series, Unit
from capacity.words import growth


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What may reach a limit."""

    name: str
    """The limit's."""
    unit: Unit
    now: float
    of: Days
    """Its history."""
    history: History
    """The node's."""

    @property
    def series(self) -> Series | None:
        """The history for charts; None where there is none."""
        return self.of.series(self.name, self.history.node, self.unit) if self.of.numbers else None


def made(it: Measured, limit: float, what: str) -> Limit:
    """When it reaches `limit`. `what` says what that is: `the 100 GiB allocated less a tenth`."""
    found = forecast(it.of, limit, it.history.today)
    return _limit(it, limit, found, f"{what}; {growth(found, it.unit)}")


def unsaid(it: Measured, limit: float | None, why: str) -> Limit:
    """A limit of which no date is to be said, whatever the history."""
    return _limit(it, limit, Forecast(trend=None), why)


def _limit(it: Measured, limit: float | None, found: Forecast, why: str) -> Limit:
    return Limit(
        name=it.name,
        node=it.history.node,
        unit=it.unit,
        now=it.now,
        limit=limit,
        date=found.date,
        interval=found.interval,
        confidence=found.confidence,
        why=why,
        too_little=isinstance(found.trend, Unclear) and found.trend.slope is None,
        history=it.series,
        trend=found.trend if isinstance(found.trend, Trend) else None,
        scores=found.scores,
    )
