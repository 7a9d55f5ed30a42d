"""How much a limit has to hold, so that what is recommended lasts."""

from __future__ import annotations

import datetime

from capacity.days import day_of
from capacity.forecast import HORIZON
from capacity.limit import Limit
from capacity.report import CapacityReport

_HALF = HORIZON // 2
_SPARE = 1.25
"""Times what is there now, where nobody knows how it grows."""


def reached(limit: Limit) -> bool:
    """Whether it is reached already."""
    return limit.limit is not None and limit.now >= limit.limit


def running_out(report: CapacityReport) -> tuple[Limit, ...]:
    """The limits that are reached within twelve months, as is likely, or already.

    A volume that RDS grows by itself runs out where that ends, and not before.
    """
    growing = {each.node for each in report.limits if each.name == "storage-autoscaling"}
    return tuple(
        each
        for each in report.limits
        if (each.date is not None or reached(each)) and not (each.name == "storage" and each.node in growing)
    )


def need(limit: Limit, at: datetime.datetime) -> float:
    """What it will take, in the unit of the limit: what is likely in twelve months, and at the most in six."""
    if limit.trend is None:
        return _SPARE * limit.now
    today = day_of(at)
    likely, _, _ = limit.trend.peaks(today + HORIZON)
    _, _, most = limit.trend.peaks(today + _HALF)
    return max(likely, most, limit.now)
