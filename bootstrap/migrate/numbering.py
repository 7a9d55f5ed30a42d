"""How the files of a folder are numbered: one after another, or by the time at which each was made.

golang-migrate's `create` makes YYYYMMDDhhmmss by default, Unix time in seconds or nanoseconds with `-format`, and six
digits with `-seq` (its internal/cli/commands.go); other generators stop at the day or the minute, or go on to the
millisecond.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

DIGITS = 6  # of the first number in an empty folder

# By the number of digits: the form of a calendar time and its smallest step, or the parts of a second in a Unix time.
_CALENDAR = {
    8: ("%Y%m%d", timedelta(days=1)),
    10: ("%Y%m%d%H", timedelta(hours=1)),
    12: ("%Y%m%d%H%M", timedelta(minutes=1)),
    14: ("%Y%m%d%H%M%S", timedelta(seconds=1)),
    17: ("%Y%m%d%H%M%S%f", timedelta(milliseconds=1)),
}
_UNIX = {10: 1, 13: 10**3, 16: 10**6, 19: 10**9}
_YEARS = range(2000, 2100)  # no Unix time looks like one of these before 2033


def is_time(number: str) -> bool:
    """Whether the number in a file's name is a time."""
    return _calendar(number) is not None or _unix(number)


def after(numbers: Sequence[str], now: datetime) -> str:
    """The number that comes after all of these, in their own form and width."""
    if not numbers:
        return f"{1:0{DIGITS}d}"
    last = max(numbers, key=int)
    if (time := _calendar(last)) is not None:
        form, step = _CALENDAR[len(last)]
        return max(now.astimezone(UTC).replace(tzinfo=None), time + step).strftime(form)[: len(last)]
    if _unix(last):
        return str(max(int(now.timestamp() * 10**6) * _UNIX[len(last)] // 10**6, int(last) + 1))
    padded = [number for number in numbers if number.startswith("0") and number != "0"]
    width = max(map(len, padded), default=0)
    return f"{int(last) + 1:0{width}d}"


def gaps(numbers: Sequence[str]) -> list[tuple[str, str]]:
    """Pairs of numbers between which some are left out. Times leave gaps by nature, as do those that count in tens."""
    counted = sorted((number for number in numbers if not is_time(number)), key=int)
    steps = [(before, here, int(here) - int(before)) for before, here in pairwise(counted)]
    usual = Counter(step for *_, step in steps).most_common(1)
    if not usual or (usual[0][0] != 1 and usual[0][1] > 1):
        return []
    return [(before, here) for before, here, step in steps if step != 1]


def _calendar(number: str) -> datetime | None:
    form = _CALENDAR.get(len(number))
    if form is None or int(number[:4]) not in _YEARS:
        return None
    try:
        return datetime.strptime(number, form[0])
    except ValueError:
        return None


def _unix(number: str) -> bool:
    """Between 2001 and 2033, or as far as the digits go."""
    return len(number) in _UNIX and number[0] in "123456789" and int(number) // _UNIX[len(number)] < 10**10
