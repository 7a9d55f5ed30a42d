"""How much a limit has to hold, so that what is recommended lasts."""

from __future__ import annotations

import datetime

from capacity.days import day_of
from capacity.forecast import HORIZON
from capacity.limit import Limit

_HALF = HORIZON // 2
_SPARE = 1.25
"""Times what is there now, where nobody knows how it grows: a fifth stays free."""


def runs_out(limit: Limit) -> bool:
    """Whether it is reached within twelve months, as is likely, or is already."""
    return limit.date is not None or (limit.limit is not None and limit.now >= limit.limit)


def need(limit: Limit, at: datetime.datetime) -> float:
    """What it will take, in the unit of the limit: what is likely in twelve months, and at the most in six."""
    if limit.trend is None:
        return _SPARE * limit.now
    today = day_of(at)
    likely = limit.trend.at(today + HORIZON) + limit.trend.peak
    most = limit.trend.between(today + _HALF)[1] + limit.trend.peak + limit.trend.spread
    return max(likely, most, limit.now)
