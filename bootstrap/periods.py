"""Days, weeks, months and years in UTC: where one begins, and what the partition that holds it is called. Pure."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Literal

Period = Literal["day", "week", "month", "year"]

_SUFFIXES: dict[Period, str] = {
    "day": r"_(\d{4})_(\d{2})_(\d{2})",
    "week": r"_(\d{4})_w(\d{2})",
    "month": r"_(\d{4})_(\d{2})",
    "year": r"_(\d{4})",
}
_MIDNIGHTS = {
    "timestamp with time zone": "{} 00:00:00+00",
    "timestamp without time zone": "{} 00:00:00",
    "date": "{}",
}
TIMES = frozenset(_MIDNIGHTS)
"""The types that hold a point in time, as format_type prints them without a precision."""


def begin_of(at: date, every: Period) -> date:
    """First day of the period that a day, or a point in time of any zone, is in; weeks are ISO 8601's."""
    day = at.astimezone(UTC).date() if isinstance(at, datetime) else at
    match every:
        case "day":
            return day
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "year":
            return day.replace(month=1, day=1)


def later(begin: date, every: Period, periods: int) -> date:
    """First day of the period that comes so many later; earlier ones are negative."""
    match every:
        case "day":
            return begin + timedelta(days=periods)
        case "week":
            return begin + timedelta(weeks=periods)
        case "month":
            months = begin.year * 12 + begin.month - 1 + periods
            return date(months // 12, months % 12 + 1, 1)
        case "year":
            return begin.replace(year=begin.year + periods)


def suffix(begin: date, every: Period) -> str:
    """How the name of its partition ends: `_2026_11_30`, `_2026_w49`, `_2026_11`, `_2026`."""
    if every == "week":
        return "_{}_w{:02}".format(*begin.isocalendar())
    return begin.strftime({"day": "_%Y_%m_%d", "month": "_%Y_%m", "year": "_%Y"}[every])


def in_name(name: str, parent: str, every: Period) -> date | None:
    """First day of the period that a table is named after beside its parent, both without quotes."""
    found = re.fullmatch(_SUFFIXES[every], name[len(parent) :]) if name.startswith(parent) else None
    if found is None:
        return None
    year, of_year, day = (*(int(each) for each in found.groups()), 1, 1)[:3]
    try:
        return date.fromisocalendar(year, of_year, 1) if every == "week" else date(year, of_year, day)
    except ValueError:
        return None


def midnight(day: date, kind: str) -> str:
    """The beginning of a day as PostgreSQL prints it where the time zone is UTC, for a type of `TIMES`."""
    return _MIDNIGHTS[kind].format(day)


def bound(begin: date, every: Period, kind: str) -> str:
    """The bound of the partition of a period, as PostgreSQL prints it where the time zone is UTC."""
    return f"FOR VALUES FROM ('{midnight(begin, kind)}') TO ('{midnight(later(begin, every, 1), kind)}')"
