"""What is said of growth."""

from __future__ import annotations

from capacity.days import date_of
from capacity.fit import Trend
from capacity.forecast import Forecast
from capacity.series import Unit
from observe.quantities import duration, size

_FASTER = 1.5
"""Times the upper end of the interval from which on the last week is worth a word."""


def amount(value: float, unit: Unit) -> str:
    """`1.5 GiB`, `120 connections`."""
    if unit == "bytes":
        return size(value)
    if unit == "bytes/s":
        return f"{size(value)}/s"
    if unit == "ms":
        return duration(value / 1000)
    number = f"{value:,.0f}" if abs(value) >= 10 else f"{value:.2g}"
    return f"{number} {unit}"


def growth(found: Forecast, unit: Unit) -> str:
    """What there is to say of a forecast, its numbers included."""
    trend = found.trend
    if trend is None:
        return ""
    if not isinstance(trend, Trend):
        return trend.why if trend.slope else f"too little to say when: {trend.why}"
    said = (
        f"{_by_day(trend.slope.middle, unit)} a day ({amount(trend.slope.low, unit)} to "
        f"{amount(trend.slope.high, unit)}) since {date_of(trend.since)}"
    )
    if trend.rate is not None:
        said += f", {100 * trend.rate * 30:.1f} % a month"
    if trend.whole is not None:
        said += f"; before, {_by_day(trend.whole.middle, unit)} a day over all of the history"
    if trend.recent is not None and trend.recent > _FASTER * max(trend.slope.high, 0):
        said += f"; in the last week {amount(trend.recent, unit)} a day"
    right = [each for each in found.scores if each.right]
    if found.scores:
        said += f"; {len(right)} of {len(found.scores)} forecasts of before were right"
    return said


def _by_day(value: float, unit: Unit) -> str:
    return f"{'grows' if value >= 0 else 'shrinks'} by {amount(abs(value), unit)}"
