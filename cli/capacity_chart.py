"""A limit's chart in a terminal: columns of eighths, what was solid and what is likely shaded, the limit as a line.

One cell is one stretch of days and shows the highest of them. Blocks, as every terminal's font has them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from capacity.days import date_of, day_of
from cli.capacity_words import quantity

if TYPE_CHECKING:
    import datetime

    from capacity.limit import Limit
    from capacity.projection import Projection

ROWS = 7
_EIGHTHS = " ▁▂▃▄▅▆▇█"
_SHADE, _LIMIT = "░", "─"
_LABEL = 12


def chart(limit: Limit, at: datetime.datetime, width: int) -> list[str]:
    """Lines of at most `width` characters; none where there is no history to draw."""
    from capacity.projection import projection

    found = projection(limit, day_of(at))
    cells = width - _LABEL - 1
    if found is None or cells < 2 * _LABEL:
        return []
    top = found.top
    columns = [_column(found, index, cells) for index in range(cells)]
    at_row = None if limit.limit is None else min(int(limit.limit / top * ROWS), ROWS - 1)
    lines = []
    for row in reversed(range(ROWS)):
        label = quantity(limit, limit.limit) if row == at_row and limit.limit is not None else ""
        if row == 0:
            label = "0"
        drawn = "".join(_cell(column, row, top, row == at_row) for column in columns)
        lines.append(f"{label[:_LABEL]:>{_LABEL}} {drawn}".rstrip())
    return [*lines, " " * (_LABEL + 1) + _axis(found, limit, cells)]


def _column(found: Projection, index: int, cells: int) -> tuple[float, bool]:
    """The highest value of a stretch of days, and whether it has been."""
    span = (found.last - found.first + 1) / cells
    start, end = found.first + index * span, found.first + (index + 1) * span
    days = [day for day, _ in found.history]
    some = found.history[bisect_left(days, start) : bisect_left(days, end)]
    if some:
        return max(value for _, value in some), True
    if start < found.today or not found.line:
        return 0.0, True
    after = [each.day for each in found.line]
    point = found.line[min(bisect_right(after, end), len(found.line) - 1)]
    return point.likely, False


def _cell(column: tuple[float, bool], row: int, top: float, limit: bool) -> str:
    value, was = column
    filled = min(max(value / top * ROWS - row, 0.0), 1.0)
    if was and filled > 0:
        return _EIGHTHS[max(round(filled * 8), 1)]
    if not was and filled >= 0.5:
        return _SHADE
    return _LIMIT if limit else " "


def _axis(found: Projection, limit: Limit, cells: int) -> str:
    """First day, today, and the date, as far as they do not touch."""
    line = [" "] * cells
    marks = [found.first, found.today, found.last]
    if limit.date is not None:
        marks.insert(0, day_of_date(limit.date))
    for day in marks:
        text = "today" if day == found.today else str(date_of(day))
        where = round((day - found.first) / (found.last - found.first + 1) * cells)
        where = min(max(where - (len(text) // 2 if day != found.first else 0), 0), cells - len(text))
        if all(cell == " " for cell in line[max(where - 1, 0) : where + len(text) + 1]):
            line[where : where + len(text)] = text
    return "".join(line).rstrip()


def day_of_date(date: datetime.date) -> int:
    """Days since 1970."""
    return (date - date_of(0)).days
