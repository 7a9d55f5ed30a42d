"""Backup and maintenance windows: written in the stack's time zone, given to AWS in UTC."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_MINUTES = 24 * 60
_WEEK_MINUTES = 7 * _DAY_MINUTES
_DAILY = re.compile(r"^([0-9]{2}):([0-9]{2})-([0-9]{2}):([0-9]{2})$")
_MOMENT = re.compile(r"^(?:([A-Za-z]{3}) )?([0-9]{2}):([0-9]{2})$")
_WEEKLY = re.compile(r"^([A-Za-z]{3}) ([0-9]{2}):([0-9]{2})-([0-9]{2}):([0-9]{2})$")
_UTC_WEEKLY = re.compile(r"^([a-z]{3}):([0-9]{2}):([0-9]{2})-([a-z]{3}):([0-9]{2}):([0-9]{2})$")


@dataclass(frozen=True)
class Window:
    """A span of the day (`day` is None) or of the week; minutes after midnight, of Monday for a weekly one."""

    start: int
    minutes: int
    weekly: bool

    def spans(self) -> set[int]:
        """Every minute of the week it covers."""
        days = (0,) if self.weekly else range(7)
        return {(self.start + day * _DAY_MINUTES + n) % _WEEK_MINUTES for day in days for n in range(self.minutes)}


def parse_window(text: str, *, shortest: int) -> Window:
    """`02:00-03:00` or `Sun 04:00-05:00`; ends after midnight when the end is not after the start.

    Raise `ValueError` for any other form and for a window shorter than `shortest` minutes.
    """
    if match := _DAILY.match(text.strip()):
        day, clock = None, list(match.groups())
    elif match := _WEEKLY.match(text.strip()):
        day, *clock = match.groups()
    else:
        raise ValueError(f"{text!r} is not a window: write it as `02:00-03:00` or `Sun 04:00-05:00`.")
    start, end = _minute(day, *clock[:2], said=text), _minute(day, *clock[2:], said=text)
    return _long_enough(Window(start, (end - start) % _DAY_MINUTES, weekly=day is not None), text, shortest)


def parse_utc(text: str, *, shortest: int) -> Window:
    """A window as AWS has it, in UTC: `02:00-03:00` or `sun:23:30-mon:00:30`. Raise `ValueError` as `parse_window`."""
    if match := _DAILY.match(text):
        clock = match.groups()
        start, end = _minute(None, *clock[:2], said=text), _minute(None, *clock[2:], said=text)
        window = Window(start, (end - start) % _DAY_MINUTES, weekly=False)
    elif match := _UTC_WEEKLY.match(text):
        parts = match.groups()
        start, end = _minute(*parts[:3], said=text), _minute(*parts[3:], said=text)
        window = Window(start, (end - start) % _WEEK_MINUTES, weekly=True)
    else:
        raise ValueError(f"{text!r} is not a window in UTC: write it as `02:00-03:00` or `sun:04:00-sun:05:00`.")
    return _long_enough(window, text, shortest)


def _minute(day: str | None, hour: str, minute: str, *, said: str) -> int:
    """Minutes after midnight, of Monday where a day is named."""
    if day and day.lower() not in DAYS:
        raise ValueError(f"{day!r} is not a day: use Mon, Tue, Wed, Thu, Fri, Sat or Sun.")
    if int(hour) > 23 or int(minute) > 59:
        raise ValueError(f"{said!r} has a time that no clock shows.")
    return (DAYS.index(day.lower()) * _DAY_MINUTES if day else 0) + int(hour) * 60 + int(minute)


def _long_enough(window: Window, text: str, shortest: int) -> Window:
    # RDS and ElastiCache take no maintenance window of more than a day (PreferredMaintenanceWindow).
    if not shortest <= window.minutes <= _DAY_MINUTES:
        raise ValueError(f"{text!r} is shorter than the {shortest} minutes that AWS asks for, or longer than a day.")
    return window


def overlap_problem(first: Window, other: Window, named: str) -> str | None:
    """Why AWS would refuse both: they have a minute of some week in common. `named` is the other one, as written."""
    return f"overlaps {named}: AWS refuses that; move one of them" if first.spans() & other.spans() else None


def parse_moment(text: str) -> Window:
    """`03:00` or `Sun 02:00`, as a window of a minute. Raise `ValueError` for any other form."""
    match = _MOMENT.match(text.strip())
    if not match:
        raise ValueError(f"{text!r} is not a time: write it as `03:00` or `Sun 02:00`.")
    day, hour, minute = match.groups()
    return Window(_minute(day, hour, minute, said=text), 1, weekly=day is not None)


def to_utc(window: Window, zone: str) -> str:
    """The window as RDS and ElastiCache write it: `hh:mm-hh:mm`, or `ddd:hh:mm-ddd:hh:mm`, in UTC.

    AWS holds one fixed UTC window, so the zone's standard time (January north, July south) is meant; in summer the
    window lies one hour later by the local clock.
    """
    shift = standard_offset(zone)
    cycle = _WEEK_MINUTES if window.weekly else _DAY_MINUTES
    start = (window.start - shift) % cycle
    end = (start + window.minutes) % cycle
    return f"{_clock(start, weekly=window.weekly)}-{_clock(end, weekly=window.weekly)}"


def as_written(window: Window) -> str:
    """As a stack's file has it: `02:00-03:00` or `Sun 23:30-00:30`."""
    start, end = window.start, (window.start + window.minutes) % _DAY_MINUTES
    day = f"{DAYS[start // _DAY_MINUTES].capitalize()} " if window.weekly else ""
    return f"{day}{_clock(start % _DAY_MINUTES, weekly=False)}-{_clock(end, weekly=False)}"


def standard_offset(zone: str) -> int:
    """Minutes that the zone's standard time is ahead of UTC."""
    offsets = (datetime(2026, month, 1, 12, tzinfo=UTC).astimezone(ZoneInfo(zone)).utcoffset() for month in (1, 7))
    return min(int(offset.total_seconds() // 60) for offset in offsets if offset is not None)


def _clock(minute: int, *, weekly: bool) -> str:
    day, rest = divmod(minute, _DAY_MINUTES)
    clock = f"{rest // 60:02}:{rest % 60:02}"
    return f"{DAYS[day]}:{clock}" if weekly else clock


def utc_problems(daily: str, weekly: str, *, shortest: int) -> tuple[str | None, str | None]:
    """What is wrong with a server's daily window and with its weekly one, in UTC; None for one that is fine."""
    found: list[str | None] = []
    for text, wanted in ((daily, False), (weekly, True)):
        try:
            fits = parse_utc(text, shortest=shortest).weekly is wanted
        except ValueError as error:
            found.append(str(error).rstrip("."))
            continue
        found.append(None if fits else f"{text!r} must be " + ("`sun:04:00-sun:05:00`" if wanted else "`02:00-03:00`"))
    if found == [None, None]:
        first, other = (parse_utc(each, shortest=shortest) for each in (weekly, daily))
        found[1] = overlap_problem(first, other, daily)
    return found[0], found[1]
