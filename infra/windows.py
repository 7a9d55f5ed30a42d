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
        day, numbers = None, [int(part) for part in match.groups()]
    elif match := _WEEKLY.match(text.strip()):
        day, numbers = match.group(1).lower(), [int(part) for part in match.groups()[1:]]
        if day not in DAYS:
            raise ValueError(f"{match.group(1)!r} is not a day: use Mon, Tue, Wed, Thu, Fri, Sat or Sun.")
    else:
        raise ValueError(f"{text!r} is not a window: write it as `02:00-03:00` or `Sun 04:00-05:00`.")
    if numbers[0] > 23 or numbers[2] > 23 or numbers[1] > 59 or numbers[3] > 59:
        raise ValueError(f"{text!r} has a time that no clock shows.")
    start, end = numbers[0] * 60 + numbers[1], numbers[2] * 60 + numbers[3]
    minutes = (end - start) % _DAY_MINUTES
    if minutes < shortest:
        raise ValueError(f"{text!r} is shorter than the {shortest} minutes that AWS asks for.")
    return Window(start + (DAYS.index(day) * _DAY_MINUTES if day else 0), minutes, weekly=day is not None)


def parse_moment(text: str) -> Window:
    """`03:00` or `Sun 02:00`, as a window of a minute. Raise `ValueError` for any other form."""
    match = _MOMENT.match(text.strip())
    if not match:
        raise ValueError(f"{text!r} is not a time: write it as `03:00` or `Sun 02:00`.")
    day, hour, minute = match.groups()
    if day and day.lower() not in DAYS:
        raise ValueError(f"{day!r} is not a day: use Mon, Tue, Wed, Thu, Fri, Sat or Sun.")
    if int(hour) > 23 or int(minute) > 59:
        raise ValueError(f"{text!r} has a time that no clock shows.")
    start = int(hour) * 60 + int(minute)
    return Window(start + (DAYS.index(day.lower()) * _DAY_MINUTES if day else 0), 1, weekly=day is not None)


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


def standard_offset(zone: str) -> int:
    """Minutes that the zone's standard time is ahead of UTC."""
    offsets = (datetime(2026, month, 1, 12, tzinfo=UTC).astimezone(ZoneInfo(zone)).utcoffset() for month in (1, 7))
    return min(int(offset.total_seconds() // 60) for offset in offsets if offset is not None)


def _clock(minute: int, *, weekly: bool) -> str:
    day, rest = divmod(minute, _DAY_MINUTES)
    clock = f"{rest // 60:02}:{rest % 60:02}"
    return f"{DAYS[day]}:{clock}" if weekly else clock
